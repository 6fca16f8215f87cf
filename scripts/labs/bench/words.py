"""What the bench and its load server say to one another, one JSON line each."""

from msgspec import Struct


class Offer(Struct, frozen=True, tag=True):
    """These assets are listed from now on."""

    assets: list[str]


class Saturate(Struct, frozen=True, tag=True):
    """Send ``count`` ticks, shared by all clients, as fast as they read; with ``keep`` built beforehand."""

    count: int
    keep: bool = True


class Pace(Struct, frozen=True, tag=True):
    """Send ``rate`` ticks a second for ``seconds``, the assets in turn, instead of what is being sent."""

    assets: list[str]
    rate: float
    seconds: float


class Drop(Struct, frozen=True, tag=True):
    """Hang up on everybody."""


Order = Offer | Saturate | Pace | Drop


class Listening(Struct, frozen=True, tag=True):
    """On these ports of loopback."""

    plain: int
    tls: int


class Streams(Struct, frozen=True, tag=True):
    """So many streams are subscribed, all clients together."""

    count: int


class Started(Struct, frozen=True, tag=True):
    """The first tick leaves, at this time of the monotonic clock."""

    at: float


class Finished(Struct, frozen=True, tag=True):
    """All is handed to the system: ``sent`` ticks, the ends among them."""

    sent: int
    at: float


class Dropped(Struct, frozen=True, tag=True):
    """Everybody is hung up on, at this time (UTC); the last tick before it had this price."""

    at: float
    price: float


Report = Listening | Streams | Started | Finished | Dropped
