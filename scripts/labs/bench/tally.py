"""The handlers that every client under test calls for every tick: the same work in each of them.

A tick of an asset has a higher price than the one before; so as many ticks as were sent, all in order, are
exactly the ticks that were sent.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

END = 999_999.0
"""The price of the last tick of an asset."""

Report = dict[str, Any]


class Handler(Protocol):
    """Called with asset, venue time and price of each tick."""

    def __call__(self, asset: str, stamp: float, price: float, /) -> object: ...


class Ended(threading.Event):
    """Set once the last tick of every asset came; ``at`` is the monotonic time of that."""

    def __init__(self, assets: Sequence[str]) -> None:
        super().__init__()
        self._missing = set(assets)
        self.at = 0.0

    def end(self, asset: str) -> None:
        self._missing.discard(asset)
        if not self._missing:
            self.at = time.monotonic()
            self.set()


def counting(assets: Sequence[str], ended: Ended) -> tuple[Handler, Callable[[], Report]]:
    """A handler that counts ticks and checks their order, and its report."""
    last = dict.fromkeys(assets, 0.0)
    count = disordered = 0

    def handle(asset: str, _stamp: float, price: float) -> None:
        nonlocal count, disordered
        count += 1
        if price <= last[asset]:
            disordered += 1
        last[asset] = price
        if price == END:
            ended.end(asset)

    return handle, lambda: {"received": count, "disordered": disordered}


def timing(
    assets: Sequence[str], ended: Ended, offset: float = 7200.0
) -> tuple[Handler, Callable[[], Report]]:
    """As ``counting``; also records the times (UTC) of sending and handling and the price of each tick.

    Stamps are ``offset`` seconds ahead of UTC."""
    count, report = counting(assets, ended)
    times: list[tuple[float, float, float]] = []
    clock = time.time

    def handle(asset: str, stamp: float, price: float) -> None:
        times.append((stamp - offset, clock(), price))
        count(asset, stamp, price)

    return handle, lambda: report() | {"times": times}
