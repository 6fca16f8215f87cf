"""An order with an id of its caller's choice: asked for again after anything, the venue gets it once."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pykka
import pytest

from actors.errors import NotSent, OrderUnknown, RequestRefused
from actors.messages import CommandFailed, GetOpenedDeals, Halt, PlaceOrder
from actors.values import Deal
from runtime import Runtime, attach
from runtime.practice import PracticeExchange
from tests.journeys.journey import DEADLINE, ask
from tests.journeys.orders.test_given_up_orders import cut_off
from tests.journeys.orders.test_order_restart import child, orders_arrive
from tests.journeys.trader import assert_each_sent_once, bet, catch_up, listening, trading, venue

ID = "signal-5"
Ask = Callable[[PlaceOrder], Deal]


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite"


@contextlib.contextmanager
def asker(runtime: Runtime, place: Path, *, attached: bool) -> Iterator[Ask]:
    """Asks the runtime for an order, from here or as another process does."""
    if not attached:
        yield lambda order: runtime.router.ask(order, timeout=DEADLINE)
        return
    with attach(place) as attachment:
        yield lambda order: attachment.router.ask(order, timeout=DEADLINE)


@pytest.mark.parametrize(("workers", "attached"), [(0, True), (1, False)])
def test_a_retry_after_an_unknown_order_is_answered_with_its_deal_and_sends_nothing(
    exchange: PracticeExchange, journal: Path, place: Path, workers: int, attached: bool
) -> None:
    config = trading(exchange, journal, workers, control={"socket": str(place)})
    with listening(config) as (runtime, notebook), asker(runtime, place, attached=attached) as order:
        ask(runtime, GetOpenedDeals())
        exchange.fault("pings_only")
        with pytest.raises(OrderUnknown) as unknown:
            order(bet(5, id=ID, deadline=0.4))
        assert (unknown.value.order, unknown.value.id) == (ID, ID)
        exchange.calm()
        deal = order(bet(5, id=ID))
        assert order(bet(5, id=ID)) == deal
        with pytest.raises(RequestRefused, match="EURUSD_otc call 5 for 60 s, which is open"):
            order(bet(6, id=ID))
        runtime.router.tell(bet(5, id=ID))  # no answer, and nothing to tell
        ask(runtime, Halt("lunch"))
        assert order(bet(5, id=ID)) == deal
        catch_up(exchange, runtime, notebook)
        assert notebook.all(CommandFailed) == []
    with listening(trading(exchange, journal, workers)) as (runtime, _):
        assert ask(runtime, bet(5, id=ID)) == deal
    assert exchange.ledger.deal_for(ID) == deal
    assert_each_sent_once(exchange, 1)


def test_an_id_that_was_made_is_in_the_error_and_serves_for_the_retry(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        ask(runtime, GetOpenedDeals())
        exchange.fault("pings_only")
        with pytest.raises(OrderUnknown) as unknown:
            runtime.router.ask(bet(5), timeout=0.4)
        assert unknown.value.order in str(unknown.value)
        exchange.calm()
        assert ask(runtime, bet(5, id=unknown.value.order)) == exchange.ledger.deals()[0].deal
    assert_each_sent_once(exchange, 1)


def test_a_retry_after_the_runtime_was_killed_is_answered_with_the_deal_of_the_first(
    exchange: PracticeExchange, journal: Path
) -> None:
    config = trading(exchange, journal)
    exchange.disturb_orders("delayed", seconds=30.0)
    with child(config, 5) as process:
        orders_arrive(exchange, 1)
        process.kill()
        process.wait(DEADLINE)
    with listening(config) as (runtime, notebook):
        answers = [runtime.router.ask(bet(5, duration=2, id=ID), block=False) for _ in range(3)]
        deals = [answer.get(timeout=DEADLINE) for answer in answers]
        catch_up(exchange, runtime, notebook)
    assert [deal.id for deal in deals] == [exchange.ledger.deals()[0].deal.id] * 3
    assert_each_sent_once(exchange, 1)


def test_callers_that_ask_at_once_by_one_id_share_one_order(
    exchange: PracticeExchange, journal: Path, place: Path
) -> None:
    config = trading(exchange, journal, control={"socket": str(place)})
    with listening(config) as (runtime, _), attach(place) as attachment:
        routers: list[pykka.ActorRef[Any]] = [runtime.router, attachment.router] * 10
        answers = [router.ask(bet(5, id=ID), block=False) for router in routers]
        assert {answer.get(timeout=DEADLINE).id for answer in answers} == {exchange.ledger.deals()[0].deal.id}
    assert_each_sent_once(exchange, 1)


def test_an_order_that_was_not_sent_in_an_outage_is_placed_by_the_same_id_later(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        cut_off(exchange, runtime, notebook)
        with pytest.raises(NotSent) as not_sent:
            runtime.router.ask(bet(5, id=ID), timeout=0.5)
        assert not_sent.value.order == ID
        runtime.router.tell(bet(5, id=ID, deadline=0.1))
        assert notebook.first(CommandFailed).order == ID
        for region in exchange.regions:
            exchange.open_region(region.name)
        deal = ask(runtime, bet(5, id=ID))
    assert exchange.ledger.deal_for(ID) == deal
    assert_each_sent_once(exchange, 1)
    with listening(trading(exchange, journal)) as (runtime, _):
        assert ask(runtime, bet(5, id=ID)) == deal
