import enum

import pytest

from actors.messages.tasks import task_name
from actors.supervision.messages import CheckHeartbeats


class _Due(enum.Enum):
    KEEP_ALIVE = enum.auto()


@pytest.mark.parametrize(
    ("message", "name"), [(_Due.KEEP_ALIVE, "keep alive"), (CheckHeartbeats(), "check heartbeats")]
)
def test_a_periodic_message_is_named_in_words(message: object, name: str) -> None:
    assert task_name(message) == name
