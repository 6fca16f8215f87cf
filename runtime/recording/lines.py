"""The lines of a recording, each a JSON object.

``mono`` is in seconds of the clock of the actors, which is the same in all processes of a machine; ``utc``
in Unix seconds. Bytes are text in which each character is one byte (ISO 8859-1).
"""

import math
from typing import Any, Final

import msgspec
from msgspec import Struct

from actors.messages.traffic import Request

VERSION: Final = 1


class Stamped(Struct, frozen=True):
    """What every line begins with: when it was."""

    mono: float
    utc: float


class Head(Stamped, frozen=True, tag="recording"):
    """The first line of each file. ``settings`` is the configuration in force, as YAML without secrets,
    ``login`` the login with other letters and digits, ``process`` the pid."""

    version: int
    program: str
    process: int
    venue: str
    settings: str
    login: str


class OfLife(Stamped, frozen=True):
    """Of one life of a connection."""

    connection: str
    epoch: int


class LifeBegan(OfLife, frozen=True, tag="began"):
    """The dial has begun, to ``region``."""

    region: str


class LifeOpened(OfLife, frozen=True, tag="opened"):
    """The dial has succeeded."""


class Heard(OfLife, frozen=True, tag="heard"):
    """The bytes of one read, as they came but for what was scrubbed."""

    data: str


class Said(OfLife, frozen=True, tag="said"):
    """The messages of one write, pings and pongs among them: each opcode and payload."""

    messages: list[tuple[int, str]]


class Requested(OfLife, frozen=True, tag="requested"):
    """The requests that the runtime gave to the session at once, each as a link carries it."""

    requests: list[Any]


class Reported(OfLife, frozen=True, tag="reported"):
    """The connection gave an account of itself."""


class LifeEnded(OfLife, frozen=True, tag="ended"):
    """The end, with the fields of ``ConnectionDown``."""

    reason: str
    was_ready: bool
    terminal: bool
    retry_after: float | None


class Lost(OfLife, frozen=True, tag="lost"):
    """So many lines of this life are missing here, since the disk was too slow or took nothing."""

    count: int


LifeLine = LifeBegan | LifeOpened | Heard | Said | Requested | Reported | LifeEnded | Lost
RecordedLine = Head | LifeBegan | LifeOpened | Heard | Said | Requested | Reported | LifeEnded | Lost

encode: Final = msgspec.json.Encoder().encode
decode: Final = msgspec.json.Decoder(RecordedLine).decode


def requests_of(line: Requested) -> list[Request]:
    """As they were, without their deadlines: a moment that never comes is no JSON number."""
    whole = [each | {"expires_at": math.inf} for each in line.requests]
    return msgspec.convert(whole, list[Request])


def as_text(data: bytes) -> str:
    return data.decode("latin-1")


def as_bytes(text: str) -> bytes:
    return text.encode("latin-1")
