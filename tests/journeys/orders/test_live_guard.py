"""A live session trades only if that is allowed: the guard before real money."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from actors.errors import RequestRefused
from actors.messages import (
    CancelPendingOrder,
    Direction,
    GetBalance,
    GetOpenedDeals,
    GetPendingOrders,
    Halt,
    PlacePendingOrder,
    StreamConfirmed,
    SubscribeTicks,
)
from actors.values import AccountKind
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.journeys.journey import ask, status_of, towards
from tests.journeys.trader import ASSET, bet, trading, venue

WHY = r"account\.allow_live: true"
PENDING = PlacePendingOrder(ASSET, Decimal(1), Direction.CALL, 60, open_price=0.5)


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What this process logs from INFO on."""
    written: list[str] = []
    sink = logger.add(written.append, level="INFO", format="{level} {message}")
    yield written
    logger.remove(sink)


def live(exchange: PracticeExchange, journal: Path, **account: Any) -> Config:
    """A runtime of a live session that uses the exchange as a venue of its own."""
    session = exchange.session.replace('"isDemo":1', '"isDemo":0')
    assert session != exchange.session
    settings = towards(session, [], 0, orders={"journal": str(journal)}, account=account)
    settings["regions"] = {"live": [{"name": "LIVE", "url": exchange.regions[0].url}]}
    return Config.model_validate(settings)


def test_a_live_session_streams_and_refuses_each_order_by_the_name_of_the_setting(
    exchange: PracticeExchange, tmp_path: Path, lines: list[str]
) -> None:
    with Runtime(live(exchange, tmp_path / "orders.sqlite")) as runtime:
        assert isinstance(ask(runtime, SubscribeTicks(ASSET)), StreamConfirmed)
        assert ask(runtime, GetBalance()).amount > 0
        for order in (bet(1), PENDING):
            with pytest.raises(RequestRefused, match=WHY):
                ask(runtime, order)
        assert ask(runtime, GetOpenedDeals()) == []
        assert ask(runtime, GetPendingOrders()) == []
        assert "account.allow_live" in status_of(runtime).desk.refuses
    assert exchange.ledger.count("openOrder") == exchange.ledger.count("openPendingOrder") == 0
    [line] = [line for line in lines if "every order" in line]
    assert line.startswith("WARNING every order will be refused")


def test_what_ends_a_risk_is_not_refused(exchange: PracticeExchange, tmp_path: Path) -> None:
    with Runtime(live(exchange, tmp_path / "orders.sqlite")) as runtime:
        ask(runtime, Halt("lunch"))
        with pytest.raises(RequestRefused, match="notFound"):
            ask(runtime, CancelPendingOrder("no-such-ticket"))
        assert exchange.ledger.count("cancelPendingOrder") == 1


@pytest.mark.parametrize(("in_file", "in_program"), [(True, False), (False, True)])
def test_a_live_session_trades_once_that_is_allowed(
    exchange: PracticeExchange, tmp_path: Path, lines: list[str], *, in_file: bool, in_program: bool
) -> None:
    config = live(exchange, tmp_path / "orders.sqlite", allow_live=in_file)
    with Runtime(config, allow_live=in_program) as runtime:
        assert ask(runtime, bet(1)).amount == 1
        assert ask(runtime, PENDING).amount == 1
        assert status_of(runtime).desk.refuses == ""
        assert status_of(runtime).desk.account is AccountKind.LIVE
    assert len([line for line in lines if line.startswith("WARNING the session is live and orders")]) == 1


def test_a_demo_session_trades_without_the_setting(exchange: PracticeExchange, tmp_path: Path) -> None:
    with Runtime(trading(exchange, tmp_path / "orders.sqlite")) as runtime:
        assert ask(runtime, bet(1)).amount == 1


def test_the_practice_exchange_trades_even_if_a_live_session_is_configured(
    exchange: PracticeExchange, tmp_path: Path
) -> None:
    with Runtime(live(exchange, tmp_path / "orders.sqlite"), practice=True) as runtime:
        assert ask(runtime, bet(1, duration=60)).amount == 1
