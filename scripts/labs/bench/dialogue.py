"""The messages of the load server to one client besides ticks: a small part of the venue's dialect."""

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

from labs.bench import ticks

PING = ticks.text(b"2")
GREETING = ticks.text(
    b'0{"sid":"load","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
)
_BARS = 100
_FRAMES = [{"time": seconds} for seconds in (60, 300, 900, 3600)]

_ids = itertools.count(1)


class Dialogue:
    """One client's dialogue; ``receive`` takes its text messages and returns the frames of the answer."""

    def __init__(self, assets: list[str]) -> None:
        self.streams: dict[str, None] = {}
        self._assets = assets
        self._answers: dict[str, Callable[[Any], bytes]] = {
            "auth": self._accept,
            "changeSymbol": self._history,
            "subfor": self._subscribe,
            "unsubfor": self._unsubscribe,
            "loadHistoryPeriod": self._bars,
            "openOrder": self._open_order,
        }

    def receive(self, message: bytes) -> bytes:
        if message.startswith(b"40"):
            return ticks.text(b'40{"sid":"load"}')
        if not message.startswith(b"42["):
            return b""
        name, *payload = json.loads(message[2:])
        answer = self._answers.get(name)
        return answer(payload[0] if payload else None) if answer else b""

    def _accept(self, _: Any) -> bytes:
        rows = [_asset_row(number, asset) for number, asset in enumerate(self._assets, start=1)]
        return b"".join(
            (
                _event("successauth", {"id": "load", "serverName": "load"}),
                _event("updateAssets", rows),
                _event("successupdateBalance", {"isDemo": 1, "balance": 1_000_000}),
                _event("updateOpenedDeals", []),
                _event("updateClosedDeals", []),
                _event("successupdatePending", []),
            )
        )

    def _history(self, wish: Any) -> bytes:
        return _event("updateHistoryNewFast", {**wish, "history": [], "candles": []})

    def _subscribe(self, asset: str) -> bytes:
        self.streams[asset] = None
        return b""

    def _unsubscribe(self, asset: str) -> bytes:
        self.streams.pop(asset, None)
        return b""

    def _bars(self, wish: Any) -> bytes:
        first = wish["time"] - wish["offset"]
        bar = {"open": 1.05, "high": 1.07, "low": 1.04, "close": 1.06, "asset": wish["asset"]}
        bars = [{"time": first + number * wish["period"], **bar} for number in range(_BARS)]
        terms = {name: wish[name] for name in ("asset", "index", "period")}
        return _event("loadHistoryPeriod", {**terms, "data": bars})

    def _open_order(self, order: Any) -> bytes:
        opened = time.time() + ticks.VENUE_UTC_OFFSET
        return _event("successopenOrder", {
            "id": f"deal-{next(_ids)}",
            "requestId": order["requestId"],
            "asset": order["asset"],
            "amount": order["amount"],
            "command": 0 if order["action"] == "call" else 1,
            "isDemo": order["isDemo"],
            "openTimestamp": int(opened),
            "openMs": int(opened % 1 * 1000),
            "closeTimestamp": int(opened) + order["time"],
            "openPrice": 1.05,
            "closePrice": 0,
            "percentProfit": 92,
            "percentLoss": 100,
            "profit": 0.92,
            "optionType": 100,
        })  # fmt: skip


def _event(name: str, payload: object) -> bytes:
    return ticks.event(name, json.dumps(payload, separators=(",", ":")).encode())


def _asset_row(number: int, symbol: str) -> list[object]:
    """Nineteen columns (protocol 1.7.4): a currency that is traded round the clock."""
    later = int(time.time()) + 86_400
    row: list[object] = [number, symbol, symbol, "currency", 5, 92, 60, 30, 3, 1, 0, 0, [], later, True]
    return [*row, _FRAMES, 0, 5, later]
