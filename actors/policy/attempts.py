"""The gate for attempts to connect: one pace for the whole runtime, whatever drops at once."""

from collections.abc import Sequence

from actors.policy.quota import Quota, Rate


class Attempts:
    """Gives out turns in the order in which they are asked for; one that is not taken is not given again."""

    def __init__(self, rates: Sequence[Rate]) -> None:
        self._quota = Quota(rates, max_in_flight=0)  # nothing is in flight: an attempt is no request

    def take_turn(self, now: float) -> float:
        """Seconds until the turn that is given; 0 is now."""
        delay = self._quota.wait(now)
        self._quota.book(now + delay)
        return delay
