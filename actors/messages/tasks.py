"""What is done again and again, in the background."""

import enum
import re
from typing import Any

from msgspec import Struct

_WORD = re.compile("[A-Z][a-z]*")


class TaskStatus(Struct, frozen=True):
    """One periodic message of an actor: every ``interval`` seconds, ``last_run`` seconds ago (``None``
    before the first), again in ``next_run`` seconds; ``last_error`` is that of the last run."""

    owner: str
    name: str
    interval: float
    last_run: float | None
    next_run: float
    last_error: str = ""


def words(message: Any) -> str:
    """``_Due.KEEP_ALIVE`` is "keep alive", ``CheckHeartbeats`` "check heartbeats"."""
    if isinstance(message, enum.Enum):
        return message.name.replace("_", " ").lower()
    return " ".join(_WORD.findall(type(message).__name__)).lower()
