"""The lines of the log about orders: the level, the terms and the remedy."""

from decimal import Decimal

import pytest
from msgspec import structs
from msgspec.structs import replace

from actors.messages.events import (
    AssetsListed,
    Event,
    OrderClosed,
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    OrderRefused,
    OrderSettled,
    TradingHalted,
    TradingResumed,
)
from actors.orders.log_lines import log_lines, terms_of
from actors.orders.order import Order
from actors.values import AccountKind, Direction
from tests.doubles.trading_samples import BET, NOW, ONE, deal_of, ended

DEAL = deal_of(BET)
ORDER = Order("o1", BET.asset, ONE, Direction.CALL, 60, AccountKind.DEMO, NOW)
TERMS = "EURUSD_otc call 1 for 60 s"


@pytest.mark.parametrize(
    ("event", "level", "parts"),
    [
        (OrderOpened("o1", DEAL), "INFO", ["o1", f"opened deal {TERMS}", "deal d1", "payout 92 %"]),
        (OrderRefused("o1", BET.asset, ONE, "notMoney"), "INFO", ["o1", "refused", TERMS, "notMoney"]),
        (OrderNotPlaced("o1", BET.asset, ONE), "INFO", ["o1", TERMS, "safe to repeat"]),
        (
            OrderSettled("o1", BET.asset, ONE, True, "on the page"),
            "WARNING",
            ["o1", "as opened: on the page"],
        ),
        (OrderClosed(ended(DEAL)), "INFO", ["d1", "closed", TERMS, "loss, profit -1"]),
        (OrderClosed(ended(DEAL, Decimal("0.92"))), "INFO", [TERMS, "win, profit 0.92"]),
        (OrderClosed(ended(DEAL, Decimal(0))), "INFO", [TERMS, "draw, profit 0"]),
        (OrderInDoubt("o1", BET.asset, ONE, "reset"), "WARNING", ["o1", TERMS, "reset", "do not repeat it"]),
        (OrderOrphan(DEAL), "WARNING", ["d1", TERMS, "ctl halt"]),
        (TradingHalted("lunch"), "WARNING", ["lunch", "ctl resume"]),
        (TradingResumed(), "INFO", ["allowed again"]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Event) else "",
)
def test_each_event_about_money_has_a_line_of_its_level_with_terms_and_remedy(
    event: Event, level: str, parts: list[str]
) -> None:
    [line] = log_lines([event], lambda id: ORDER if id == "o1" else None)
    assert line.level == level
    assert [part for part in parts if part not in line.text] == []


def test_an_order_that_is_no_longer_known_is_named_by_what_the_event_has() -> None:
    [line] = log_lines([OrderNotPlaced("o1", BET.asset, Decimal("1.50"))], lambda _: None)
    assert "EURUSD_otc 1.50" in line.text


def test_the_milliseconds_of_a_deals_stamps_are_no_part_of_its_duration() -> None:
    deal = structs.replace(DEAL, opened_at=DEAL.opened_at + 0.081)
    [line] = log_lines([OrderOpened("o1", deal)], lambda _: None)
    assert TERMS in line.text


def test_other_events_have_no_line() -> None:
    assert list(log_lines([AssetsListed([])], lambda _: None)) == []


def test_the_terms_of_a_command_and_of_its_order_read_alike() -> None:
    assert terms_of(BET) == terms_of(ORDER) == TERMS


@pytest.mark.parametrize(
    ("opened", "closes", "duration"), [(42.554, 47.0, 5), (42.0, 102.0, 60), (42.5, 102.5, 60)]
)
def test_a_deal_lasts_as_long_as_was_asked_for(opened: float, closes: float, duration: int) -> None:
    deal = replace(DEAL, opened_at=opened, closes_at=closes)
    [line] = log_lines([OrderOpened("o1", deal)], lambda _: None)
    assert f" for {duration} s," in line.text
