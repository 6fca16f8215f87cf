"""The names of the engine's streams, and how it writes entries and times."""

import math
from collections.abc import Sequence
from typing import Any, Final

COMMANDS: Final = "commands"
REPLIES: Final = "replies:{}"
"""With the name of the asker."""

EVENTS: Final = "events"


def field_of(fields: Any, name: bytes) -> bytes:
    """That of an entry, in which names and values alternate."""
    return bytes(fields[fields.index(name) + 1])


def place_of(entry: bytes) -> tuple[int, int]:
    """By which entries are in their order, from the id of one."""
    milliseconds, _, count = entry.partition(b"-")
    return int(milliseconds), int(count)


def seconds_of(time: Sequence[bytes]) -> float:
    """From the answer to ``TIME``."""
    seconds, microseconds = map(int, time)
    return seconds + microseconds / 1_000_000


def ms(seconds: float) -> int:
    return math.ceil(seconds * 1000)
