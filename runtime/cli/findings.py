"""What the doctor found."""

import enum

from msgspec import Struct


class Level(enum.Enum):
    """The severity of a finding."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


class Finding(Struct, frozen=True):
    """The result of one check; contains no secret."""

    level: Level
    subject: str
    text: str
