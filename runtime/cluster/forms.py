"""How the engine writes entries and lengths of time."""

import math
from typing import Any


def field_of(fields: Any, name: bytes) -> bytes:
    """That of an entry, in which names and values alternate."""
    return bytes(fields[fields.index(name) + 1])


def place_of(entry: bytes) -> tuple[int, int]:
    """By which entries are in their order, from the id of one."""
    milliseconds, _, count = entry.partition(b"-")
    return int(milliseconds), int(count)


def ms(seconds: float) -> int:
    return math.ceil(seconds * 1000)
