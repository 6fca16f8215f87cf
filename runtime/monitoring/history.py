"""What a page shows of the past: deals, lives of connections, interruptions, alerts, lines of the log."""

from collections import deque
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct, structs

from actors.arithmetic import plus
from actors.messages.events import (
    ActorQuarantined,
    BalanceChanged,
    CommandFailed,
    ConfigRefused,
    ConnectionDown,
    ConnectionUp,
    OrderClosed,
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    OrderRefused,
    OutageBegan,
    OutageEnded,
    PendingOrdersListed,
    StreamGap,
    StreamRecovered,
    StreamStale,
    TradingHalted,
    TradingResumed,
)
from actors.values import Deal, PendingOrder

TOPICS: Final = (
    *("order.>", "connection.>", "stream.>", "outage.>", "trading.>", "actor.>"),
    *("balance", "command.failed", "config.refused"),
)
"""Of the events that are kept; all of them are rare."""

DAY: Final = 86_400.0

MOST_DEALS: Final = 500
MOST_LIVES: Final = 1000
MOST_NOTES: Final = 200
MOST_LINES: Final = 200


class DealChange(Struct, frozen=True, tag="deal"):
    """A deal has opened or closed; the newest change of an ``id`` counts."""

    id: str
    asset: str
    direction: str
    amount: Decimal
    opened_at: float
    closes_at: float
    open_price: float
    payout: int
    account: str
    close_price: float | None
    profit: Decimal | None

    @classmethod
    def of(cls, deal: Deal) -> "DealChange":
        return cls(
            *(deal.id, deal.asset, deal.direction.value, deal.amount, deal.opened_at, deal.closes_at),
            *(deal.open_price, deal.payout, deal.account.value, deal.close_price, deal.profit),
        )


class LifeChange(Struct, frozen=True, tag="life"):
    """A life of a connection that was logged in; ``ended`` is ``None`` while it is."""

    connection: str
    epoch: int
    region: str
    began: float
    ended: float | None = None
    reason: str = ""


class Note(Struct, frozen=True, tag="note"):
    """Something that happened to ``name``; ``kind`` is ``stream`` for a gap or a cure, or ``alert``."""

    kind: str
    at: float
    name: str
    text: str


class TailLine(Struct, frozen=True, tag="log"):
    """A line of the log, at ``at``."""

    at: float
    level: str
    text: str


class AccountBalance(Struct, frozen=True, tag="balance"):
    """The balance."""

    account: str
    amount: Decimal
    currency: str | None


class PendingRow(Struct, frozen=True):
    """A pending order that the venue has; either ``open_at`` or ``open_price`` is set."""

    ticket: str
    asset: str
    direction: str
    amount: Decimal
    duration: int
    minimum_payout: int
    open_at: int | None
    open_price: float | None


class PendingRows(Struct, frozen=True, tag="pending"):
    """All pending orders that the venue has now."""

    orders: list[PendingRow]


class EarlierDeals(Struct, frozen=True, tag="earlier"):
    """What the deals of an ``account`` came to that closed on ``day`` (its midnight, UTC, Unix seconds)
    and are not kept."""

    day: float
    account: str
    profit: Decimal


Change = PendingRows | EarlierDeals | DealChange | LifeChange | Note | TailLine | AccountBalance


class History:
    """The latest changes of each kind. What an event changes is returned, for the pages that are open."""

    def __init__(self) -> None:
        self._balance: AccountBalance | None = None
        self._pending = PendingRows([])
        self._deals: dict[str, DealChange] = {}
        self._earlier: dict[str, EarlierDeals] = {}
        self._summed: dict[str, float] = {}
        self._lives: dict[tuple[str, int], LifeChange] = {}
        self._notes = {kind: deque[Note](maxlen=MOST_NOTES) for kind in ("stream", "alert")}
        self._lines: deque[TailLine] = deque(maxlen=MOST_LINES)

    def __iter__(self) -> Iterator[Change]:
        """All that is kept, oldest first within a kind."""
        if self._balance is not None:
            yield self._balance
        if self._pending.orders:
            yield self._pending

        yield from self._earlier.values()
        yield from self._deals.values()
        yield from self._lives.values()
        for notes in self._notes.values():
            yield from notes
        yield from self._lines

    def on_event(self, event: Any, now: float) -> list[Change]:
        """``now`` is in Unix seconds."""
        match event:
            case OrderOpened(deal=deal) | OrderOrphan(deal=deal) | OrderClosed(deal=deal):
                return self.on_deals([deal])
            case PendingOrdersListed(orders=orders, complete=True):
                return self.on_pending(orders)
            case BalanceChanged(balance=balance):
                self._balance = AccountBalance(balance.account.value, balance.amount, balance.currency)
                return [self._balance]
            case ConnectionUp(connection=name, epoch=epoch, region=region):
                return [self._keep_life(LifeChange(name, epoch, region, now))]
            case ConnectionDown() if began := self._lives.get((event.connection, event.epoch)):
                return [self._keep_life(structs.replace(began, ended=now, reason=event.reason))]
        if (note := _stream_note(event, now) or _alert(event, now)) is None:
            return []
        self._notes[note.kind].append(note)
        return [note]

    def on_deals(self, deals: Iterable[Deal]) -> list[Change]:
        """Deals as the venue lists them, or one of an event. An open one does not replace a closed one."""
        changes: list[Change] = []
        for deal in deals:
            if deal.id in self._summed:  # the router lists it for longer than it is kept here
                continue
            known = self._deals.get(deal.id)
            if known is not None and known.profit is not None and deal.profit is None:
                continue
            if (change := DealChange.of(deal)) != known:
                self._deals.pop(deal.id, None)
                self._deals[deal.id] = change
                changes.append(change)
        while len(self._deals) > MOST_DEALS:
            self._sum(self._deals.pop(next(iter(self._deals))))
        return changes

    def on_pending(self, orders: Iterable[PendingOrder]) -> list[Change]:
        """All that the venue has; those that it had before are forgotten."""
        rows = [
            PendingRow(
                *(each.ticket, each.asset, each.direction.value, each.amount, each.duration),
                *(each.minimum_payout, each.open_at, each.open_price),
            )
            for each in orders
        ]
        changed, self._pending = rows != self._pending.orders, PendingRows(rows)
        return [self._pending] if changed else []

    def _sum(self, deal: DealChange) -> None:
        """It is forgotten, but for its part in the profit of its day."""
        if deal.profit is None:
            return
        day = deal.closes_at // DAY * DAY
        before = self._earlier.get(deal.account)
        if before is not None and day < before.day:
            return
        if before is None or day > before.day:
            before = EarlierDeals(day, deal.account, Decimal(0))
            self._summed = {id: closed for id, closed in self._summed.items() if closed >= day}
        self._summed[deal.id] = deal.closes_at
        self._earlier[deal.account] = structs.replace(before, profit=plus(before.profit, deal.profit))

    def on_line(self, line: TailLine) -> list[Change]:
        self._lines.append(line)
        return [line]

    def _keep_life(self, life: LifeChange) -> LifeChange:
        self._lives[_key(life)] = life
        _shorten(self._lives, MOST_LIVES)
        return life


def _key(life: LifeChange) -> tuple[str, int]:
    return life.connection, life.epoch


def _shorten(kept: dict[Any, Any], most: int) -> None:
    for key in list(kept)[: max(0, len(kept) - most)]:
        del kept[key]


def _stream_note(event: Any, now: float) -> Note | None:
    match event:
        case StreamStale():
            text = f"no tick for {event.silent_for:.1f} s ({event.reason}): {event.cure}"
        case StreamGap():
            text = f"{event.to_time - event.from_time:.1f} s without ticks: {event.reason}"
        case StreamRecovered(gap_from=None):
            text = f"ticks come again on {event.connection}"
        case StreamRecovered():
            left = f", {len(event.missing)} parts are missing: {event.reason}" if event.missing else ""
            text = f"filled with {event.filled} bars on {event.connection}{left}"
        case _:
            return None
    return Note("stream", now, event.asset, text)


def _alert(event: Any, now: float) -> Note | None:
    match event:
        case OutageBegan():
            name, text = "outage", f"no connection for {event.down_for:.0f} s: {'; '.join(event.reasons)}"
        case OutageEnded():
            name, text = "outage", f"over after {event.lasted:.0f} s"
        case ActorQuarantined():
            name, text = event.name, f"was given up: {event.reason}"
        case TradingHalted():
            name, text = "orders", f"are halted: {event.reason}" if event.reason else "are halted"
        case TradingResumed():
            name, text = "orders", "are sent again"
        case OrderInDoubt():
            name, text = event.asset, f"the order {event.order} of {event.amount} is in doubt: {event.reason}"
        case OrderNotPlaced():
            name, text = event.asset, f"the order {event.order} of {event.amount} was not placed"
        case OrderRefused():
            name, text = event.asset, f"an order of {event.amount} was refused: {event.reason}"
        case CommandFailed():
            name, text = event.command, event.reason
        case ConfigRefused():
            name, text = "configuration", "; ".join(event.problems)
        case _:
            return None
    return Note("alert", now, name, text)
