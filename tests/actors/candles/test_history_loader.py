"""The history loader among its neighbours: pages out, answers back, and what outdates an answer."""

import math
import time
from typing import Any

import pytest
from msgspec import structs

from actors.candles.history_loader import HistoryLoader
from actors.candles.single_flight import PageSizes
from actors.errors import RateLimited, RequestRefused, RequestTimeout
from actors.messages.candles import HistoryRequest
from actors.messages.commands import LoadCandles, LoadTicks, Unsubscribe
from actors.messages.control import Drain, Reconfigure
from actors.messages.events import CandlesLoaded, CandlesProgress, ClockReport
from actors.messages.lifecycle import Begin, OutboundRef
from actors.messages.routing import SubscribeColumns
from actors.messages.status import CandlesStatus, Describe
from actors.messages.traffic import (
    Deliver,
    EventBatch,
    Failure,
    ReplyTo,
    Request,
    RequestDone,
    Response,
    TicksLoaded,
)
from actors.rates import Allowance, Rate
from actors.values import Candle, Tick
from tests.conftest import ManualClock
from tests.doubles.recorder import Recording
from tests.doubles.tick_columns import columns

PERIOD = 31 * 86_400
"""So long that no bar of it ends while a test runs."""

PRESENT = LoadCandles("A", PERIOD, 3)
PAST = LoadCandles("A", PERIOD, 3, 0.0)
TTL = 5.0
SIZES = PageSizes(candles=150, ticks_span=60.0)
ALLOWANCE = Allowance((Rate(10, 1.0), Rate(40, 60.0)), 8)
"""Of the 40 a minute, 8 are kept for orders."""


def bars(count: int = 3) -> list[Candle]:
    """Bars of which the last has just ended."""
    newest = int(time.time()) - PERIOD
    return [Candle(newest - PERIOD * back, 1.0, 1.0, 1.0, 1.0) for back in range(count)][::-1]


def tick(asset: str = "A") -> Tick:
    return Tick(asset, 0.0, 1.0, 0.0)


class Neighbours:
    """A loader with recorders as the actor that asks it, as its router and as the way out."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.asker, self.router, self.outbound = (
            Recording(name=name) for name in ("asker", "router", "outbound")
        )
        for recording in (self.asker, self.router, self.outbound):
            assert recording.seen() == Begin()
        self.loader = HistoryLoader.start(SIZES, TTL, 1000, ALLOWANCE, router=self.router.ref, clock=clock)
        self.loader.tell(OutboundRef(self.outbound.ref))

    def load(self, id: int, command: LoadCandles | LoadTicks, patience: float = 30.0) -> None:
        self.loader.tell(HistoryRequest(id, command, self.clock() + patience, self.asker.ref))

    def page(self) -> Request:
        page = self.outbound.seen()
        assert isinstance(page, Request)
        return page

    def answer(self, page: Request, candles: list[Candle]) -> None:
        """The venue answers ``page``."""
        loaded = CandlesLoaded(page.command.asset, PERIOD, candles)  # type: ignore[union-attr]
        self.loader.tell(page.response(loaded))

    def cached(self, id: int, command: LoadCandles, candles: list[Candle]) -> None:
        self.load(id, command)
        self.answer(self.page(), candles)
        assert self.asker.seen() == Response(id, candles)

    def error(self, id: int) -> Exception:
        failure = self.asker.seen()
        assert isinstance(failure, Failure)
        assert failure.request == id
        return failure.exception

    def status(self) -> CandlesStatus:
        """The status once the loader has handled all that it was told."""
        self.loader.tell(Describe(0, self.asker.ref))
        part = self.asker.seen().part
        assert isinstance(part, CandlesStatus)
        return part


@pytest.fixture
def neighbours(clock: ManualClock) -> Neighbours:
    return Neighbours(clock)


def test_the_next_page_goes_out_when_the_one_before_is_answered(neighbours: Neighbours) -> None:
    candles = bars(200)
    neighbours.load(7, LoadCandles("A", PERIOD, 200))
    first = neighbours.page()
    assert (first.reply_to, first.id) == (ReplyTo.CANDLES, 1)
    neighbours.answer(first, candles[50:])
    second = neighbours.page()
    assert second.command == LoadCandles("A", PERIOD, 50, candles[50].time)
    assert neighbours.router.seen() == EventBatch("history loader", [CandlesProgress("A", PERIOD, 150, 200)])
    neighbours.answer(second, candles[:50])
    assert neighbours.asker.seen() == Response(7, candles)


def test_an_end_still_ahead_goes_out_as_it_was_asked_for_so_that_the_forming_bar_is_in_it(
    neighbours: Neighbours,
) -> None:
    ahead = LoadCandles("A", PERIOD, 3, (time.time() // PERIOD + 1) * PERIOD)
    neighbours.load(1, ahead)
    assert neighbours.page().command == ahead


def test_all_equal_loads_are_answered_with_lists_of_their_own(neighbours: Neighbours) -> None:
    neighbours.load(1, PAST)
    neighbours.load(2, PAST)
    neighbours.answer(neighbours.page(), bars())
    answers = [neighbours.asker.seen(), neighbours.asker.seen()]
    assert [answer.request for answer in answers] == [1, 2]
    assert answers[0].value == answers[1].value
    assert answers[0].value is not answers[1].value
    assert neighbours.outbound.nothing_more()


def test_a_load_whose_deadline_passes_leaves_the_flight_to_the_others(
    neighbours: Neighbours, clock: ManualClock
) -> None:
    neighbours.load(1, PAST, patience=1.0)
    neighbours.load(2, PAST, patience=9.0)
    page = neighbours.page()
    clock.advance(1.0)
    assert isinstance(neighbours.error(1), RequestTimeout)
    neighbours.answer(page, bars())
    assert neighbours.asker.seen() == Response(2, bars())


def test_an_actor_that_has_ended_meanwhile_spoils_nothing_for_the_others(neighbours: Neighbours) -> None:
    gone = Recording(name="gone")
    neighbours.loader.tell(HistoryRequest(1, PAST, neighbours.clock() + 9.0, gone.ref))
    neighbours.load(2, PAST)
    gone.ref.stop()
    neighbours.answer(neighbours.page(), bars())
    assert neighbours.asker.seen() == Response(2, bars())
    assert neighbours.status().flights == 0


def test_a_flight_that_no_load_waits_for_is_done_and_turns_no_page(
    neighbours: Neighbours, clock: ManualClock
) -> None:
    neighbours.load(1, LoadCandles("A", PERIOD, 200), patience=1.0)
    page = neighbours.page()
    clock.advance(1.0)
    assert isinstance(neighbours.error(1), RequestTimeout)
    assert neighbours.router.seen() == RequestDone(page.id, succeeded=False, reply_to=ReplyTo.CANDLES)
    neighbours.answer(page, bars(150))
    assert neighbours.outbound.nothing_more()
    assert neighbours.status() == CandlesStatus(hits=0, misses=1, entries=0, flights=0)


def test_an_answer_that_comes_twice_counts_once(neighbours: Neighbours) -> None:
    neighbours.load(1, LoadCandles("A", PERIOD, 200))
    first = neighbours.page()
    neighbours.answer(first, bars(150))
    second = neighbours.page()
    neighbours.answer(first, bars(150))
    neighbours.answer(second, [])
    assert neighbours.asker.seen() == Response(1, bars(150))


def test_a_failure_is_for_all_loads_that_wait(neighbours: Neighbours) -> None:
    neighbours.load(1, PAST)
    neighbours.load(2, PAST)
    page = neighbours.page()
    neighbours.loader.tell(Failure.of(page.id, RequestRefused("not today")))
    for id in (1, 2):
        assert isinstance(neighbours.error(id), RequestRefused)
    assert neighbours.status().flights == 0


def test_a_page_that_cannot_keep_an_early_deadline_is_asked_for_again_for_a_later_one(
    neighbours: Neighbours,
) -> None:
    neighbours.load(1, PAST, patience=1.0)
    neighbours.load(2, PAST, patience=9.0)
    page = neighbours.page()
    neighbours.loader.tell(Failure.of(page.id, RateLimited("held for 3 s", 3.0)))
    error = neighbours.error(1)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 3.0
    again = neighbours.page()
    assert (again.command, again.expires_at) == (page.command, neighbours.clock() + 9.0)


def test_a_load_without_a_deadline_is_not_timed(neighbours: Neighbours, clock: ManualClock) -> None:
    neighbours.load(1, PAST, patience=math.inf)
    page = neighbours.page()
    clock.advance(1e9)
    neighbours.answer(page, bars())
    assert neighbours.asker.seen() == Response(1, bars())


def test_the_same_load_again_is_answered_at_once(neighbours: Neighbours) -> None:
    neighbours.cached(1, PAST, bars())
    neighbours.load(2, PAST)
    assert neighbours.asker.seen() == Response(2, bars())
    assert neighbours.status() == CandlesStatus(hits=1, misses=1, entries=1, flights=0)
    assert neighbours.router.nothing_more()


@pytest.mark.parametrize(
    "news", [tick(), columns(tick("B"), tick()), CandlesLoaded("A", 60, [Candle(10**10, 1.0, 1.0, 1.0, 1.0)])]
)
def test_the_loader_is_subscribed_only_until_news_has_outdated_the_last_answer(
    neighbours: Neighbours, news: Any
) -> None:
    neighbours.cached(1, PRESENT, bars())
    topics = ["tick.A", "candles.A"]
    assert [neighbours.router.seen() for _ in topics] == [
        SubscribeColumns(topic, neighbours.loader) for topic in topics
    ]
    neighbours.cached(2, LoadCandles("A", PERIOD, 2), bars(2))
    neighbours.loader.tell(Deliver([tick("A2"), news]))
    assert [neighbours.router.seen() for _ in topics] == [
        Unsubscribe(topic, to=neighbours.loader) for topic in topics
    ]
    assert neighbours.status().entries == 0
    neighbours.load(3, PRESENT)
    assert neighbours.page().id == 3
    assert neighbours.router.nothing_more()


@pytest.mark.parametrize("offset", [-86_400.0, -7200.0, -20.0, 20.0, 7200.0, 86_400.0])
def test_a_load_up_to_now_ends_now_by_the_venues_clock(neighbours: Neighbours, offset: float) -> None:
    neighbours.loader.tell(ClockReport(offset))
    neighbours.load(1, PRESENT)
    command = neighbours.page().command
    assert isinstance(command, LoadCandles)
    assert command.end == pytest.approx(time.time() + offset, abs=10.0)
    neighbours.load(2, PAST)
    assert neighbours.page().command == PAST


def test_without_a_measured_clock_the_connection_decides_when_now_is(neighbours: Neighbours) -> None:
    neighbours.load(1, PRESENT)
    assert neighbours.page().command == PRESENT


@pytest.mark.parametrize("offset", [-86_400.0, -20.0, 20.0, 86_400.0])
def test_an_answer_up_to_now_is_outdated_by_the_venues_clock(neighbours: Neighbours, offset: float) -> None:
    """Whichever way the clocks are apart, it is kept until the venue has the next bar."""
    neighbours.loader.tell(ClockReport(offset))
    fresh = [structs.replace(bar, time=bar.time + int(offset)) for bar in bars()]
    neighbours.cached(1, PRESENT, fresh)
    neighbours.load(2, PRESENT)
    assert neighbours.asker.seen() == Response(2, fresh)
    other = LoadCandles("A", PERIOD, 2)
    neighbours.cached(3, other, [structs.replace(bar, time=bar.time - PERIOD) for bar in fresh[:2]])
    neighbours.load(4, other)
    assert neighbours.page().command.count == 2  # type: ignore[union-attr]


def test_what_it_loads_itself_outdates_nothing(neighbours: Neighbours) -> None:
    neighbours.cached(1, PRESENT, bars())
    neighbours.loader.tell(Deliver([CandlesLoaded("A", PERIOD, bars()), CandlesLoaded("A", PERIOD, [])]))
    later = Candle(bars()[-1].time + PERIOD, 1.0, 1.0, 1.0, 1.0)
    neighbours.loader.tell(Deliver([CandlesLoaded("A", 60, [later])]))
    assert neighbours.status().entries == 1


def test_the_loader_is_not_subscribed_once_the_answers_are_too_old(
    neighbours: Neighbours, clock: ManualClock
) -> None:
    neighbours.cached(1, PRESENT, bars())
    clock.advance(TTL - 1)
    neighbours.cached(2, LoadCandles("A", PERIOD, 2), bars(2))
    for _ in range(2):
        assert isinstance(neighbours.router.seen(), SubscribeColumns)
    clock.advance(1)
    assert neighbours.status().entries == 1
    assert neighbours.router.nothing_more()
    clock.advance(TTL - 1)
    for _ in range(2):
        assert isinstance(neighbours.router.seen(), Unsubscribe)


def test_a_runtime_that_stops_refuses_what_is_under_way_and_what_still_comes(neighbours: Neighbours) -> None:
    neighbours.load(1, PAST)
    neighbours.page()
    neighbours.loader.tell(Drain())
    neighbours.load(2, PAST)
    assert "stopped" in str(neighbours.error(1))
    assert "stopping" in str(neighbours.error(2))
    neighbours.loader.tell(Response(1, CandlesLoaded("A", PERIOD, bars()), ReplyTo.CANDLES))
    assert neighbours.status().flights == 0
    assert neighbours.outbound.nothing_more()


def test_more_bars_than_the_rate_allows_by_the_deadline_are_refused_at_once(neighbours: Neighbours) -> None:
    neighbours.load(1, structs.replace(PAST, count=33 * 150), patience=59.0)
    error = neighbours.error(1)
    assert isinstance(error, RequestRefused)
    assert str(error).startswith(
        "4,950 bars are 33 requests, which take 60 s at least at the configured rate (limits.messages),"
        " and the deadline is in 59.0 s"
    )
    neighbours.load(2, structs.replace(PAST, count=32 * 150), patience=59.0)
    neighbours.page()
    neighbours.load(3, structs.replace(PAST, count=33 * 150), patience=61.0)
    neighbours.page()


def test_new_limits_change_what_is_refused(neighbours: Neighbours) -> None:
    neighbours.loader.tell(Reconfigure(Allowance((Rate(2, 10.0),), 8)))
    neighbours.load(1, structs.replace(PAST, count=600), patience=9.0)
    assert isinstance(neighbours.error(1), RequestRefused)
    neighbours.load(2, structs.replace(PAST, count=300), patience=9.0)
    neighbours.page()


def test_a_load_that_is_overdue_says_how_much_had_come(neighbours: Neighbours) -> None:
    neighbours.load(1, structs.replace(PAST, count=300), patience=5.0)
    neighbours.answer(
        neighbours.page(), [Candle(PERIOD * -each, 1.0, 1.0, 1.0, 1.0) for each in range(150, 0, -1)]
    )
    neighbours.page()
    neighbours.clock.advance(5.1)
    assert str(neighbours.error(1)) == "no answer within the deadline: 150 of 300 bars had come"


def test_an_end_far_ahead_is_that_of_the_forming_bar(neighbours: Neighbours) -> None:
    forming = (time.time() // PERIOD + 1) * PERIOD
    neighbours.load(1, structs.replace(PRESENT, end=forming + 5 * PERIOD))
    assert neighbours.page().command == structs.replace(PRESENT, end=forming)


def ticks(first: float, count: int) -> TicksLoaded:
    return TicksLoaded("A", [first + number for number in range(count)], [1.0] * count)


def test_ticks_come_page_by_page_and_equal_loads_of_them_share_the_pages(neighbours: Neighbours) -> None:
    command = LoadTicks("A", 100.0, end=1000.0)
    for id in (7, 8):
        neighbours.load(id, command)
    first = neighbours.page()
    assert (first.reply_to, first.command) == (ReplyTo.CANDLES, LoadTicks("A", 60.0, end=1000.0))
    neighbours.loader.tell(first.response(ticks(940.0, 60)))
    second = neighbours.page()
    assert second.command == LoadTicks("A", 46.0, end=941.0)
    neighbours.loader.tell(second.response(ticks(895.0, 46)))
    found = [Tick("A", 900.0 + number, 1.0, 0.0) for number in range(100)]
    answers = [neighbours.asker.seen() for _ in range(2)]
    assert answers == [Response(7, found), Response(8, found)]
    assert answers[0].value is not answers[1].value
    assert neighbours.status() == CandlesStatus(hits=0, misses=0, entries=0, flights=0)


def test_a_late_load_of_ticks_says_how_much_had_come(neighbours: Neighbours, clock: ManualClock) -> None:
    neighbours.load(7, LoadTicks("A", 100.0, end=1000.0), patience=5.0)
    neighbours.loader.tell(neighbours.page().response(ticks(940.0, 60)))
    neighbours.page()
    clock.advance(5.0)
    assert str(neighbours.error(7)) == "no answer within the deadline: 59 of the ticks of 100 s had come"


def test_a_span_of_ticks_that_the_rate_does_not_allow_is_refused_at_once(neighbours: Neighbours) -> None:
    neighbours.load(7, LoadTicks("A", 86_400.0), patience=10.0)
    assert "the ticks of 86,400 s are 1,440 requests" in str(neighbours.error(7))
