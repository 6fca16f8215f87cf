"""Deals end on their second, by the price or with a forced outcome, and all clients are told."""

import time
from decimal import Decimal
from itertools import product
from typing import Literal

from actors.values import Deal, Direction, Outcome
from runtime.practice import ExchangeLedger, ExecutedDeal, PracticeExchange
from runtime.practice.market.listings import LISTINGS
from runtime.practice.market.quotes import Quotes
from runtime.practice.server.clock import UTC_OFFSET
from tests.doubles.exchange_client import DEADLINE, Client
from tests.doubles.exchange_payloads import JUST_CLOSED, LISTED_CLOSED, shape
from tests.doubles.exchange_trader import LIVELY, REQUEST, money, opening, place, wait_for_a_fresh_second

OUTCOMES: tuple[Literal["win", "loss", "draw"], ...] = ("win", "loss", "draw")
QUOTES = Quotes(1, 100)


def closed_deals(exchange: PracticeExchange, count: int) -> list[ExecutedDeal]:
    """All deals, once ``count`` of them have closed."""

    def closed(ledger: ExchangeLedger) -> bool:
        return sum(executed.deal.outcome is not None for executed in ledger.deals()) >= count

    assert exchange.ledger.wait_until(closed, DEADLINE)
    return exchange.ledger.deals()


def test_deals_end_with_the_outcome_that_was_forced_when_they_were_opened(
    quick_exchange: PracticeExchange,
) -> None:
    plans = list(product(["call", "put"], OUTCOMES))
    accepted = {}
    with Client(quick_exchange.regions[0].url) as client:
        client.login(quick_exchange.session)
        wait_for_a_fresh_second()
        for number, (action, outcome) in enumerate(plans):
            quick_exchange.force_outcome(outcome)
            accepted[number] = place(client, requestId=number, amount=12.34, action=action)
        ended = {deal["id"]: deal for deal in client.until("successcloseOrder")["deals"]}
        balance = client.until("successupdateBalance")["balance"]
    gains = {"loss": Decimal("-12.34"), "draw": Decimal(0), "win": money(accepted[0]["profit"])}
    for number, (action, outcome) in enumerate(plans):
        deal = ended[accepted[number]["id"]]
        rise = deal["closePrice"] - deal["openPrice"]
        assert money(deal["profit"]) == gains[outcome]
        assert (rise == 0) == (outcome == "draw")
        assert (rise > 0) == ((action, outcome) in {("call", "win"), ("put", "loss")})
        ledgers = quick_exchange.ledger.deal_for(number)
        assert ledgers is not None
        assert (ledgers.outcome, ledgers.profit) == (Outcome(outcome), gains[outcome])
    assert money(balance) == 10_000 + 2 * sum(gains.values())
    assert money(balance) == quick_exchange.ledger.balances()[-1].balance


def test_without_a_forced_outcome_the_quotes_decide(quick_exchange: PracticeExchange) -> None:
    quick_exchange.force_outcome("draw")
    quick_exchange.force_outcome(None)
    with Client(quick_exchange.regions[0].url) as client:
        client.login(quick_exchange.session)
        wait_for_a_fresh_second()
        for action in ("call", "put"):
            place(client, action=action, asset=LIVELY)
        deals = client.until("successcloseOrder")["deals"]
    assert len(deals) == 2
    for deal in deals:
        assert deal["openPrice"] == QUOTES.price(LISTINGS[LIVELY], opening(deal))
        assert deal["closePrice"] == QUOTES.price(LISTINGS[LIVELY], deal["closeTimestamp"])
        rise = (deal["closePrice"] - deal["openPrice"]) * (-1 if deal["command"] else 1)
        won = Decimal(5) * deal["percentProfit"] / 100
        assert money(deal["profit"]) == (0 if rise == 0 else won if rise > 0 else -5)


def test_deals_of_one_second_close_in_one_event_for_all_clients(
    quick_exchange: PracticeExchange,
) -> None:
    first, second = quick_exchange.regions
    with Client(first.url) as here, Client(second.url) as there:
        here.login(quick_exchange.session)
        there.login(quick_exchange.session)
        accepted = []
        wait_for_a_fresh_second()
        for number, outcome in enumerate(OUTCOMES * 2):
            quick_exchange.force_outcome(outcome)
            accepted.append(place(here, requestId=number))
        event = here.until("successcloseOrder")
        arrived = time.time() + UTC_OFFSET
        assert there.until("successcloseOrder") == event
        stories = [[client.event() for _ in range(3)] for client in (here, there)]
    assert 0 <= arrived - accepted[0]["closeTimestamp"] < 0.5
    assert set(event) == {"profit", "deals"}
    assert [deal["id"] for deal in event["deals"]] == [deal["id"] for deal in accepted]
    assert [shape(deal) for deal in event["deals"]] == [shape(JUST_CLOSED)] * len(accepted)
    winnings = [money(deal["profit"]) for deal in event["deals"] if deal["profit"] > 0]
    assert len(winnings) == 2
    assert money(event["profit"]) == sum(winnings)
    assert stories[0] == stories[1]
    assert [name for name, _ in stories[0]] == [
        "successupdateBalance",
        "updateClosedDeals",
        "updateOpenedDeals",
    ]
    assert stories[0][2][1] == []


def test_a_deal_goes_on_without_any_socket_and_is_listed_at_the_next_login(
    quick_exchange: PracticeExchange,
) -> None:
    with Client(quick_exchange.regions[0].url) as client:
        accepted = place(client.login(quick_exchange.session))
        quick_exchange.drop_connections()
    closed_deals(quick_exchange, 1)
    with Client(quick_exchange.regions[1].url) as client:
        client.connect().socket.send(quick_exchange.session)
        assert client.until("updateOpenedDeals") == []
        [listed] = client.until("updateClosedDeals")
    assert listed["id"] == accepted["id"]
    assert shape(listed) == shape(LISTED_CLOSED)
    assert len(listed) == 27


def test_a_deal_that_fell_due_while_the_exchange_was_stopped_is_closed_at_its_start(
    quick_exchange: PracticeExchange,
) -> None:
    with Client(quick_exchange.regions[0].url) as client:
        client.login(quick_exchange.session)
        wait_for_a_fresh_second()
        place(client, asset=LIVELY)
    quick_exchange.stop()
    [(_, deal)] = quick_exchange.ledger.deals()
    overdue = deal.closes_at - time.time() + 0.1
    assert not quick_exchange.ledger.wait_until(lambda ledger: ledger.deals()[0].deal != deal, overdue)
    quick_exchange.start()
    [(_, ended)] = closed_deals(quick_exchange, 1)
    assert ended.close_price == QUOTES.price(LISTINGS[LIVELY], deal.closes_at + UTC_OFFSET)


def test_the_deal_of_the_ledger_is_a_deal_of_the_client(quick_exchange: PracticeExchange) -> None:
    with Client(quick_exchange.regions[0].url) as client:
        place(client.login(quick_exchange.session), action="put", time=60)
    deal = quick_exchange.ledger.deal_for(REQUEST)
    assert isinstance(deal, Deal)
    assert deal.direction is Direction.PUT
    assert deal.outcome is None
