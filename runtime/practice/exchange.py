"""The practice exchange: a thread that other threads start, query, disturb and stop."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self, TypeVar

from actors.errors import RequestRefused
from actors.values import Outcome, Region
from runtime.practice.faults.fault import Fault
from runtime.practice.faults.table import find_kind, make_fault, show
from runtime.practice.ledger import ExchangeLedger
from runtime.practice.market.price_file import read_prices
from runtime.practice.market.quotes import Quotes
from runtime.practice.market.recorded_quotes import RecordedQuotes
from runtime.practice.market.scripted_quotes import ScriptedQuotes
from runtime.practice.server.clock import ExchangeClock, ManualClock, PacedClock
from runtime.practice.server.pace import Pace
from runtime.practice.settings import WALK, PracticeSettings
from runtime.practice.trading.account import Credentials
from runtime.practice.trading.book import Book
from runtime.practice.venue import ExchangeVenue

_T = TypeVar("_T")
_CALL_TIMEOUT = 5.0
_STOP_TIMEOUT = 5.0


class _Started(NamedTuple):
    """What exists between ``start`` and ``stop``."""

    venue: ExchangeVenue
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread


class PracticeExchange:
    """A context manager. Every method may be called from any thread but the exchange's own.

    A fault has taken effect when its method returns. A method that needs a running exchange raises
    ``RequestRefused`` while it is stopped, and so does one that is given an unknown region or asset.
    """

    def __init__(self, settings: PracticeSettings | None = None) -> None:
        self.settings = settings or PracticeSettings()
        self.ledger = ExchangeLedger()
        self._clock, self._quotes = _market(self.settings)
        self._accounts = [self._open_account() for _ in range(self.settings.accounts)]
        self._started: _Started | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Return once every region listens; raises ``OSError`` for a port that cannot be bound."""
        if self._started is not None:
            raise RequestRefused("the practice exchange is running already")
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_run, args=(loop,), name="practice-exchange", daemon=True)
        self._started = _Started(
            ExchangeVenue(self.settings, self._clock, self._quotes, self._accounts, self.ledger),
            loop,
            thread,
        )
        thread.start()
        try:
            self._call(self._started.venue.open())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every connection, release the ports, end the thread; session, account and ledger stay."""
        started = self._started
        if started is None:
            return
        try:
            self._call(started.venue.close())
        finally:
            self._started = None
            started.loop.call_soon_threadsafe(started.loop.stop)
            started.thread.join(_STOP_TIMEOUT)

    @property
    def regions(self) -> tuple[Region, ...]:
        """The regions in the order of the settings."""
        listeners = self._running().venue.regions.listeners.values()
        return tuple(
            Region(listener.name, listener.url, priority) for priority, listener in enumerate(listeners)
        )

    @property
    def session(self) -> str:
        """The text of the auth frame that the exchange accepts: a demo account of this exchange alone."""
        return self.sessions[0]

    @property
    def sessions(self) -> tuple[str, ...]:
        """``session``, then those of its other accounts, of which each has its own balance and deals."""
        return tuple(credentials.frame() for credentials, _ in self._accounts)

    @property
    def guest_session(self) -> str:
        """The text of the auth frame of a guest, which the exchange accepts for the first account."""
        return self._accounts[0][0].guest_frame()

    def fault(self, name: str, **parameters: object) -> int:
        """Begin a fault. Returns how many connected sockets it struck.

        Names and parameters are those of ``faults.table``. The fault is active when this returns. It ends
        when its ``count`` is used up, when ``lasts`` is over, or by ``calm``. Raises ``RequestRefused`` for
        an unknown name or an impossible parameter.
        """
        return self._call(self._running().venue.faults.begin(make_fault(name, parameters)))

    def calm(self, name: str | None = None, *, region: str | None = None, asset: str | None = None) -> None:
        """End all faults, or only those with this name, region or asset."""
        kind = Fault if name is None else find_kind(name)
        self._call(self._running().venue.faults.calm(kind, region, asset))

    def faults(self) -> list[str]:
        """The active faults, each as it is written on a command line."""
        return [show(fault) for fault in self._call(self._running().venue.faults.holding())]

    def close_region(self, name: str) -> None:
        """Cut off the connections of a region and refuse new ones; its port stays reserved."""
        self.fault("refuse", region=name)

    def open_region(self, name: str) -> None:
        """Listen again on the port that the region had."""
        self.calm("refuse", region=name)

    def drop_connections(self, region: str | None = None) -> int:
        """End TCP connections without a close frame. Returns how many."""
        return self.fault("drop", region=region)

    def mute(self, *assets: str) -> None:
        """Stop the ticks of these assets, or of all; nothing else changes."""
        for asset in assets or (None,):
            self.fault("mute", asset=asset)

    def unmute(self, *assets: str) -> None:
        """Send the ticks of these assets again, or those of all."""
        for asset in assets or (None,):
            self.calm("mute", asset=asset)

    def disturb_orders(self, kind: str, count: int | None = 1, **parameters: object) -> None:
        """Disturb ``count`` orders, once earlier faults have struck theirs; ``None``: all until ``calm``."""
        self.fault(kind, count=count, **parameters)

    def send_to_all(self, *messages: str | bytes) -> int:
        """Send text or binary messages to every socket, with nothing between them. Returns to how many."""
        return self._call(self._running().venue.send_to_all(*messages))

    def publish(self, name: str, payload: object) -> int:
        """Send an event with ``payload`` as JSON to every authenticated socket. Returns to how many."""
        return self._call(self._running().venue.publish(name, payload))

    def set_tick_rate(self, rate: float) -> None:
        """Set the ticks per second and asset; prices and bars do not change."""
        self._call(self._running().venue.set_tick_rate(rate))

    def force_outcome(self, outcome: Literal["win", "loss", "draw"] | None) -> None:
        """Give every deal opened from now on this outcome; ``None``: the price decides again."""
        self._call(self._running().venue.force_outcome(outcome and Outcome(outcome)))

    @property
    def pace(self) -> Pace | None:
        """The clock that its clients live by, if ``client_speed`` is not 1."""
        return self._clock.pace if isinstance(self._clock, PacedClock) else None

    @property
    def now(self) -> float:
        """The exchange's time: UTC in Unix seconds, without the error of a ``clock_jump``."""
        return self._clock.utc()

    def price(self, asset: str, price: float) -> None:
        """Give ``asset`` this price from now on, until the next call: in deals at once, and in every tick."""
        self._call(self._running().venue.set_price(asset, price))

    def advance(self, seconds: float) -> None:
        """Move the clock, which has the speed 0: ticks, deals and all else become due, in their order.

        Returns once all clients have been sent what came of it. A client that does not read holds it up.
        """
        self._call(self._running().venue.advance(seconds), timeout=None)

    def _open_account(self) -> tuple[Credentials, Book]:
        credentials = Credentials()
        deposit, now = self.settings.balance, self._clock.utc()
        return credentials, Book(credentials.uid, deposit, self.ledger, now)

    def _running(self) -> _Started:
        if self._started is None:
            raise RequestRefused("the practice exchange is not running")
        return self._started

    def _call(self, coroutine: Coroutine[Any, Any, _T], timeout: float | None = _CALL_TIMEOUT) -> _T:
        """Run a coroutine on the exchange's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._running().loop).result(timeout)


def _market(settings: PracticeSettings) -> tuple[ExchangeClock, ScriptedQuotes]:
    """Raises ``ConfigInvalid`` for a file of prices that cannot be read."""
    start, quotes = settings.start, Quotes(settings.seed, settings.tick_rate)
    if settings.prices != WALK:
        file = read_prices(settings.prices)
        start = file.start if start is None else start
        quotes = RecordedQuotes(file.series, settings.tick_rate)
    clock = _clock(settings, start)
    return clock, ScriptedQuotes(quotes)


def _clock(settings: PracticeSettings, start: float | None) -> ExchangeClock:
    if settings.client_speed != 1:
        return PacedClock(Pace(settings.client_speed), start)
    return ExchangeClock(start, settings.speed) if settings.speed else ManualClock(start)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
