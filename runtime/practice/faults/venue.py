"""Faults of the venue itself, for all clients."""

from typing import Annotated

from msgspec import Meta

from runtime.practice.faults.fault import Count, Fault, Seconds


class RefuseSessions(Fault, frozen=True, tag="refuse_sessions"):
    """Logins are answered with ``NotAuthorized``."""

    region: str | None = None
    count: Count | None = None
    lasts: Seconds | None = None


class Mute(Fault, frozen=True, tag="mute"):
    """No ticks of an asset are sent, or of any; all else goes on."""

    asset: str | None = None
    lasts: Seconds | None = None


class Unanswered(Fault, frozen=True, tag="unanswered"):
    """Subscriptions are taken, but neither confirmed nor streamed."""

    asset: str | None = None
    count: Count | None = None
    lasts: Seconds | None = None


class CloseMarket(Fault, frozen=True, tag="close_market"):
    """An asset rests: no ticks, no deals, and a new asset table says so, as another does at the end."""

    asset: str
    lasts: Seconds | None = None


class ClockJump(Fault, frozen=True, tag="clock_jump"):
    """The venue's clock, and with it every stamp, goes forward by ``seconds``, or back; deals end by it."""

    seconds: Annotated[float, Meta(ge=-1e9, le=1e9)]
    lasts: Seconds | None = None
