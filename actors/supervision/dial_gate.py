"""The gate for attempts to connect: one pace for the whole runtime, whatever drops at once."""

from collections.abc import Sequence

from actors.rates import Allowance, Quota, Rate


class DialGate:
    """Those that want to dial, in the order in which they came; each has one place."""

    def __init__(self, rates: Sequence[Rate]) -> None:
        self._quota = Quota(Allowance(tuple(rates), 0))  # nothing is in flight: an attempt is no request
        self._waiting: dict[str, None] = {}

    def change(self, rates: Sequence[Rate]) -> None:
        """Keep this pace from now on."""
        self._quota.change(Allowance(tuple(rates), 0))

    def join(self, name: str) -> None:
        self._waiting[name] = None

    def leave(self, name: str) -> None:
        self._waiting.pop(name, None)

    def waiting(self) -> list[str]:
        return list(self._waiting)

    def wait(self, now: float) -> float:
        """Seconds until the gate lets one through; 0 is now."""
        return self._quota.wait(now)

    def passed(self, name: str, now: float) -> None:
        """It dials."""
        self.leave(name)
        self._quota.book(now)
