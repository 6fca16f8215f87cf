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
    """No ticks of one asset are sent, or of any; nothing else changes."""

    asset: str | None = None
    lasts: Seconds | None = None


class Unanswered(Fault, frozen=True, tag="unanswered"):
    """Subscriptions are ignored: neither confirmed nor streamed."""

    asset: str | None = None
    count: Count | None = None
    lasts: Seconds | None = None


class CloseMarket(Fault, frozen=True, tag="close_market"):
    """The market of an asset is closed: no ticks, no deals. Asset tables announce its close and opening."""

    asset: str
    lasts: Seconds | None = None


class ClockJump(Fault, frozen=True, tag="clock_jump"):
    """The venue's clock is ``seconds`` ahead, and with it every stamp and the end of every deal."""

    seconds: Annotated[float, Meta(ge=-1e9, le=1e9)]
    lasts: Seconds | None = None
