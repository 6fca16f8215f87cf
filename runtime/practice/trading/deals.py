"""Deals: their profit, and their form in each event of the venue (protocol 1.7.6 to 1.7.9)."""

from decimal import Decimal

from actors.values import AccountKind, Deal, Direction
from runtime.practice.records import RequestId
from runtime.practice.server.clock import UTC_OFFSET, stamp
from runtime.practice.trading.context import CURRENCY, MONEY
from runtime.practice.trading.orders import COMMANDS


def winnings(deal: Deal) -> Decimal:
    """The profit of a win."""
    return MONEY.divide(MONEY.multiply(deal.amount, Decimal(deal.payout)), Decimal(100))


def profit(deal: Deal, close_price: float) -> Decimal:
    """What the account gains or loses by closing at ``close_price``; 0 where the price is equal."""
    if close_price == deal.open_price:
        return Decimal(0)
    won = (close_price > deal.open_price) == (deal.direction is Direction.CALL)
    return winnings(deal) if won else deal.amount.copy_negate()


def as_accepted(deal: Deal, uid: int, request_id: RequestId) -> dict[str, object]:
    """The payload of ``successopenOrder``."""
    return _as_open(deal, uid) | {"requestId": request_id}


def as_listed_open(deal: Deal, uid: int) -> dict[str, object]:
    """One item of ``updateOpenedDeals``."""
    return _as_open(deal, uid) | {"isRollover": False, "amountUSD": deal.amount}


def as_just_closed(deal: Deal, uid: int) -> dict[str, object]:
    """One item of ``successcloseOrder``; deals end on the second."""
    return _terms(deal, uid) | {
        "profit": deal.profit,
        "closePrice": deal.close_price,
        "closeMs": 0,
        "amountUSD": deal.amount,
    }


def as_listed_closed(deal: Deal, uid: int) -> dict[str, object]:
    """One item of ``updateClosedDeals``."""
    return as_just_closed(deal, uid) | {
        "refundTime": None,
        "refundTimestamp": None,
        "isRollover": False,
        "isCopySignal": False,
        "isAI": False,
        "amountUsd": deal.amount,
    }


def _as_open(deal: Deal, uid: int) -> dict[str, object]:
    return _terms(deal, uid) | {"profit": winnings(deal), "closePrice": 0, "isCopySignal": False}


def _terms(deal: Deal, uid: int) -> dict[str, object]:
    opened, milliseconds = divmod(round((deal.opened_at + UTC_OFFSET) * 1000), 1000)
    closes = round(deal.closes_at + UTC_OFFSET)
    return {
        "id": deal.id,
        "openTime": stamp(opened),
        "closeTime": stamp(closes),
        "openTimestamp": opened,
        "closeTimestamp": closes,
        "uid": uid,
        "isDemo": int(deal.account is AccountKind.DEMO),
        "amount": deal.amount,
        "percentProfit": deal.payout,
        "percentLoss": 100,
        "openPrice": deal.open_price,
        "copyTicket": "",
        "command": COMMANDS.index(deal.direction),
        "asset": deal.asset,
        "openMs": milliseconds,
        "optionType": 100,
        "currency": CURRENCY,
    }
