"""The practice exchange as a thread that other threads start, question and put out of order."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self, TypeVar

from actors.errors import RequestRefused
from actors.values import Outcome, Region
from runtime.practice.faults.fault import Fault
from runtime.practice.faults.table import find_kind, make_fault, show
from runtime.practice.ledger import ExchangeLedger
from runtime.practice.settings import PracticeSettings
from runtime.practice.trading.account import Credentials
from runtime.practice.trading.book import Book
from runtime.practice.venue import Venue

_T = TypeVar("_T")
_CALL_TIMEOUT = 5.0
_STOP_TIMEOUT = 5.0


class _Life(NamedTuple):
    """What exists between ``start`` and ``stop``."""

    venue: Venue
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread


class PracticeExchange:
    """A context manager, to be used from any thread but its own; without settings it has their defaults.

    A fault has taken effect when its method returns. Whatever needs a running exchange raises
    ``RequestRefused`` without one, and for a region or an asset that does not exist.
    """

    def __init__(self, settings: PracticeSettings | None = None) -> None:
        self.settings = settings or PracticeSettings()
        self.ledger = ExchangeLedger()
        self._credentials = Credentials()
        self._book = Book(self._credentials.uid, self.settings.balance, self.ledger, time.time())
        self._life: _Life | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Return once every region listens; raises ``OSError`` for a port that is not to be had."""
        if self._life is not None:
            raise RequestRefused("the practice exchange is running already")
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_run, args=(loop,), name="practice-exchange", daemon=True)
        self._life = _Life(Venue(self.settings, self._credentials, self._book, self.ledger), loop, thread)
        thread.start()
        try:
            self._call(self._life.venue.open())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every connection and give back ports and thread; session, account and ledger stay."""
        life = self._life
        if life is None:
            return
        try:
            self._call(life.venue.close())
        finally:
            self._life = None
            life.loop.call_soon_threadsafe(life.loop.stop)
            life.thread.join(_STOP_TIMEOUT)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Where it listens, in the order of the settings."""
        gates = self._running().venue.regions.gates.values()
        return tuple(Region(gate.name, gate.url, priority) for priority, gate in enumerate(gates))

    @property
    def session(self) -> str:
        """The text of an auth frame that is let in: a demo account of this exchange alone."""
        return self._credentials.frame()

    def fault(self, name: str, **parameters: object) -> int:
        """Put something out of order; answers with how many sockets that were connected it struck.

        The names, what they do and their parameters are those of ``fault_table``. A fault begins when this
        returns, and holds until its ``count`` or ``lasts`` is over, or until ``calm``. Raises
        ``RequestRefused`` for what cannot be.
        """
        return self._call(self._running().venue.faults.begin(make_fault(name, parameters)))

    def calm(self, name: str | None = None, *, region: str | None = None, asset: str | None = None) -> None:
        """End all faults, those called ``name``, or those that were meant for one region or asset alone."""
        kind = Fault if name is None else find_kind(name)
        self._call(self._running().venue.faults.calm(kind, region, asset))

    def faults(self) -> list[str]:
        """The faults that hold, each as it is written on a command line."""
        return [show(fault) for fault in self._call(self._running().venue.faults.holding())]

    def close_region(self, name: str) -> None:
        """Refuse new connections in a region and cut off those it has; its port stays reserved."""
        self.fault("refuse", region=name)

    def open_region(self, name: str) -> None:
        """Listen again on the port that the region had."""
        self.calm("refuse", region=name)

    def drop_connections(self, region: str | None = None) -> int:
        """End TCP connections without a close frame; answers with how many."""
        return self.fault("drop", region=region)

    def mute(self, *assets: str) -> None:
        """Send no ticks of these assets, or of any; all else goes on."""
        for asset in assets or (None,):
            self.fault("mute", asset=asset)

    def unmute(self, *assets: str) -> None:
        """End what ``mute`` began for these assets, or all of it."""
        for asset in assets or (None,):
            self.calm("mute", asset=asset)

    def disturb_orders(self, kind: str, count: int | None = 1, **parameters: object) -> None:
        """Disturb the next ``count`` orders, after those already meant to be; ``None`` is until ``calm``."""
        self.fault(kind, count=count, **parameters)

    def send_to_all(self, data: str | bytes) -> int:
        """Send one text or binary message, whatever is in it, to every socket; answers with how many."""
        return self._call(self._running().venue.send_to_all(data))

    def publish(self, name: str, payload: object) -> int:
        """Send an event with ``payload`` as JSON to every authenticated socket; answers with how many."""
        return self._call(self._running().venue.publish(name, payload))

    def set_tick_rate(self, rate: float) -> None:
        """Ticks per second and asset; prices and bars stay what they are."""
        self._call(self._running().venue.set_tick_rate(rate))

    def force_outcome(self, outcome: Literal["win", "loss", "draw"] | None) -> None:
        """End all deals opened from now on this way; with ``None`` the price decides again."""
        self._call(self._running().venue.force_outcome(outcome and Outcome(outcome)))

    def _running(self) -> _Life:
        if self._life is None:
            raise RequestRefused("the practice exchange is not running")
        return self._life

    def _call(self, step: Coroutine[Any, Any, _T]) -> _T:
        """Take a step on the exchange's own loop."""
        return asyncio.run_coroutine_threadsafe(step, self._running().loop).result(_CALL_TIMEOUT)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
