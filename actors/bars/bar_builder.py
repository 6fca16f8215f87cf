"""The bar builder: makes bars of the ticks of streams, for as long as anybody wants them."""

import functools
import itertools
import math
from collections import defaultdict
from typing import Any, Final, NamedTuple

import pykka
from loguru import logger
from msgspec import Struct

from actors.bars.carriers import Carriers
from actors.bars.clock_bars import ClockBars
from actors.bars.count_bars import CountBars
from actors.bars.feed import BarFeed
from actors.bars.owners import SeriesOwners
from actors.engine.actor import RuntimeActor
from actors.engine.callback_ask import ask_then
from actors.engine.router_ref import RouterRef
from actors.engine.timers import Timer
from actors.errors import RequestError, RequestRefused
from actors.messages.bars import BarRequest
from actors.messages.candles import HistoryRequest
from actors.messages.commands import (
    LoadCandles,
    LoadTicks,
    SubscribeCandles,
    SubscribeTicks,
    Unsubscribe,
    UnsubscribeCandles,
    UnsubscribeTicks,
)
from actors.messages.events import (
    BarClosed,
    BarForming,
    ClockReport,
    ConnectionDown,
    Event,
    StreamConfirmed,
    StreamGap,
    StreamMoves,
    StreamReleased,
)
from actors.messages.lifecycle import Tellable
from actors.messages.owners import CANDLES, OwnerEnded
from actors.messages.routing import Asked, SubscribeColumns
from actors.messages.topics import TICK
from actors.messages.traffic import Deliver, EventBatch, Failure, Response, unfolded
from actors.values import BarSeries, Candle

LOAD_TIMEOUT: Final = 60.0
"""Seconds that a load of missing ticks may take."""


class _StreamAnswered(Struct, frozen=True):
    """The stream for ``bars`` has begun, or could not because of ``error``."""

    bars: "_AssetBars"
    error: BaseException | None


class _Due(Struct, frozen=True):
    """A bar of ``bars`` closes by the clock."""

    bars: "_AssetBars"


class _AssetBars:
    """The series of one asset. ``waiting`` are the requests that have no answer yet."""

    def __init__(self, asset: str) -> None:
        self.asset = asset
        self.feed = BarFeed()
        self.owners = SeriesOwners()
        self.waiting: list[BarRequest] = []
        self.streams = False
        self.timer: Timer | None = None
        self.due: float | None = None


class _Load(NamedTuple):
    """What a load is for: the feed, or the answer to ``request``."""

    bars: _AssetBars
    request: BarRequest | None = None


class BarBuilder(RuntimeActor):
    """Owns the series of bars, with their owners and the ticks that they are made of.

    Receives ``BarRequest`` and ``OwnerEnded``, the ticks of the assets that have series, and the events that
    tell when ticks may be missing. Has the streams subscribed for the owner ``candles``, has what is missing
    loaded by ``history_loader``, and sends answers, ``BarForming`` and ``BarClosed`` to ``router``.
    """

    def __init__(
        self, phase: int, *, loads_ticks: bool, router: RouterRef, history_loader: Tellable, **kwargs: Any
    ) -> None:
        """``phase``: by how many seconds the clock of the bars is ahead of UTC. ``loads_ticks``: whether the
        venue has a history of ticks."""
        super().__init__("bar builder", **kwargs)
        self._phase = phase
        self._loads_ticks = loads_ticks
        self._router = router
        self._history_loader = history_loader
        self._clock_offset = 0.0
        self._carriers = Carriers()
        self._assets: dict[str, _AssetBars] = {}
        self._ids = itertools.count(1)
        self._loads: dict[int, _Load] = {}

    def on_receive(self, message: Any) -> None:
        match message:
            case Deliver(events=events):
                self._on_ticks(events)
            case StreamConfirmed() | StreamReleased() | StreamMoves() | ConnectionDown():
                self._on_stream(message)
            case StreamGap(asset=asset, from_time=since, to_time=until):
                if bars := self._assets.get(asset):
                    bars.feed.miss(since, until)
                    self._advance(bars)
            case ClockReport(offset=offset):
                self._clock_offset = offset
            case BarRequest(command=SubscribeCandles()):
                self._begin(message)
            case BarRequest(command=UnsubscribeCandles()):
                self._unsubscribe(message)
            case Response(request=load, value=value):
                self._on_loaded(load, value)
            case Failure(request=load):
                self._on_loaded(load, message.exception)
            case _StreamAnswered(bars=bars, error=error):
                self._on_stream_answered(bars, error)
            case _Due(bars=bars):
                bars.due = None
                self._advance(bars)
            case OwnerEnded():
                self._on_owner_ended(message)
            case _:
                self.unexpected(message)

    def _now(self) -> float:
        """By the venue's clock; by the wall clock until it is measured."""
        return self.utc() + self._clock_offset

    # Requests

    def _begin(self, request: BarRequest) -> None:
        command = request.command
        assert isinstance(command, SubscribeCandles)
        bars = self._assets.get(command.asset) or self._stream(command.asset)
        if command.name not in bars.feed.series:
            self._make_series(bars, command)
        bars.owners.keep(command.name, request.owner)
        bars.waiting.append(request)
        self._advance(bars)

    def _stream(self, asset: str) -> _AssetBars:
        """Have the ticks of ``asset`` come, with the period that its stream may have already."""
        bars = self._assets[asset] = _AssetBars(asset)
        self._router.tell(SubscribeColumns(f"{TICK}.{asset}", self.actor_ref))
        period = self._carriers.period(asset)
        start = SubscribeTicks(asset, deadline=math.inf)
        if period is not None:
            start = SubscribeTicks(asset, period, deadline=math.inf)
        ask_then(self._router, Asked(start, owner=CANDLES), functools.partial(_tell, self.actor_ref, bars))
        return bars

    def _make_series(self, bars: _AssetBars, command: SubscribeCandles) -> None:
        if command.ticks:
            bars.feed.begin(command.name, CountBars(command.ticks), None)
        elif not command.aligned:
            bars.feed.begin(command.name, ClockBars(command.period, None), None)
        else:
            opened = self._opening(command.period)
            bars.feed.begin(command.name, ClockBars(command.period, self._phase, opened), opened)

    def _opening(self, period: int) -> int:
        """When the bar opened that forms now."""
        return int((self._now() + self._phase) // period) * period - self._phase

    def _on_stream_answered(self, bars: _AssetBars, error: BaseException | None) -> None:
        if self._assets.get(bars.asset) is not bars:
            return
        if error is None:
            bars.streams = True
            self._advance(bars)
        elif isinstance(error, RequestError):
            del self._assets[bars.asset]
            self._router.tell(Unsubscribe(f"{TICK}.{bars.asset}", to=self.actor_ref))
            for request in bars.waiting:
                self._router.tell(Failure.of(request.id, error))

    def _answer_waiting(self, bars: _AssetBars) -> None:
        if not (bars.streams and bars.feed.whole and bars.waiting):
            return
        waiting, bars.waiting = bars.waiting, []
        for request in waiting:
            command = request.command
            assert isinstance(command, SubscribeCandles)
            if not command.history:
                self._answer(request, [])
                continue
            opened = self._opening(command.period)
            load = LoadCandles(command.asset, command.period, command.history, opened)
            self._load(_Load(bars, request), load, request.expires_at)

    def _answer(self, request: BarRequest, history: list[Candle]) -> None:
        command = request.command
        assert isinstance(command, SubscribeCandles)
        self._router.tell(Response(request.id, BarSeries(command.topic, history)))

    def _unsubscribe(self, request: BarRequest) -> None:
        command, owner = request.command, request.owner
        bars = self._assets.get(command.asset)
        if bars is None or not bars.owners.owns(command.name, owner):
            others = bars.owners.spoken(command.name) if bars else ""
            whose = f"; it is kept for {others}" if others else ""
            refused = RequestRefused(
                f"{command.asset} has no series of bars {command.name} of {owner.name}{whose}"
            )
            self._router.tell(Failure.of(request.id, refused))
            return
        left = self._release(bars, command.name, owner)
        self._router.tell(Response(request.id, left))

    def _release(self, bars: _AssetBars, name: str, owner: Any) -> str | None:
        """What is left of the series: a text that names its other owners."""
        bars.waiting = [each for each in bars.waiting if (each.command.name, each.owner) != (name, owner)]
        others = bars.owners.release(name, owner)
        if others is not None:
            return f"{bars.asset}.{name} goes on for {others}"
        bars.feed.end(name)
        if not len(bars.owners):
            del self._assets[bars.asset]
            self._router.tell(Unsubscribe(f"{TICK}.{bars.asset}", to=self.actor_ref))
            self._router.tell(Asked(UnsubscribeTicks(bars.asset, deadline=math.inf), owner=CANDLES))
        return None

    def _on_owner_ended(self, ended: OwnerEnded) -> None:
        for bars in list(self._assets.values()):
            for name in bars.owners.of(ended.owner):
                self._release(bars, name, ended.owner)

    # Ticks and history

    def _on_ticks(self, events: list[Any]) -> None:
        """HOT, while there are series: one call per read."""
        times: defaultdict[str, list[float]] = defaultdict(list)
        prices: defaultdict[str, list[float]] = defaultdict(list)
        for tick in unfolded(events):
            times[tick.asset].append(tick.time)
            prices[tick.asset].append(tick.price)
        for asset, stamps in times.items():
            if bars := self._assets.get(asset):
                bars.feed.add(stamps, prices[asset])
                self._advance(bars)

    def _on_stream(self, event: StreamConfirmed | StreamReleased | StreamMoves | ConnectionDown) -> None:
        missing = self._carriers.apply(event)
        for asset in missing:
            if bars := self._assets.get(asset):
                bars.feed.interrupt()
                self._advance(bars)

    def _advance(self, bars: _AssetBars) -> None:
        """Load what is missing, tell what may be told, and wake up for the next end of a bar."""
        now = self._now()
        if self._carriers.carry(bars.asset) and (span := bars.feed.next_load(now)):
            if self._loads_ticks:
                load = LoadTicks(bars.asset, seconds=span[1] - span[0], end=span[1])
                self._load(_Load(bars), load, self.now() + LOAD_TIMEOUT)
            else:
                bars.feed.give_up()
        told: list[Event] = []
        for name, each in bars.feed.tell(now):
            series = f"{bars.asset}.{name}"
            if each.closed:
                told.append(
                    BarClosed(bars.asset, series, each.candle, each.until, each.complete, each.revision)
                )
            else:
                told.append(BarForming(bars.asset, series, each.candle, each.until))
        if told:
            self._router.tell(EventBatch(self.name, [*told]))
        self._answer_waiting(bars)
        self._schedule(bars, now)

    def _load(self, load: _Load, command: LoadTicks | LoadCandles, expires_at: float) -> None:
        id = next(self._ids)
        self._loads[id] = load
        self._history_loader.tell(HistoryRequest(id, command, expires_at, self.actor_ref))

    def _on_loaded(self, id: int, outcome: Any) -> None:
        bars, request = self._loads.pop(id)
        if request is not None:
            if isinstance(outcome, RequestError):
                self._router.tell(Failure.of(request.id, outcome))
            else:
                self._answer(request, list(outcome))
            return
        if self._assets.get(bars.asset) is not bars:
            return
        if isinstance(outcome, RequestError):
            text = "the bars of {} miss ticks, which could not be loaded: {}; LoadCandles has whole ones"
            logger.warning(text, bars.asset, outcome)
            bars.feed.give_up()
        else:
            bars.feed.fill([tick.time for tick in outcome], [tick.price for tick in outcome])
        self._advance(bars)

    def _schedule(self, bars: _AssetBars, now: float) -> None:
        due = bars.feed.due()
        if due == bars.due:
            return
        if bars.timer is not None:
            bars.timer.cancel()
        bars.due = due
        bars.timer = None if due is None else self.after(max(0.0, due - now), _Due(bars))


def _tell(ref: pykka.ActorRef[Any], bars: _AssetBars, _: Any, error: BaseException | None) -> None:
    """In the thread of the router."""
    if ref.is_alive():
        ref.tell(_StreamAnswered(bars, error))
