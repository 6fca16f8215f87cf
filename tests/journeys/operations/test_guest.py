"""A guest's session, from the pasted text to a closed deal."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from actors.messages import AwaitResult, GetBalance, PlaceOrder, SubscribeTicks
from actors.values import AccountKind, Direction
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.journeys.journey import DEADLINE, ask, status_of, towards

ASSET = "EURUSD_otc"


@pytest.mark.parametrize("workers", [0, 1])
def test_a_guest_streams_and_trades_with_practice_money(workers: int, tmp_path: Path) -> None:
    with PracticeExchange() as exchange:
        urls = [region.url for region in exchange.regions]
        orders = {"journal": str(tmp_path / "orders.sqlite")}
        settings = towards(exchange.guest_session, urls, workers, orders=orders)
        with Runtime(Config.model_validate(settings)) as runtime:
            assert status_of(runtime).desk.account is AccountKind.DEMO
            assert ask(runtime, GetBalance()).account is AccountKind.DEMO
            assert ask(runtime, SubscribeTicks(ASSET)).asset == ASSET
            deal = ask(runtime, PlaceOrder(ASSET, 1, Direction.CALL, 5))
            ended = runtime.router.ask(AwaitResult(deal.id), timeout=4 * DEADLINE)
            assert (ended.id, ended.account) == (deal.id, AccountKind.DEMO)
        (login, *_) = exchange.ledger.received("auth")
        assert login.payload == {"token": "***", "balance": 10000, "isFastHistory": True}


def test_a_guest_without_a_host_that_knows_guests_is_refused_with_the_file() -> None:
    account = {"session": '{"token":"canary-token-1","balance":1}'}
    regions = {"demo": [{"name": "EU", "url": "wss://demo-api-eu.po.market"}]}
    with pytest.raises(ValidationError, match="no region for guests, but the session is a guest") as refused:
        Config.model_validate({"account": account, "regions": regions})
    assert "canary" not in str(refused.value)
