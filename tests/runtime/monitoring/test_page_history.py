"""What a page shows of the past."""

import itertools
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import structs

from actors.messages.events import (
    BalanceChanged,
    ConnectionDown,
    ConnectionUp,
    OrderClosed,
    OrderOpened,
    OutageBegan,
    PendingOrdersListed,
    StreamGap,
    StreamStale,
)
from actors.values import AccountKind, Balance, Deal, Direction, PendingOrder
from runtime.monitoring.history import (
    DAY,
    MOST_DEALS,
    MOST_NOTES,
    DealChange,
    EarlierDeals,
    History,
    LifeChange,
    Note,
    PendingRow,
    PendingRows,
)

OPEN = Deal(
    "d1", "EURUSD", Direction.CALL, Decimal("1.50"), 0.0, 60.0, 1.1, 80, AccountKind.DEMO, raw={"uid": 7}
)
CLOSED = structs.replace(OPEN, close_price=1.2, profit=Decimal("1.20"))


def kept(history: History, kind: Any) -> list[Any]:
    return [change for change in history if isinstance(change, kind)]


def test_a_deal_is_kept_as_it_is_now_and_a_late_list_does_not_open_it_again() -> None:
    history = History()
    [opened] = history.on_event(OrderOpened("o1", OPEN), 1.0)
    [closed] = history.on_event(OrderClosed(CLOSED), 61.0)
    assert history.on_deals([OPEN, CLOSED]) == []
    assert kept(history, DealChange) == [closed]
    assert isinstance(opened, DealChange)
    assert (opened.profit, closed.profit) == (None, Decimal("1.20"))  # type: ignore[union-attr]
    assert b"uid" not in msgspec.json.encode([opened, closed])


def test_a_life_ends_with_its_reason_and_one_that_never_was_up_is_none() -> None:
    history = History()
    history.on_event(ConnectionUp("c", 1, "R"), 10.0)
    assert history.on_event(ConnectionDown("c", 1, "R", "gone"), 20.0) == [
        LifeChange("c", 1, "R", 10.0, 20.0, "gone")
    ]
    assert history.on_event(ConnectionDown("c", 2, "R", "refused"), 30.0) == []
    assert len(kept(history, LifeChange)) == 1


def test_the_venues_latest_list_of_pending_orders_is_what_there_is() -> None:
    history = History()
    order = PendingOrder("t1", "EURUSD", Direction.PUT, Decimal(2), 60, 80, open_price=1.5, raw={"uid": 7})
    [first] = history.on_event(PendingOrdersListed([order]), 1.0)
    assert first == PendingRows([PendingRow("t1", "EURUSD", "put", Decimal(2), 60, 80, None, 1.5)])
    assert history.on_event(PendingOrdersListed([order]), 2.0) == []
    assert history.on_event(PendingOrdersListed([], complete=False), 3.0) == []
    assert kept(history, PendingRows) == [first]
    assert history.on_event(PendingOrdersListed([]), 4.0) == [PendingRows([])]


def test_gaps_and_alerts_are_told_apart() -> None:
    history = History()
    history.on_event(StreamGap("EURUSD", 5.0, 7.5, "moved", "c", 60), 8.0)
    history.on_event(OutageBegan(31.0, ["R: refused"]), 9.0)
    assert kept(history, Note) == [
        Note("stream", 8.0, "EURUSD", "2.5 s without ticks: moved"),
        Note("alert", 9.0, "outage", "no connection for 31 s: R: refused"),
    ]


def test_each_kind_has_a_limit_of_its_own() -> None:
    history = History()
    for number in range(2 * MOST_DEALS):
        history.on_deals([structs.replace(OPEN, id=f"d{number}")])
        history.on_event(StreamStale("EURUSD", 3.0, "move", "silence"), float(number))
    history.on_event(BalanceChanged(Balance(AccountKind.DEMO, Decimal(5), "USD")), 0.0)
    assert [deal.id for deal in kept(history, DealChange)][-1] == f"d{2 * MOST_DEALS - 1}"
    counts = {kind.__name__: len(list(each)) for kind, each in itertools.groupby(history, type)}
    assert counts == {"AccountBalance": 1, "DealChange": MOST_DEALS, "Note": MOST_NOTES}


def test_the_profit_of_a_day_is_whole_however_many_deals_it_had() -> None:
    history = History()
    midnight = OPEN.closes_at // DAY * DAY
    deals = [
        structs.replace(OPEN, id=f"d{number}", closes_at=midnight + number, profit=Decimal("0.5"))
        for number in range(MOST_DEALS + 100)
    ]
    yesterday = structs.replace(OPEN, id="y", closes_at=midnight - 1, profit=Decimal(7))
    for deal in (yesterday, *deals, *deals[:50]):  # the router lists some once more
        history.on_deals([deal])
    [earlier] = kept(history, EarlierDeals)
    assert (earlier.day, earlier.profit) == (midnight, Decimal(50))
    assert sum(deal.profit or 0 for deal in kept(history, DealChange)) == Decimal(MOST_DEALS) / 2
