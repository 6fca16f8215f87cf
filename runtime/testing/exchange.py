"""A practice exchange whose clock a test moves, and which a runtime keeps up with."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from actors.errors import RequestTimeout
from actors.messages import BalanceChanged, ClockReport, GetBalance, OrderClosed, Subscribe, Unsubscribe
from actors.messages.traffic import EventBatch
from actors.tables.rows import DealList
from actors.values import Tick
from runtime.practice import PracticeExchange, PracticeSettings
from runtime.runtime import Runtime

START: Final = 1_767_603_600.0
"""2026-01-05 09:00 UTC, a Monday: where the clock of a test begins."""

SETTINGS: Final = PracticeSettings(regions=("PRACTICE",), start=START, speed=0, tick_rate=1)
"""Prices of seed 1 from ``START`` on, a tick a second."""

_TIMEOUT = 10.0
"""Seconds in which a runtime has what was sent to it, which takes milliseconds."""

_HALF_A_STAMP = 0.0005
"""Of a millisecond: the time of a tick is rounded on its way."""


class ManualExchange(PracticeExchange):
    """Its clock stands still but for ``advance``, which returns once the runtime has all that came of it."""

    def __init__(self, settings: PracticeSettings | None = None) -> None:
        super().__init__(settings or SETTINGS)
        self._followers: list[_Follower] = []

    def runtime_settings(self, journal: Path) -> dict[str, Any]:
        """The configuration of a runtime that trades here: one process and one connection.

        Health goes by the wall clock, which means nothing here, so its checks are off.
        """
        return {
            "account": {"session": self.session},
            "regions": {"demo": [{"name": region.name, "url": region.url} for region in self.regions]},
            "pool": {"workers": 0, "connections": 1},
            "limits": {"messages": ["100000/s"]},
            "health": {"check_interval": "12h", "stale_after": "24h"},
            "orders": {"journal": str(journal), "maximum_open": self.settings.max_deals},
            "control": {"enabled": False},
        }

    @contextmanager
    def followed_by(self, runtime: Runtime) -> Iterator[None]:
        """Have ``advance`` wait for this runtime, which is logged in when the block begins."""
        follower = _Follower(runtime)
        follower.begin(self.now)
        self._followers.append(follower)
        try:
            yield
        finally:
            self._followers.remove(follower)
            follower.end()

    def advance(self, seconds: float) -> None:
        """Move the clock; returns once the runtime has every tick, result and balance that came of it.

        Raises ``RequestTimeout`` if it does not: a handler blocks, or a fault keeps something back.
        """
        before = self.now
        super().advance(seconds)
        closed = {deal.id for _, deal in self.ledger.deals() if before < deal.closes_at <= self.now}
        for follower in self._followers:
            sent = {asset: time for asset, time in self.ledger.latest().items() if time > before}
            follower.catch_up(sent, closed, self.ledger.balances()[-1].balance, self.now)

    def deals(self) -> DealList:
        """Every deal so far in its present state, oldest first: the exchange's word, as a table."""
        return DealList(executed.deal for executed in self.ledger.deals())


class _Follower:
    """What a runtime has heard of the exchange."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._heard = threading.Condition()
        self._ticks: dict[str, float] = {}
        self._closed: set[str] = set()
        self._balance: Decimal | None = None

    def begin(self, now: float) -> None:
        router = self._runtime.router
        router.ask(Subscribe("tick.>", to=self._on_tick), timeout=_TIMEOUT)
        router.ask(Subscribe("balance", to=self._on_balance), timeout=_TIMEOUT)
        router.ask(Subscribe("order.closed", to=self._on_closed), timeout=_TIMEOUT)
        self._balance = self._balance or router.ask(GetBalance(), timeout=_TIMEOUT).amount
        self._tell_time(now)

    def end(self) -> None:
        ask = self._runtime.router.ask
        ask(Unsubscribe("tick.>", to=self._on_tick), timeout=_TIMEOUT)
        ask(Unsubscribe("balance", to=self._on_balance), timeout=_TIMEOUT)
        ask(Unsubscribe("order.closed", to=self._on_closed), timeout=_TIMEOUT)

    def catch_up(self, ticks: dict[str, float], closed: set[str], balance: Decimal, now: float) -> None:
        def has_come() -> bool:
            late = any(self._ticks.get(asset, 0.0) < time - _HALF_A_STAMP for asset, time in ticks.items())
            return self._balance == balance and closed <= self._closed and not late

        with self._heard:
            if not self._heard.wait_for(has_come, _TIMEOUT):
                raise RequestTimeout("the runtime does not keep up with the exchange")
        self._tell_time(now)

    def _on_tick(self, tick: Tick) -> None:
        with self._heard:
            self._ticks[tick.asset] = tick.time
            self._heard.notify_all()

    def _on_closed(self, event: OrderClosed) -> None:
        with self._heard:
            self._closed.add(event.deal.id)
            self._heard.notify_all()

    def _on_balance(self, event: BalanceChanged) -> None:
        with self._heard:
            self._balance = event.balance.amount
            self._heard.notify_all()

    def _tell_time(self, now: float) -> None:
        """By the exchange's clock, which the runtime could only estimate from the delays of ticks."""
        self._runtime.router.tell(EventBatch("exchange", [ClockReport(now - time.time())]))
