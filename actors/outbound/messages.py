"""What only the batcher and the pool receive."""

from msgspec import Struct

from actors.messages.control import Control
from actors.messages.lifecycle import Tellable
from actors.messages.traffic import Request


class PoolRefs(Control, frozen=True):
    """The actors that the pool tells; ``outbound`` is the rate limiter."""

    outbound: Tellable
    order_desk: Tellable
    supervisor: Tellable


class Requests(Struct, frozen=True):
    """Requests that the batcher joined, in order."""

    requests: list[Request]
