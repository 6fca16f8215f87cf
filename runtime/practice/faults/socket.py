"""What can go wrong with sockets that are connected."""

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
    """Bytes that are no frame or, ``framed``, a message that is no packet."""

    framed: bool = False

    @property
    def data(self) -> bytes:
        return frames.text("no packet") if self.framed else frames.NO_FRAME


class HalfFrame(SocketFault, frozen=True, tag="half_frame"):
    """Sockets get half of a frame, then nothing; the end of the fault brings all that was held back."""

    lasts: Seconds | None = None


class Stall(SocketFault, frozen=True, tag="stall"):
    """Nothing is read from sockets any more, so that what their clients write backs up."""

    lasts: Seconds | None = None


class Slow(Fault, frozen=True, tag="slow"):
    """Every connection, old or new, gets at most ``rate`` bytes a second."""

    rate: Annotated[float, Meta(gt=0, le=1e9)]
    region: str | None = None
    lasts: Seconds | None = None


class PingsOnly(Fault, frozen=True, tag="pings_only"):
    """Pings go on, but no message leaves: no answers, no events, no ticks, for new sockets neither."""

    region: str | None = None
    lasts: Seconds | None = None


class DataOnly(Fault, frozen=True, tag="data_only"):
    """Messages go on, but no ping is sent and none is answered."""

    region: str | None = None
    lasts: Seconds | None = None
