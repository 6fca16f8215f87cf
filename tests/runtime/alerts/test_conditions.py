"""What is wrong in a status, in words that an operator can act on."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from actors.messages.events import OrderInDoubt
from actors.messages.status import DeskStatus, PendingStatus, Status, WorkerStatus
from actors.orders.pre_trade_checks import Usage, limits_used
from runtime.alerts.conditions import Condition, found_in
from tests.doubles.status_samples import connection, status, stream
from tests.doubles.watched_order_desk import LIMITS


def conditions(found: Status, *in_doubt: OrderInDoubt) -> list[Condition]:
    return list(found_in(found, in_doubt))


def test_a_runtime_as_it_should_be_has_none() -> None:
    assert conditions(status()) == []


def test_an_outage_is_told_with_its_reasons_and_without_its_streams() -> None:
    down = connection(1, state="waiting", region="EU", last_error="connection refused")
    [found] = conditions(status(connections=(down,), outage=42.0, streams=(stream("X", health="stale"),)))
    assert (found.kind, found.severity) == ("outage", "critical")
    assert "42 s" in found.text
    assert "EU: connection refused" in found.text


def test_orders_in_doubt_are_named() -> None:
    doubt = OrderInDoubt("order-1", "EURUSD_otc", Decimal("2.5"), "no answer")
    [found] = conditions(status(desk=DeskStatus(None, 0, 1, 0, 0), pending=PendingStatus(0, 0, 1)), doubt)
    assert found.text.startswith("2 in doubt (order-1 of 2.5 on EURUSD_otc)")


@pytest.mark.parametrize(
    ("found", "kind", "name"),
    [
        (status(desk=DeskStatus("lunch", 0, 0, 0, 0)), "halt", ""),
        (status(desk=DeskStatus("", 0, 0, 0, 0)), "halt", ""),
        (status(connections=(connection(1, state="quarantined"),)), "quarantine", "connection-1"),
        (
            status(workers=(WorkerStatus("worker-1", 0, "quarantined", 3, 0.0, 0),)),
            "quarantine",
            "worker-1",
        ),
        (status(streams=(stream("#AAPL", health="stale"),)), "stale stream", "#AAPL"),
    ],
)
def test_each_kind_is_found(found: Status, kind: str, name: str) -> None:
    assert [each.key for each in conditions(found)] == [(kind, name)]


@pytest.mark.parametrize(("used", "told"), [("49.99", False), ("50", True), ("51", True)])
def test_the_daily_loss_is_told_when_it_is_reached(used: str, told: bool) -> None:
    usage = Usage(orders_today=9, loss_today=Decimal(used))
    limits = limits_used(usage, replace(LIMITS, daily_loss=Decimal(50), daily_orders=9))
    found = conditions(status(desk=replace(status().desk, limits=limits)))
    assert [each.kind for each in found] == (["daily loss"] if told else [])
