"""What the bar builder receives from the router."""

from msgspec import Struct

from actors.messages.commands import SubscribeCandles, UnsubscribeCandles
from actors.messages.owners import Owner


class BarRequest(Struct, frozen=True):
    """Begin or release a series of bars for ``owner``; the answer is for the router's waiter ``id``, which
    waits until ``expires_at``."""

    id: int
    command: SubscribeCandles | UnsubscribeCandles
    expires_at: float
    owner: Owner
