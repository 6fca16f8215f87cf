"""The dicts of BinaryOptionsToolsV2, made of the values of the runtime.

Money and prices are texts without an exponent, such as ``'1'`` and ``'0.89'``. Deals and ticks have the times
of the venue's clock; the functions for bars say which clock they use.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from actors.arithmetic import percent_of, without_zeros
from actors.values import AccountKind, Asset, Candle, Deal, Direction, PendingOrder

VENUE_AHEAD: Final = 7200
"""Seconds that the venue's clock is ahead of UTC, summer and winter."""

Row = dict[str, Any]

_PRICE_ORDER, _TIME_ORDER = 1, 0
"""What the venue calls ``openType`` of a pending order."""


def text(number: Decimal | float | str) -> str:
    """A number as theirs spell it: exact, without an exponent and without zeros at its end."""
    return format(without_zeros(Decimal(str(number))), "f")


def _optional_text(number: Any) -> str | None:
    return None if number is None else text(number)


def _clock_text(venue_time: int) -> str:
    return dt.datetime.fromtimestamp(venue_time, dt.UTC).strftime("%Y-%m-%d %H:%M:%S")


def _milliseconds(time: float) -> int:
    return round(time * 1000) % 1000


def deal_row(deal: Deal, *, uid: int | None, request_id: str | None = None) -> Row:
    """A deal with their 28 keys; ``None`` where the venue says nothing."""
    raw: Mapping[str, Any] = getattr(deal, "raw", {})
    opened, closes = int(deal.opened_at) + VENUE_AHEAD, int(deal.closes_at) + VENUE_AHEAD
    closed = deal.profit is not None
    profit = percent_of(deal.amount, Decimal(deal.payout)) if deal.profit is None else deal.profit
    return {
        "id": deal.id,
        "openTime": raw.get("openTime") or _clock_text(opened),
        "closeTime": raw.get("closeTime") or _clock_text(closes),
        "openTimestamp": raw.get("openTimestamp", opened),
        "closeTimestamp": raw.get("closeTimestamp", closes),
        "refundTime": raw.get("refundTime"),
        "refundTimestamp": raw.get("refundTimestamp"),
        "uid": raw.get("uid", uid),
        "requestId": raw.get("requestId", request_id),
        "amount": text(deal.amount),
        "profit": text(profit),
        "percentProfit": deal.payout,
        "percentLoss": raw.get("percentLoss", 100),
        "openPrice": text(deal.open_price),
        "closePrice": text(deal.close_price or 0),
        "command": int(deal.direction is Direction.PUT),
        "asset": deal.asset,
        "isDemo": int(deal.account is AccountKind.DEMO),
        "copyTicket": raw.get("copyTicket", ""),
        "openMs": raw.get("openMs", _milliseconds(deal.opened_at)),
        "closeMs": raw.get("closeMs", _milliseconds(deal.closes_at) if closed else None),
        "optionType": raw.get("optionType", 100),
        "isRollover": raw.get("isRollover"),
        "isCopySignal": raw.get("isCopySignal"),
        "isAI": raw.get("isAI"),
        "currency": raw.get("currency"),
        "amountUsd": _optional_text(raw.get("amountUsd")),
        "amountUSD": _optional_text(raw.get("amountUSD")),
    }


def deals_by_id(deals: Iterable[Deal], *, uid: int | None) -> dict[str, Row]:
    return {deal.id: deal_row(deal, uid=uid) for deal in deals}


def asset_row(asset: Asset) -> Row:
    """An asset with their keys."""
    return {
        "id": asset.id,
        "name": asset.label,
        "symbol": asset.symbol,
        "is_otc": asset.otc,
        "is_active": asset.tradable,
        "payout": asset.payout,
        "allowed_candles": [{"time": period} for period in asset.periods],
        "asset_type": asset.kind,
    }


def price_row(symbol: str, time: int, prices: tuple[float, float, float, float]) -> Row:
    """What a subscription gives: ``prices`` are open, high, low and close, ``time`` is of the venue's
    clock."""
    opened, high, low, close = map(text, prices)
    return {
        "symbol": symbol,
        "timestamp": time,
        "open": opened,
        "high": high,
        "low": low,
        "close": close,
        "volume": None,
        "is_closed": False,
    }


def stamped_bar(symbol: str, bar: Candle, *, ahead: int) -> Row:
    """A bar with prices as texts and without its volume; its time is ``ahead`` seconds ahead of UTC."""
    return price_row(symbol, bar.time + ahead, (bar.open, bar.high, bar.low, bar.close))


def volume(bar: Candle) -> str | None:
    """The number of the ticks of a bar."""
    return _optional_text(bar.volume)


def plain_bar(bar: Candle) -> Row:
    """A bar with prices as numbers; its time is UTC."""
    return {"time": bar.time, "open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close}


def pending_row(order: PendingOrder, *, uid: int | None, demo: bool) -> Row:
    """A pending order with the venue's keys and with those of the documentation of theirs."""
    raw: Mapping[str, Any] = getattr(order, "raw", {})
    at = "0000-00-00 00:00:00" if order.open_at is None else _clock_text(order.open_at + VENUE_AHEAD)
    venues = {
        "ticket": order.ticket,
        "openType": _TIME_ORDER if order.open_price is None else _PRICE_ORDER,
        "amount": text(order.amount),
        "uid": raw.get("uid", uid),
        "isDemo": raw.get("isDemo", int(demo)),
        "symbol": order.asset,
        "openTime": raw.get("openTime") or at,
        "openPrice": text(order.open_price or 0),
        "timeframe": order.duration,
        "minPayout": order.minimum_payout,
        "command": int(order.direction is Direction.PUT),
        "dateCreated": raw.get("dateCreated"),
        "id": raw.get("id"),
    }
    return venues | {
        "open_type": venues["openType"],
        "open_time": venues["openTime"],
        "open_price": venues["openPrice"],
        "min_payout": venues["minPayout"],
        "date_created": venues["dateCreated"],
    }


def utc_of(open_time: int | float | str) -> float:
    """UTC of the time of a pending order, which is of the venue's clock: seconds, or
    ``2026-01-31 12:00:00``. Raises ``ValueError`` for another text."""
    if isinstance(open_time, str) and not open_time.lstrip("-").isdigit():
        spelt = dt.datetime.strptime(open_time, "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC)
        return spelt.timestamp() - VENUE_AHEAD
    return float(open_time) - VENUE_AHEAD
