"""The messages between the bench and its load server, one JSON line each."""

from msgspec import Struct


class Offer(Struct, frozen=True, tag=True):
    """These assets are listed from now on."""

    assets: list[str]


class Prepare(Struct, frozen=True, tag=True):
    """Build what ``Saturate`` with ``count`` will send to ``clients``, each with ``assets`` whose names have
    ``length`` bytes. It takes seconds in which the server serves nobody: so it is done before any is
    there."""

    count: int
    clients: int
    assets: int
    length: int


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
    """End every connection."""


Order = Offer | Prepare | Saturate | Pace | Drop


class Listening(Struct, frozen=True, tag=True):
    """The load server listens on these ports of loopback."""

    plain: int
    tls: int
    authority: str
    """The certificate authority of ``tls``, as PEM."""


class Streams(Struct, frozen=True, tag=True):
    """The number of subscribed streams, over all clients."""

    count: int


class Prepared(Struct, frozen=True, tag=True):
    """It is built."""


class Started(Struct, frozen=True, tag=True):
    """The first tick leaves, at this time of the monotonic clock."""

    at: float


class Finished(Struct, frozen=True, tag=True):
    """All ``sent`` ticks, the ends included, are handed to the system."""

    sent: int
    at: float


class Dropped(Struct, frozen=True, tag=True):
    """Every connection was ended at this time (UTC); the last tick before it had this price."""

    at: float
    price: float


Report = Listening | Streams | Prepared | Started | Finished | Dropped
