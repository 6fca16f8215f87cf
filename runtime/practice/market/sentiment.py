"""The share of buyers that the exchange reports for an asset."""

from random import Random

_SPAN = 60


def buyers(symbol: str, now: float) -> int:
    """The percentage of clients that expect a rise at venue time ``now``; invented anew every minute."""
    return Random(f"buyers/{symbol}/{int(now) // _SPAN}").randint(5, 95)
