"""The limits against the exchange: they fill up, refuse by name, survive a restart, and can be changed."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from actors.errors import RequestRefused
from actors.messages import AwaitResult, Direction, GetAssets, PlacePendingOrder
from runtime import Runtime
from runtime.practice import PracticeExchange
from tests.journeys.journey import ask, exchange_of, status_of
from tests.journeys.trader import ASSET, bet, trading, venue

PENDING = PlacePendingOrder(ASSET, Decimal(1), Direction.CALL, 60, open_price=0.5)


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite"


def used(runtime: Runtime, name: str) -> Decimal:
    [found] = [limit.used for limit in status_of(runtime).desk.limits if limit.name == f"orders.{name}"]
    return found


def test_a_day_of_so_many_orders_has_no_more_not_even_after_a_restart(
    exchange: PracticeExchange, journal: Path
) -> None:
    config = trading(exchange, journal, orders={"daily_orders": 3})
    with Runtime(config) as runtime:
        ask(runtime, bet(1))
        exchange.disturb_orders("refused", error="notMoney")
        with pytest.raises(RequestRefused, match="notMoney"):
            ask(runtime, bet(2))
        assert used(runtime, "daily_orders") == 1
        ask(runtime, bet(3))
    with Runtime(config) as runtime:
        ask(runtime, bet(4))
        with pytest.raises(RequestRefused, match=r"3 are allowed \(orders\.daily_orders\)"):
            ask(runtime, bet(5))
        with pytest.raises(RequestRefused, match=r"orders\.daily_orders"):
            ask(runtime, PENDING)
        assert used(runtime, "daily_orders") == 3
    assert exchange.ledger.count("openPendingOrder") == 0
    assert [order.amount for order in exchange.ledger.orders()] == [1, 2, 3, 4]


def test_a_pending_order_counts_as_one_of_the_day(exchange: PracticeExchange, journal: Path) -> None:
    with Runtime(trading(exchange, journal, orders={"daily_orders": 1})) as runtime:
        assert ask(runtime, PENDING).amount == 1
        with pytest.raises(RequestRefused, match=r"orders\.daily_orders"):
            ask(runtime, bet(1))


def test_a_day_that_lost_too_much_ends_also_after_a_restart(
    exchange: PracticeExchange, journal: Path
) -> None:
    config = trading(exchange, journal, orders={"daily_loss": 1})
    with Runtime(config) as runtime:
        lost, stakes = Decimal(0), 0
        while lost <= 1:  # each stake is twice the last one, so the first loss outweighs every gain before it
            stakes += 1
            deal = ask(runtime, bet(2**stakes, duration=1))
            lost -= ask(runtime, AwaitResult(deal.id)).profit
        assert used(runtime, "daily_loss") == lost
        with pytest.raises(RequestRefused, match=rf"lost {lost:f}, 1 are allowed \(orders\.daily_loss\)"):
            ask(runtime, bet(1))
    with Runtime(config) as runtime:
        with pytest.raises(RequestRefused, match=r"orders\.daily_loss"):
            ask(runtime, bet(1))
        assert used(runtime, "daily_loss") == lost
    assert len(exchange.ledger.orders()) == stakes


def test_an_asset_that_pays_too_little_is_not_traded(exchange: PracticeExchange, journal: Path) -> None:
    with Runtime(trading(exchange, journal)) as runtime:
        payout = ask(runtime, GetAssets())[ASSET].payout
    with Runtime(trading(exchange, journal, orders={"minimum_payout": payout})) as runtime:
        ask(runtime, bet(1))
    too_much = trading(exchange, journal, orders={"minimum_payout": payout + 1})
    refused = pytest.raises(RequestRefused, match=rf"pays {payout} %.*orders\.minimum_payout")
    with Runtime(too_much) as runtime, refused:
        ask(runtime, bet(2))


def test_limits_are_changed_by_a_reload(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"

    def write(**orders: int) -> None:
        settings = {
            "orders": {"journal": str(tmp_path / "orders.sqlite")} | orders,
            "pool": {"workers": 0, "connections": 1},
            "control": {"enabled": False},
        }
        path.write_text(yaml.safe_dump(settings), encoding="utf-8")

    write(daily_orders=1)
    with Runtime.from_yaml(path) as runtime:
        ask(runtime, bet(1))
        with pytest.raises(RequestRefused, match=r"orders\.daily_orders"):
            ask(runtime, bet(2))
        write(daily_orders=3, maximum_amount=2)
        assert runtime.reload() in (["orders.maximum_amount", "orders.daily_orders"], [])
        with pytest.raises(RequestRefused, match="may be 1 to 2, not 3"):
            ask(runtime, bet(3))
        ask(runtime, bet(2))
        assert used(runtime, "daily_orders") == 2
        assert len(exchange_of(runtime).ledger.orders()) == 2
