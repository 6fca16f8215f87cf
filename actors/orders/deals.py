"""Every deal that the venue has told of, open or ended, and what we make of each."""

import enum
from collections.abc import Collection, Iterator
from typing import Final

from actors.values import Deal

ENDED_KEPT: Final = 1_000


class Ownership(enum.Enum):
    """Whose a deal is, as far as we know."""

    PAST = "past"  # had ended when we came: nothing to tell anybody
    LISTED = "listed"  # was open when we came
    UNCLAIMED = "unclaimed"  # new, and an order in flight may account for it
    ORPHAN = "orphan"  # announced, for no order in flight accounts for it
    FOREIGN = "foreign"  # announced, and acknowledged to somebody else
    OURS = "ours"


class DealRecord:
    """One deal; ``seen`` is the step of the ledger that first saw it, ``order`` is set if it is ours."""

    __slots__ = ("deal", "order", "seen", "standing")

    def __init__(self, deal: Deal, standing: Ownership, seen: int, order: str = "") -> None:
        self.deal = deal
        self.standing = standing
        self.seen = seen
        self.order = order

    @property
    def closed(self) -> bool:
        return self.deal.outcome is not None

    @property
    def unaccounted(self) -> bool:
        """Whether it may still turn out to be an order's."""
        return self.standing not in {Ownership.OURS, Ownership.FOREIGN}

    @property
    def announced(self) -> bool:
        """Whether it was made known as an orphan."""
        return self.standing in {Ownership.ORPHAN, Ownership.FOREIGN}


class Deals:
    """The open deals, and the last ``ENDED_KEPT`` of those that ended.

    Several connections tell of the same deals, some later than others: what is closed stays closed. A result
    comes within ``result_overdue`` seconds of a deal's end, if at all.
    """

    def __init__(self, result_overdue: float) -> None:
        self._result_overdue = result_overdue
        self._open: dict[str, DealRecord] = {}
        self._ended: dict[str, DealRecord] = {}

    def __iter__(self) -> Iterator[DealRecord]:
        yield from self._open.values()
        yield from self._ended.values()

    def get(self, id: str) -> DealRecord | None:
        return self._open.get(id) or self._ended.get(id)

    def open(self) -> list[Deal]:
        return [entry.deal for entry in self._open.values()]

    def closed(self) -> list[Deal]:
        """Oldest first."""
        return [entry.deal for entry in self._ended.values() if entry.closed]

    def unclaimed(self) -> list[DealRecord]:
        return [entry for entry in self if entry.standing is Ownership.UNCLAIMED]

    def add(self, entry: DealRecord) -> None:
        if entry.closed:
            self._end(entry)
        else:
            self._open[entry.deal.id] = entry

    def take_open(self, deal: Deal, standing: Ownership, step: int) -> DealRecord:
        """The entry of a deal that is said to be open; a new one gets ``standing``."""
        entry = self.get(deal.id)
        if entry is None:
            entry = DealRecord(deal, standing, step)
        elif entry.closed:
            return entry
        entry.deal = deal
        self._ended.pop(deal.id, None)
        self._open[deal.id] = entry
        return entry

    def take_closed(self, deal: Deal, standing: Ownership, step: int) -> DealRecord | None:
        """The entry of a deal that is said to have ended, ``None`` if that is no news."""
        entry = self.get(deal.id)
        if entry is None:
            entry = DealRecord(deal, standing, step)
        elif entry.closed:
            return None
        entry.deal = deal
        self._end(entry)
        return entry

    def drop_missing(self, listed: Collection[str], now: float) -> None:
        """Deals that the venue no longer lists and that are past their end are not open, result or no."""
        for id, entry in list(self._open.items()):
            if id not in listed and entry.deal.closes_at + self._result_overdue < now:
                self._end(entry)

    def _end(self, entry: DealRecord) -> None:
        self._open.pop(entry.deal.id, None)
        self._ended.pop(entry.deal.id, None)
        self._ended[entry.deal.id] = entry
        if len(self._ended) > ENDED_KEPT:
            del self._ended[next(iter(self._ended))]
