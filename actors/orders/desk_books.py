"""What the books of both desks have in common: the journal, and when its main file has to hold all."""

from actors.orders.journal import Journal


class DeskBooks:
    """Books that are kept in ``journal``."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._settle_due = False

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
