from types import SimpleNamespace

import pytest

from actors.transport.deadline import Deadline
from tests.conftest import ManualClock


def test_the_seconds_left_are_counted_from_its_creation_and_never_negative(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.transport.deadline.time", SimpleNamespace(monotonic=clock))
    limit = Deadline(2.0)
    assert limit.remaining() == 2.0
    clock.advance(1.5)
    assert limit.remaining() == 0.5
    clock.advance(0.5)
    with pytest.raises(TimeoutError):
        limit.remaining()
