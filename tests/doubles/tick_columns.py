"""Ticks one by one, as the batch that a read makes of them."""

from actors.messages.traffic import Ticks
from actors.values import Tick


def columns(*ticks: Tick) -> Ticks:
    """All are of one read."""
    (received_at,) = {tick.received_at for tick in ticks}
    times, prices = [tick.time for tick in ticks], [tick.price for tick in ticks]
    return Ticks.folded([tick.asset for tick in ticks], times, prices, received_at)
