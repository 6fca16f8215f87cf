"""The clocks of the order desk: one that does not step, and the venue's."""

from collections.abc import Callable

from actors.orders.reconciliation import ClockReading
from actors.values import Deal


class DeskClock:
    """``utc`` does not step, and stands still in a suspend if ``monotonic`` does; so the time at the venue is
    by the wall clock and the ``offset`` that was measured, ``None`` before that.

    A verdict waits by ``utc``: the system's patience with the bytes of a lost connection (TCP_USER_TIMEOUT)
    stands still in a suspend too.
    """

    def __init__(self, monotonic: Callable[[], float], wall: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._wall = wall
        self._ahead = wall() - monotonic()
        self.offset: float | None = None

    def __repr__(self) -> str:
        return f"<DeskClock: {self.reading()}>"

    def utc(self) -> float:
        return self._monotonic() + self._ahead

    def venue_now(self) -> float:
        """UTC by the venue's clock; by the wall clock until the venue's is measured."""
        return self._wall() + (self.offset or 0.0)

    def reading(self) -> ClockReading:
        return ClockReading(self._wall() - self.utc(), self.offset)

    def until_end(self, deal: Deal) -> float:
        """The seconds until ``deal`` ends, by the venue's clock; at least its duration until that is
        measured."""
        left = deal.closes_at - self.venue_now()
        return left if self.offset is not None else max(left, deal.closes_at - deal.opened_at)
