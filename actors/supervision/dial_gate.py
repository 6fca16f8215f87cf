"""The dial gate: one rate of attempts to connect for the whole runtime, however many connections wait."""

from collections.abc import Sequence

from actors.rates import Allowance, Quota, Rate


class DialGate:
    """The names of those that wait to dial, in the order in which they joined; each stands there once."""

    def __init__(self, rates: Sequence[Rate]) -> None:
        self._quota = Quota(Allowance(tuple(rates), 0))  # an attempt is no request: nothing is in flight
        self._waiting: dict[str, None] = {}

    def change(self, rates: Sequence[Rate]) -> None:
        """Apply these rates now, also to those that wait already."""
        self._quota.change(Allowance(tuple(rates), 0))

    def join(self, name: str) -> None:
        self._waiting[name] = None

    def leave(self, name: str) -> None:
        self._waiting.pop(name, None)

    def __contains__(self, name: str) -> bool:
        return name in self._waiting

    @property
    def first(self) -> str | None:
        """The name that has waited longest."""
        return next(iter(self._waiting), None)

    def wait(self, now: float) -> float:
        """Seconds until the next attempt is allowed."""
        return self._quota.wait(now)

    def passed(self, name: str, now: float) -> None:
        """``name`` dials now."""
        self.leave(name)
        self._quota.book(now)
