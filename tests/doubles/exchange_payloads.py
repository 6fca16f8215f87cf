"""The shapes of the venue's payloads (protocol 1.7.6 to 1.7.10): only keys and types matter."""

from typing import Any

_TERMS: dict[str, Any] = {
    "id": "00000000-0000-4000-8000-000000000000",
    "openTime": "2025-01-01 00:00:00",
    "closeTime": "2025-01-01 00:01:00",
    "openTimestamp": 1735689600,
    "closeTimestamp": 1735689660,
    "uid": 10000001,
    "isDemo": 1,
    "amount": 5,
    "profit": 4.6,
    "percentProfit": 92,
    "percentLoss": 100,
    "openPrice": 69.317,
    "copyTicket": "",
    "closePrice": 0,
    "command": 0,
    "asset": "#CSCO_otc",
    "openMs": 174,
    "optionType": 100,
    "currency": "USD",
}

ACCEPTED = _TERMS | {"requestId": 18396039, "isCopySignal": False}

LISTED_OPEN = _TERMS | {"isCopySignal": False, "isRollover": False, "amountUSD": 5}

JUST_CLOSED = _TERMS | {"closeMs": 293, "amountUSD": 5}

LISTED_CLOSED = _TERMS | {
    "closeMs": 0,
    "refundTime": None,
    "refundTimestamp": None,
    "isRollover": False,
    "isCopySignal": False,
    "isAI": False,
    "amountUsd": 1,
    "amountUSD": 1,
}

_PENDING_TERMS: dict[str, Any] = {
    "ticket": "00000000-0000-4000-8000-000000000000",
    "openType": 0,
    "amount": 1,
    "symbol": "EURUSD_otc",
    "openTime": "2025-01-01 00:00:00",
    "openPrice": 0,
    "timeframe": 60,
    "minPayout": 60,
    "command": 0,
}

PENDING_CREATED = _PENDING_TERMS | {"dateCreated": "2025-01-01 00:00:00", "id": 1943327}

PENDING_REFUSED = _PENDING_TERMS | {"uid": 10000001, "isDemo": 1}

PENDING_LISTED = PENDING_CREATED | PENDING_REFUSED


def shape(payload: dict[str, Any]) -> dict[str, str]:
    """The type of the JSON value of each key."""
    return {key: _kind(value) for key, value in payload.items()}


def _kind(value: object) -> str:
    return "number" if type(value) in {int, float} else type(value).__name__
