"""The bar builder as the other actors see it: whom it asks, what it tells, and when it ends."""

import time
from typing import Any

import pytest

from actors.bars.bar_builder import BarBuilder
from actors.errors import RequestRefused, RequestTimeout
from actors.messages.bars import BarRequest
from actors.messages.candles import HistoryRequest
from actors.messages.commands import (
    Command,
    LoadCandles,
    LoadTicks,
    SubscribeCandles,
    SubscribeTicks,
    Unsubscribe,
    UnsubscribeCandles,
    UnsubscribeTicks,
)
from actors.messages.events import BarClosed, BarForming, ClockReport, ConnectionDown, StreamConfirmed
from actors.messages.lifecycle import Begin
from actors.messages.owners import CANDLES, PROGRAM, Owner, OwnerEnded
from actors.messages.routing import Asked, SubscribeColumns
from actors.messages.traffic import Deliver, EventBatch, Failure, Response
from actors.values import BarSeries, Candle, Tick
from tests.conftest import ManualClock
from tests.doubles.recorder import Recorder, Recording
from tests.doubles.tick_columns import columns

OTHER = Owner("process 7 (peer 1)")
CONFIRMED = StreamConfirmed("A", 60, "c1", 1)


DAY = 86_400
"""A bar of a day hardly ends during a test."""


class RefusingRouter(Recorder):
    """Refuses every ask."""

    def on_receive(self, message: Any) -> Any:
        super().on_receive(message)
        if isinstance(message, Asked) and isinstance(message.command, SubscribeTicks):
            raise RequestRefused("the pool is full")


class Neighbours:
    """A bar builder with recorders as its router, which answers at once, and as its history loader."""

    def __init__(
        self, clock: ManualClock, *, loads_ticks: bool = True, kind: type[Recorder] = Recorder
    ) -> None:
        self.clock = clock
        self.router, self.loader = Recording(kind, name="router"), Recording(name="loader")
        for recording in (self.router, self.loader):
            assert recording.seen() == Begin()
        router: Any = self.router.ref
        self.builder = BarBuilder.start(
            0, loads_ticks=loads_ticks, router=router, history_loader=self.loader.ref, clock=clock
        )

    def ask(self, id: int, command: Any, owner: Owner = PROGRAM) -> None:
        self.builder.tell(BarRequest(id, command, self.clock() + 30.0, owner))

    def streamed(self) -> None:
        """The router is asked for the stream, and the venue confirms it."""
        assert self.router.seen() == SubscribeColumns("tick.A", self.builder)
        asked = self.router.seen()
        assert (asked.command.asset, asked.owner) == ("A", CANDLES)
        self.builder.tell(CONFIRMED)

    def load(self, kind: type[Command]) -> HistoryRequest:
        request = self.loader.seen()
        assert isinstance(request, HistoryRequest)
        assert type(request.command) is kind
        return request

    def begun(self) -> None:
        """The program has a series of days, and nothing is missing."""
        self.ask(1, SubscribeCandles("A", DAY))
        self.streamed()
        self.builder.tell(Response(self.load(LoadTicks).id, []))
        assert self.router.seen() == Response(1, BarSeries(f"bar.A.{DAY}"))

    def tick(self, price: float) -> Tick:
        now = time.time()
        tick = Tick("A", now, price, now)
        self.builder.tell(Deliver([columns(tick)]))
        return tick


@pytest.fixture
def neighbours(clock: ManualClock) -> Neighbours:
    return Neighbours(clock)


def test_the_ticks_since_the_opening_are_loaded_and_then_the_series_is_answered(
    neighbours: Neighbours,
) -> None:
    neighbours.ask(1, SubscribeCandles("A", DAY))
    neighbours.streamed()
    load = neighbours.load(LoadTicks)
    assert isinstance(load.command, LoadTicks)
    assert load.command.end is not None
    assert load.command.seconds is not None
    opened = load.command.end - load.command.seconds
    assert round(opened) == opened // DAY * DAY
    live = neighbours.tick(2.0)
    neighbours.builder.tell(Response(load.id, [Tick("A", opened + 0.5, 1.0, 0.0)]))
    [forming] = neighbours.router.seen().items
    candle = Candle(round(opened), 1.0, 2.0, 1.0, 2.0, 2)
    assert forming == BarForming("A", f"A.{DAY}", candle, live.time)
    assert neighbours.router.seen() == Response(1, BarSeries(f"bar.A.{DAY}"))


def test_history_is_loaded_up_to_the_bar_that_forms(neighbours: Neighbours) -> None:
    neighbours.begun()
    neighbours.ask(2, SubscribeCandles("A", DAY, history=3))
    load = neighbours.load(LoadCandles)
    assert load.command == LoadCandles("A", DAY, 3, time.time() // DAY * DAY)
    bars = [Candle(0, 1.0, 1.0, 1.0, 1.0)]
    neighbours.builder.tell(Response(load.id, bars))
    assert neighbours.router.seen() == Response(2, BarSeries(f"bar.A.{DAY}", bars))
    neighbours.ask(3, SubscribeCandles("A", DAY, history=3))
    neighbours.builder.tell(Failure.of(neighbours.load(LoadCandles).id, RequestTimeout("late")))
    assert str(neighbours.router.seen().exception) == "late"


def test_a_stream_that_is_refused_refuses_all_that_wait_for_it(clock: ManualClock) -> None:
    neighbours = Neighbours(clock, kind=RefusingRouter)
    neighbours.ask(1, SubscribeCandles("A", DAY))
    assert [type(neighbours.router.seen()) for _ in range(2)] == [SubscribeColumns, Asked]
    assert neighbours.router.seen() == Unsubscribe("tick.A", to=neighbours.builder)
    assert str(neighbours.router.seen().exception) == "the pool is full"


def test_a_venue_without_past_ticks_makes_a_first_bar_that_is_not_whole(clock: ManualClock) -> None:
    neighbours = Neighbours(clock, loads_ticks=False)
    neighbours.ask(1, SubscribeCandles("A", 1))
    neighbours.streamed()
    assert neighbours.router.seen() == Response(1, BarSeries("bar.A.1"))
    assert neighbours.loader.nothing_more()
    now = time.time()
    for stamp, price in ((now, 1.0), (now + 60.0, 2.0), (now + 120.0, 3.0)):
        neighbours.builder.tell(Deliver([columns(Tick("A", stamp, price, now))]))
    events = [event for _ in range(3) for event in neighbours.router.seen().items]
    assert [event.complete for event in events if isinstance(event, BarClosed)] == [False, True]


def test_what_cannot_be_loaded_holds_up_nothing(neighbours: Neighbours) -> None:
    neighbours.ask(1, SubscribeCandles("A", DAY))
    neighbours.streamed()
    neighbours.builder.tell(Failure.of(neighbours.load(LoadTicks).id, RequestTimeout("late")))
    assert neighbours.router.seen() == Response(1, BarSeries(f"bar.A.{DAY}"))
    neighbours.tick(2.0)
    assert isinstance(neighbours.router.seen(), EventBatch)


def test_an_interruption_is_loaded_once_the_stream_is_back(neighbours: Neighbours) -> None:
    neighbours.begun()
    last = neighbours.tick(1.0)
    neighbours.router.seen()
    neighbours.builder.tell(ConnectionDown("c1", 1, "r", "cut"))
    neighbours.builder.tell(ClockReport(0.0))
    neighbours.builder.tell(StreamConfirmed("A", 60, "c2", 1))
    load = neighbours.load(LoadTicks)
    assert isinstance(load.command, LoadTicks)
    assert load.command.end is not None
    assert load.command.seconds is not None
    assert load.command.end - load.command.seconds == pytest.approx(last.time, abs=1e-3)
    assert neighbours.loader.nothing_more()


def test_a_series_goes_on_for_its_other_owners_and_the_stream_ends_with_the_last(
    neighbours: Neighbours,
) -> None:
    neighbours.begun()
    neighbours.ask(2, SubscribeCandles("A", DAY), OTHER)
    assert neighbours.router.seen() == Response(2, BarSeries(f"bar.A.{DAY}"))
    neighbours.ask(3, UnsubscribeCandles("A", DAY))
    assert neighbours.router.seen() == Response(3, f"A.{DAY} goes on for {OTHER.name}")
    neighbours.ask(4, UnsubscribeCandles("A", DAY))
    refused = str(neighbours.router.seen().exception)
    assert refused == f"A has no series of bars {DAY} of program; it is kept for {OTHER.name}"
    neighbours.builder.tell(OwnerEnded(OTHER))
    assert neighbours.router.seen() == Unsubscribe("tick.A", to=neighbours.builder)
    ended = neighbours.router.seen()
    assert isinstance(ended.command, UnsubscribeTicks)
    assert ended.owner == CANDLES
    neighbours.tick(1.0)
    neighbours.builder.tell(Deliver([]))
    neighbours.ask(5, UnsubscribeCandles("A", DAY))
    assert isinstance(neighbours.router.seen(), Failure)
