"""Faults of connected sockets."""

from typing import Annotated

from msgspec import Meta

from runtime.practice.faults import frames
from runtime.practice.faults.fault import Count, Fault, Seconds


class SocketFault(Fault, frozen=True, kw_only=True):
    """Strikes sockets that are connected now, the oldest first, and none that come later."""

    region: str | None = None
    count: Count | None = None


class Drop(SocketFault, frozen=True, tag="drop"):
    """Sockets are cut off without a close frame."""


class Close(SocketFault, frozen=True, tag="close"):
    """Sockets are closed with any ``code``, even one that RFC 6455 forbids, or an empty close frame."""

    code: Annotated[int, Meta(ge=0, le=65535)] | None = None
    reason: Annotated[str, Meta(max_length=30)] = ""

    @property
    def frame(self) -> bytes:
        return frames.close(self.code, self.reason)


class Garbage(SocketFault, frozen=True, tag="garbage"):
    """Sockets get bytes that are no frame or, if ``framed``, a message that is no packet."""

    framed: bool = False

    @property
    def data(self) -> bytes:
        return frames.text("no packet") if self.framed else frames.NO_FRAME


class HalfFrame(SocketFault, frozen=True, tag="half_frame"):
    """Sockets get half of a frame, then nothing; the rest follows when the fault ends."""

    lasts: Seconds | None = None


class Stall(SocketFault, frozen=True, tag="stall"):
    """The exchange stops reading from sockets, so that the writes of their clients back up."""

    lasts: Seconds | None = None


class SocketIODisconnect(SocketFault, frozen=True, tag="disconnect"):
    """Sockets get a bare Socket.IO DISCONNECT (``41``), and no event after it; they stay open."""


class EngineClose(SocketFault, frozen=True, tag="engine_close"):
    """Sockets get an Engine.IO CLOSE (``1``), and nothing after it; they stay open."""


class Slow(Fault, frozen=True, tag="slow"):
    """Every connection, old or new, gets at most ``rate`` bytes a second."""

    rate: Annotated[float, Meta(gt=0, le=1e9)]
    region: str | None = None
    lasts: Seconds | None = None


class PingsOnly(Fault, frozen=True, tag="pings_only"):
    """Pings are sent and answered, but no message is sent, to old and new sockets."""

    region: str | None = None
    lasts: Seconds | None = None


class NoPings(Fault, frozen=True, tag="no_pings"):
    """No Engine.IO pings are sent; messages, and answers to WebSocket pings, go on."""

    region: str | None = None
    lasts: Seconds | None = None


class DataOnly(Fault, frozen=True, tag="data_only"):
    """Messages are sent, but pings are neither sent nor answered."""

    region: str | None = None
    lasts: Seconds | None = None
