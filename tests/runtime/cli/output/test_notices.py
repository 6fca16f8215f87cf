"""The lines below the tables that tell what is out of the ordinary with orders."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from actors.messages.status import DeskStatus, LimitStatus, PendingStatus
from runtime.cli.output.notices import notices
from tests.doubles.status_samples import status

QUIET = DeskStatus(None, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"refuses": "the session is live"}, "REFUSED (the session is live); 0 open"),
        ({"halted": "lunch"}, "HALTED (lunch); 0 open"),
        ({"halted": "lunch", "refuses": "no"}, "HALTED (lunch); REFUSED (no); 0 open"),
        (
            {"open_deals": 1, "limits": (LimitStatus("orders.daily_loss", Decimal("7.5"), Decimal(20)),)},
            "1 open, 0 closed, 0 in flight; orders.daily_loss 7.5 of 20",
        ),
        ({"in_doubt": 1, "in_flight": 1}, "0 open, 0 closed, 1 in flight, 1 IN DOUBT"),
    ],
)
def test_why_no_order_is_sent_is_shown_before_any_trade(changes: dict[str, Any], text: str) -> None:
    [line] = notices(status(desk=structs.replace(QUIET, **changes)), 0.0)
    assert line.startswith(f"orders   {text}")


def test_a_runtime_that_has_not_traded_has_no_line() -> None:
    assert notices(status(desk=QUIET), 0.0) == []


def test_pending_orders_are_told_beside_the_others() -> None:
    told = [
        (PendingStatus(placed=2), "; 2 pending"),
        (PendingStatus(placed=0, in_flight=1, in_doubt=1), "; 0 pending, 1 IN DOUBT"),
    ]
    for pending, text in told:
        [line] = notices(structs.replace(status(desk=QUIET), pending=pending), 0.0)
        assert line == f"orders   0 open, 0 closed, 0 in flight{text}"
