"""What the books of both desks have in common: the journal, and when its main file has to hold all."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from actors.distribution import Distribution, Histogram
from actors.errors import Halted, OrderUnknown, RequestError
from actors.orders.desk_clock import DeskClock
from actors.orders.journal import Journal
from actors.orders.order import Order


class DeskBooks(ABC):
    """Books that are kept in ``journal``."""

    def __init__(self, journal: Journal, clock: DeskClock) -> None:
        self._journal = journal
        self._clock = clock
        self._write_times = Histogram()
        self._settle_due = False

    @abstractmethod
    def note(self) -> None:
        """Journal what changed, without waiting for the disk; raises ``Halted``."""

    @property
    def sends_until(self) -> float:
        """As that of the journal."""
        return self._journal.sends_until

    def unsent(self, id: str, error: RequestError) -> RequestError:
        """What the callers of a journaled order are told that did not leave because of ``error``.

        That error; but where another process may have the journal by now, which finds the order in doubt
        there, only if that could be journaled too.
        """
        if self._journal.shared:
            try:
                self.note()
            except Halted as untold:
                return OrderUnknown(
                    f"it was not sent ({error}), but that is not in the journal: {untold}", id
                )
        return error

    @property
    def write_times(self) -> Distribution:
        """How long the journal took to have orders on the disk."""
        return self._write_times.distribution()

    def settle(self) -> None:
        """Have the journal's main file hold all; raises ``Halted`` if it cannot."""
        self._settle_due = False
        self._journal.settle()

    def wants_settling(self) -> bool:
        """Whether ``settle`` is to be called in a while, and the caller was not told so before."""
        if self._settle_due or not self._journal.unsettled:
            return False
        self._settle_due = True
        return True

    def _write_now(self, orders: Sequence[Order]) -> None:
        """On the disk when it returns; raises as ``Journal.write``."""
        began = self._clock.utc()
        self._journal.write(orders)
        if orders:
            self._write_times.add(self._clock.utc() - began)
