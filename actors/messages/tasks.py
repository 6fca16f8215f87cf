"""The periodic work of actors."""

import enum
import re
from typing import Any

from msgspec import Struct

_WORD = re.compile("[A-Z][a-z]*")


class TaskStatus(Struct, frozen=True):
    """A periodic message of an actor, every ``interval`` seconds.

    It was last handled ``last_run`` seconds ago (``None``: not yet) and is due in ``next_run`` seconds.
    ``last_error`` is the error of the last run, ``""`` for none.
    """

    owner: str
    name: str
    interval: float
    last_run: float | None
    next_run: float
    last_error: str = ""


def task_name(message: Any) -> str:
    """The name of a periodic message: "keep alive" for ``_Due.KEEP_ALIVE``, "check heartbeats" for
    ``CheckHeartbeats``."""
    if isinstance(message, enum.Enum):
        return message.name.replace("_", " ").lower()
    return " ".join(_WORD.findall(type(message).__name__)).lower()
