"""False answers of the venue, which contradict what it has executed."""

import uuid
from collections.abc import Callable
from random import Random
from typing import Any

from msgspec import structs

from actors.values import Deal
from runtime.practice import ExchangeLedger, PracticeExchange
from runtime.practice.trading.deals import as_accepted

ARRIVAL = 1.0
"""Seconds to wait for an order that is to be answered falsely."""

UID = 10_000_001


def give_misfit(exchange: PracticeExchange, random: Random) -> bool:
    """Acknowledge the next order with other terms, a moment after it was executed without an answer."""
    return _answer_next(exchange, lambda order, deal: _accepted(order, _changed(deal, random)))


def give_anothers(exchange: PracticeExchange, random: Random) -> bool:
    """Acknowledge the next order with the deal of another."""
    others = [deal for _, deal in exchange.ledger.deals()[-20:]]
    if not others:
        return False
    other = random.choice(others)
    return _answer_next(exchange, lambda order, _: _accepted(order, other))


def give_strangers(exchange: PracticeExchange, random: Random) -> bool:
    """Acknowledge, with an id that nobody asked with, a deal that no list has."""
    deals = exchange.ledger.deals()
    if not deals:
        return False
    exchange.publish(
        "successopenOrder", _accepted(str(uuid.uuid4()), _changed(random.choice(deals)[1], random))
    )
    return True


def refuse_executed(exchange: PracticeExchange) -> bool:
    """Refuse the next order twice, although it was executed: the refusal is another client's."""
    struck = exchange.ledger
    before = len(struck.orders())
    exchange.disturb_orders("lost_after")
    if not struck.wait_until(lambda ledger: len(ledger.orders()) > before, ARRIVAL):
        return False
    order = struck.orders()[-1]
    for _ in range(2):
        exchange.publish("failopenOrder", {"error": "notMoney", "amount": order.amount, "asset": order.asset})
    return True


def _answer_next(exchange: PracticeExchange, payload: Callable[[Any, Deal], object]) -> bool:
    ledger: ExchangeLedger = exchange.ledger
    before = len(ledger.deals())
    exchange.disturb_orders("lost_after")
    if not ledger.wait_until(lambda each: len(each.deals()) > before, ARRIVAL):
        return False
    order, deal = ledger.deals()[-1]
    exchange.publish("successopenOrder", payload(order, deal))
    return True


def _accepted(order: Any, deal: Deal) -> object:
    return as_accepted(structs.replace(deal, close_price=None, profit=None), UID, order)


def _changed(deal: Deal, random: Random) -> Deal:
    """The deal with other terms: an id of its own, and another amount, duration or both."""
    changes: list[dict[str, Any]] = [
        {"amount": deal.amount + 1},
        {"closes_at": deal.closes_at + 60},
        {"amount": deal.amount + 1, "closes_at": deal.closes_at + 60},
    ]
    return structs.replace(deal, id=str(uuid.uuid4()), **random.choice(changes))
