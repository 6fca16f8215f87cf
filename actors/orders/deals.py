"""Every deal that the venue has listed or acknowledged, and whose it is."""

import enum
import itertools
import math
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import Final

from msgspec import structs

from actors.messages.commands import PlaceOrder
from actors.orders.order import other_terms
from actors.values import Deal

ENDED_KEPT: Final = 1_000
ENDED_LATELY: Final = 20
STRAGGLING: Final = 5.0  # seconds by which one connection may be told of a change after another


class Ownership(enum.Enum):
    """Whose a deal is, as far as we know."""

    PAST = "past"  # had ended when this process started: nothing to publish
    LISTED = "listed"  # was open when this process started
    UNCLAIMED = "unclaimed"  # new, and may be an order's in flight
    ORPHAN = "orphan"  # announced: it fits no order in flight
    FOREIGN = "foreign"  # announced: it was acknowledged to another client
    OURS = "ours"


class DealRecord:
    """One deal. ``seen`` is the step of the ledger that first saw it. Every deal is known that closed after
    step ``reach`` and not after this one; it is infinity while this one is open. ``order`` is the id of our
    order. ``told`` says when it was last reported open, and ``by`` over which connection. ``listed``: it
    stood in a list, or its result came; until then it may be a mistake of an acknowledgement.
    ``contradicted`` has the differences with which the venue has described it, each once. ``corrected`` has
    the profits that the venue has told before, and that a list has replaced.
    """

    __slots__ = (
        "by",
        "contradicted",
        "corrected",
        "deal",
        "listed",
        "order",
        "ownership",
        "reach",
        "seen",
        "told",
    )

    def __init__(self, deal: Deal, ownership: Ownership, seen: int, order: str = "") -> None:
        self.deal = deal
        self.ownership = ownership
        self.seen = seen
        self.order = order
        self.reach = math.inf
        self.told = -math.inf
        self.by = ""
        self.listed = False
        self.contradicted: tuple[str, ...] = ()
        self.corrected: tuple[Decimal | None, ...] = ()

    def __repr__(self) -> str:
        deal, state = self.deal, "closed" if self.closed else "open"
        terms = f"{deal.asset} {deal.direction.value} {deal.amount:f}"
        return f"<DealRecord {deal.id}: {terms}, {state}, {self.ownership.value}>"

    @property
    def closed(self) -> bool:
        return self.deal.outcome is not None

    @property
    def unaccounted(self) -> bool:
        """Whether it may still turn out to be an order's."""
        return self.ownership not in {Ownership.OURS, Ownership.FOREIGN}

    @property
    def announced(self) -> bool:
        """Whether it was published as an orphan."""
        return self.ownership in {Ownership.ORPHAN, Ownership.FOREIGN}


class Deals:
    """The open deals, and the last ``ENDED_KEPT`` of those that ended.

    Several connections report the same deals, some later than others: a closed deal stays closed. A deal is
    ended, result or not, once a list lacks it ``result_overdue`` seconds after its end.
    """

    def __init__(self, result_overdue: float, *, notes_contradictions: bool = False) -> None:
        """``notes_contradictions``: the owner calls ``take_contradicted`` from time to time."""
        self._result_overdue = result_overdue
        self._notes_contradictions = notes_contradictions
        self._open: dict[str, DealRecord] = {}
        self._ended: dict[str, DealRecord] = {}
        self._without_result: dict[str, DealRecord] = {}
        self._contradicted: list[tuple[DealRecord, str]] = []
        self._corrected: list[tuple[Deal, Deal]] = []
        self.forgotten = -1
        """The latest step that first saw a deal which is no longer kept."""

    def __repr__(self) -> str:
        return f"<Deals: {len(self._open)} open, {len(self._ended)} ended>"

    def __iter__(self) -> Iterator[DealRecord]:
        return itertools.chain(self._open.values(), self._ended.values())

    def get(self, id: str) -> DealRecord | None:
        return self._open.get(id) or self._ended.get(id)

    def deal(self, id: str) -> Deal | None:
        """The deal as the venue last described it, ours or not."""
        record = self.get(id)
        return record.deal if record else None

    def open_deals(self) -> list[Deal]:
        return [record.deal for record in self._open.values()]

    def open_records(self) -> list[DealRecord]:
        return list(self._open.values())

    def closed_deals(self) -> list[Deal]:
        """Oldest first."""
        return [record.deal for record in self._ended.values() if record.closed]

    def unclaimed(self) -> list[DealRecord]:
        return [record for record in self if record.ownership is Ownership.UNCLAIMED]

    def add(self, record: DealRecord, *, ended: bool = False) -> None:
        """``ended``: also if its result is not known."""
        if record.closed:
            record.reach = record.seen
        if record.closed or ended:
            self._end(record)
        else:
            self._open[record.deal.id] = record

    def take_acknowledged(self, deal: Deal) -> None:
        """``deal`` is ours by its acknowledgement. If it was described otherwise before, that counts no
        more."""
        if (record := self.get(deal.id)) and contradiction(deal, record.deal):
            self.discard(record)
            self.add(DealRecord(deal, record.ownership, record.seen))

    def take_open(
        self, deal: Deal, ownership: Ownership, step: int, now: float = -math.inf, by: str = ""
    ) -> DealRecord:
        """The record of a deal that the venue calls open at ``now``, over the connection ``by``; a new one
        gets ``ownership``. One of ours with other terms stays as it is."""
        record = self.get(deal.id)
        if record is None:
            record = DealRecord(deal, ownership, step)
        elif record.closed or self._is_contradicted(record, deal):
            return record
        record.deal, record.told, record.by = deal, now, by
        self._ended.pop(deal.id, None)
        self._open[deal.id] = record
        return record

    def take_closed(
        self, deal: Deal, ownership: Ownership, step: int, *, listed: bool = False
    ) -> DealRecord | None:
        """The record of a deal that the venue calls closed, ``None`` if that was known, or if it is one of
        ours with other terms: that is no result of it. ``listed``: it stands in a list, which may correct the
        result that was known."""
        record = self.get(deal.id)
        if record is None:
            record = DealRecord(deal, ownership, step)
        elif self._is_contradicted(record, deal):
            return None
        elif record.closed:
            return record if listed and self._corrects(record, deal) else None
        record.deal = deal
        record.reach = step
        record.listed = True
        self._end(record)
        return record

    def closed_last(self) -> str:
        """The id of the deal that closed last, as far as it is known; ``""`` for none."""
        return next((id for id, record in reversed(self._ended.items()) if record.closed), "")

    def before(self, command: PlaceOrder) -> str:
        """``Order.after`` for an order that is made now, with the like deals that are open or ended lately. A
        deal of one of our orders is journaled as such."""
        lately = itertools.islice(reversed(self._ended.values()), ENDED_LATELY)
        terms = command.asset, command.amount, command.direction
        like = [
            record.deal.id
            for record in itertools.chain(self._open.values(), lately)
            if (record.deal.asset, record.deal.amount, record.deal.direction) == terms
            and record.ownership is not Ownership.OURS
        ]
        return " ".join([self.closed_last(), *like])

    def reach(self, deals: Collection[Deal], whole: bool) -> float:
        """The step after which every deal that closed is known, by a list that has ``deals``; to be asked
        before they are taken as closed. ``whole``: it is so short that it may have every closed deal there
        is. It has not if it lacks one that is known to have closed.

        The list has all that closed after the first of its deals that was known to have closed. So lists that
        share a deal reach back as far as the first of them, however much closed in between.
        """
        if whole:
            listed = {deal.id for deal in deals}
            if all(id in listed for id, record in self._ended.items() if record.closed):
                return -math.inf
        return min((record.reach for record in map(self._closed, deals) if record), default=math.inf)

    def extend_reach(self, deals: Collection[Deal], reach: float) -> None:
        """All deals that closed after step ``reach`` are known, up to each of ``deals``."""
        for record in filter(None, map(self._closed, deals)):
            record.reach = min(record.reach, reach)

    def take_list(self, deals: Iterable[Deal], ownership: Ownership, step: int, now: float, by: str) -> None:
        """As ``take_open``, for each deal of a list of open ones."""
        for deal in deals:
            record = self.take_open(deal, ownership, step, now, by)
            record.listed |= record.closed or record.deal is deal

    def take_contradicted(self) -> list[tuple[DealRecord, str]]:
        """The deals of ours that the venue has described otherwise since the last call, and in what: each
        difference of a deal once, also if connections bring several in turn."""
        taken, self._contradicted = self._contradicted, []
        return taken

    def take_corrected(self) -> list[tuple[Deal, Deal]]:
        """The deals whose result a list has corrected since the last call, each as it was and as it is."""
        taken, self._corrected = self._corrected, []
        return taken

    def _corrects(self, record: DealRecord, deal: Deal) -> bool:
        """Whether ``deal`` has another result than was known. One that was corrected does not come back: the
        list of another connection may be older."""
        told = record.deal
        if deal.profit == told.profit or deal.profit in record.corrected:
            return False
        record.corrected = (*record.corrected, told.profit)
        record.deal = deal
        self._corrected.append((told, deal))
        return True

    def _is_contradicted(self, record: DealRecord, deal: Deal) -> bool:
        if record.ownership is not Ownership.OURS:
            return False
        difference = contradiction(record.deal, deal)
        if difference and self._notes_contradictions and difference not in record.contradicted:
            record.contradicted = (*record.contradicted, difference)
            self._contradicted.append((record, difference))
        return bool(difference)

    def take_without_result(self) -> list[DealRecord]:
        """The deals of ours that have ended without a result since the last call."""
        taken, self._without_result = self._without_result, {}
        return [record for record in taken.values() if not record.closed]

    def discard(self, record: DealRecord) -> None:
        """There is no such deal."""
        for kept in (self._open, self._ended, self._without_result):
            kept.pop(record.deal.id, None)

    def drop_missing(self, listed: Collection[str], by: str, now: float, venue_now: float) -> None:
        """End the deals that a complete list of open deals lacks, which came over the connection ``by``.

        One of ours ends once its result is overdue: by the venue's clock, or because it has been open for as
        long as it lasts, since that clock may not be known. One of somebody else was reported by
        mistake, or has ended: the list counts if it came over the connection that reported the deal, or
        ``STRAGGLING`` seconds after the report, since another connection may be told later.
        """
        for id, record in list(self._open.items()):
            lasts = record.deal.closes_at - record.deal.opened_at
            late_by = max(venue_now - record.deal.closes_at, now - record.told - lasts)
            overdue = late_by > self._result_overdue
            elsewhere = record.ownership is not Ownership.OURS
            contradicted = elsewhere and (record.by == by or record.told + STRAGGLING < now)
            if id not in listed and (overdue or contradicted):
                self._end(record)
                if not elsewhere:
                    self._without_result[id] = record

    def _closed(self, deal: Deal) -> DealRecord | None:
        record = self._ended.get(deal.id)
        return record if record and record.closed else None

    def _end(self, record: DealRecord) -> None:
        self._open.pop(record.deal.id, None)
        self._ended.pop(record.deal.id, None)
        self._ended[record.deal.id] = record
        if len(self._ended) > ENDED_KEPT:
            oldest = self._ended.pop(next(iter(self._ended)))
            self.forgotten = max(self.forgotten, oldest.seen)


def contradiction(ours: Deal, row: Deal) -> str:
    """Why ``row``, which has the id of a deal of ours, does not describe it; ``""`` if it may. One that ends
    later was rolled over, and its stake may have been raised for that."""
    rolled_over = row.closes_at > ours.closes_at
    had = structs.replace(ours, amount=row.amount) if rolled_over else ours
    return ", ".join(other_terms(had, row))
