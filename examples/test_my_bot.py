"""Test a bot on a practice exchange of its own: ``pytest test_my_bot.py``."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from tellwire import AwaitResult, Config, Direction, GetBalance, OrderUnknown, PlaceOrder, Runtime

from runtime.practice import PracticeExchange, PracticeSettings


def double_after_a_loss(rt: Runtime, stake: Decimal, most: Decimal) -> Decimal:
    """The bot: it doubles its stake until it wins or reaches ``most``. What it has gained."""
    gained = Decimal(0)
    while stake <= most:
        deal = rt.router.ask(PlaceOrder("EURUSD_otc", stake, Direction.CALL, 1), timeout=10)
        profit = rt.router.ask(AwaitResult(deal.id), timeout=10).profit
        assert profit is not None  # a deal that has closed has one
        gained += profit
        if profit > 0:
            break
        stake *= 2
    return gained


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with PracticeExchange(PracticeSettings(tick_rate=20, minimum_duration=1)) as running:
        yield running


@pytest.fixture
def rt(exchange: PracticeExchange) -> Iterator[Runtime]:
    regions = [{"name": region.name, "url": region.url} for region in exchange.regions]
    settings = {
        "account": {"session": exchange.session},
        "regions": {"demo": regions},
        "pool": {"workers": 0},
        "control": {"enabled": False},
    }
    with Runtime(Config.model_validate(settings)) as running:
        yield running


def test_it_stops_at_its_limit(exchange: PracticeExchange, rt: Runtime) -> None:
    exchange.force_outcome("loss")
    assert double_after_a_loss(rt, Decimal(2), most=Decimal(3)) == -2
    assert [executed.deal.amount for executed in exchange.ledger.deals()] == [2]


def test_the_books_agree_with_the_exchange(exchange: PracticeExchange, rt: Runtime) -> None:
    before = rt.router.ask(GetBalance(), timeout=10).amount
    exchange.force_outcome("win")
    gained = double_after_a_loss(rt, Decimal(1), most=Decimal(4))
    assert gained > 0
    assert rt.router.ask(GetBalance(), timeout=10).amount == before + gained


def test_an_order_without_an_answer_is_not_sent_again(exchange: PracticeExchange, rt: Runtime) -> None:
    exchange.disturb_orders("lost_before")
    with pytest.raises(OrderUnknown):
        rt.router.ask(PlaceOrder("EURUSD_otc", 1, Direction.CALL, 60), timeout=0.5)
    assert len(exchange.ledger.orders()) == 1
