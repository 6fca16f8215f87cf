"""All that a picture is drawn from: the state of a run at one moment."""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from actors.messages.status import Status
from actors.values import Asset, Balance, Tick
from runtime.cli.output.counters import Counters
from runtime.cli.output.deal_book import DealBook, Trades
from runtime.cli.output.trends import Trends
from runtime.logs import Line

METER_WINDOW = 5.0
"""Seconds over which a rate is averaged."""


class RunInfo(NamedTuple):
    """The constants of a run; ``mode`` is practice, demo or live, ``target`` what an operator's commands
    name."""

    venue: str
    mode: str
    target: str = "FILE"


class Move(NamedTuple):
    """The last change of a price that was shown: its direction, 0 before the first, and when it was."""

    price: float
    direction: int = 0
    at: float = 0.0


class Snapshot(Struct, frozen=True):
    """``now`` is wall clock time in Unix seconds; ``uptime`` and ``status_age`` are seconds of the monotonic
    clock. ``tick_rate`` is per second, ``cpu`` the cores that each worker uses."""

    run: RunInfo
    status: Status | None
    now: float
    uptime: float
    status_age: float
    balance: Balance | None
    assets: Mapping[str, Asset]
    ticks: Mapping[str, Tick]
    moves: Mapping[str, Move]
    trends: Trends
    trades: Trades
    log: tuple[Line, ...] = ()
    tick_rate: float = 0.0
    cpu: Mapping[str, float] = {}

    @property
    def venue_now(self) -> float:
        """The time on the venue's clock."""
        offset = self.status.clock_offset if self.status else None
        return self.now + (offset or 0.0)

    def price(self, asset: str) -> float | None:
        """The newest that is known."""
        if tick := self.ticks.get(asset):
            return tick.price
        move = self.moves.get(asset)
        return move.price if move else None

    def price_text(self, asset: str, price: float | None) -> str:
        """With the digits of the asset, where the venue has told them."""
        if price is None:
            return "-"
        known = self.assets.get(asset)
        return f"{price:.10g}" if known is None else f"{price:.{known.digits}f}"


class PictureTime(Struct, frozen=True):
    """When a snapshot is taken; as there."""

    now: float
    uptime: float
    status_age: float = 0.0


class Meter:
    """The growth of a counter per second."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()

    def __call__(self, now: float, value: float) -> float:
        samples = self._samples
        if samples and value < samples[-1][1]:
            samples.clear()  # a new process counts from zero
        samples.append((now, value))
        while now - samples[0][0] > METER_WINDOW:
            samples.popleft()
        elapsed = now - samples[0][0]
        return (value - samples[0][1]) / elapsed if elapsed else 0.0


class Recorder:
    """Takes snapshots of a run: it keeps what rates, charts and the direction of a price need."""

    def __init__(self, run: RunInfo, counters: Counters, deals: DealBook | None = None) -> None:
        self._run = run
        self._counters = counters
        self._deals = deals or DealBook()
        self._trends = Trends()
        self._moves: dict[str, Move] = {}
        self._tick_meter = Meter()
        self._cpu_meters: dict[str, Meter] = {}

    def take(self, status: Status | None, moment: PictureTime, log: tuple[Line, ...] = ()) -> Snapshot:
        ticks = {asset: stream.last for asset, stream in list(self._counters.streams.items()) if stream.last}
        self._move(status, ticks, moment.uptime)
        self._trends.sample(moment.uptime, {asset: move.price for asset, move in self._moves.items()})
        offset = status.clock_offset if status else None
        return Snapshot(
            run=self._run,
            status=status,
            now=moment.now,
            uptime=moment.uptime,
            status_age=moment.status_age,
            balance=self._counters.balance,
            assets=self._counters.assets,
            ticks=ticks,
            moves=self._moves.copy(),
            trends=self._trends,
            trades=self._deals.trades(moment.now + (offset or 0.0)),
            log=log,
            tick_rate=self._tick_meter(moment.uptime, status.router.ticks) if status else 0.0,
            cpu=self._cpu(status, moment.uptime),
        )

    def _move(self, status: Status | None, ticks: Mapping[str, Tick], now: float) -> None:
        prices = {asset: tick.price for asset, tick in ticks.items()}
        for stream in status.streams if status else ():
            if stream.seen.last_price is not None:
                prices.setdefault(stream.placed.asset, stream.seen.last_price)
        for asset, price in prices.items():
            before = self._moves.get(asset)
            if before is None:
                self._moves[asset] = Move(price)
            elif price != before.price:
                self._moves[asset] = Move(price, 1 if price > before.price else -1, now)

    def _cpu(self, status: Status | None, now: float) -> dict[str, float]:
        workers = status.workers if status else ()
        return {
            worker.name: self._cpu_meters.setdefault(worker.name, Meter())(now, worker.cpu_seconds)
            for worker in workers
        }
