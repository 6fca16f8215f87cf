import math
import time
from typing import Any

import pytest

from actors.candles.candle_loader import CandleLoader
from actors.errors import RateLimited, RequestRefused, RequestTimeout
from actors.messages.commands import LoadCandles, Unsubscribe
from actors.messages.control import Drain
from actors.messages.events import CandlesLoaded, CandlesProgress
from actors.messages.lifecycle import Begin, OutboundRef
from actors.messages.status import CandlesStatus, Describe
from actors.messages.traffic import (
    CandleRequest,
    Deliver,
    EventBatch,
    Failure,
    ReplyTo,
    Request,
    RequestDone,
    Response,
    SubscribeColumns,
)
from actors.values import Candle, Tick
from tests.conftest import ManualClock
from tests.doubles.recorder import Recording
from tests.doubles.tick_columns import columns

PERIOD = 31 * 86_400
"""So long that no bar of it ends while a test runs."""

PRESENT = LoadCandles("A", PERIOD, 3)
PAST = LoadCandles("A", PERIOD, 3, 0.0)
TTL = 5.0


def bars(count: int = 3) -> list[Candle]:
    """Bars of which the last has just ended."""
    newest = int(time.time()) - PERIOD
    return [Candle(newest - PERIOD * back, 1.0, 1.0, 1.0, 1.0) for back in range(count)][::-1]


def tick(asset: str = "A") -> Tick:
    return Tick(asset, 0.0, 1.0, 0.0)


class House:
    """A desk, and all around it: the ``asker``, the ``router`` and the way out."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.asker, self.router, self.outbound = (
            Recording(name=name) for name in ("asker", "router", "outbound")
        )
        for recording in (self.asker, self.router, self.outbound):
            assert recording.seen() == Begin()
        self.desk = CandleLoader.start(150, TTL, 1000, router=self.router.ref, clock=clock)
        self.desk.tell(OutboundRef(self.outbound.ref))

    def load(self, id: int, command: LoadCandles, patience: float = 30.0) -> None:
        self.desk.tell(CandleRequest(id, command, self.clock() + patience, self.asker.ref))

    def page(self) -> Request:
        page = self.outbound.seen()
        assert isinstance(page, Request)
        return page

    def answer(self, page: Request, candles: list[Candle]) -> None:
        """The venue answers ``page``."""
        loaded = CandlesLoaded(page.command.asset, PERIOD, candles)  # type: ignore[union-attr]
        self.desk.tell(page.response(loaded))

    def cached(self, id: int, command: LoadCandles, candles: list[Candle]) -> None:
        self.load(id, command)
        self.answer(self.page(), candles)
        assert self.asker.seen() == Response(id, candles)

    def refusal(self, id: int) -> Exception:
        refusal = self.asker.seen()
        assert isinstance(refusal, Failure)
        assert refusal.request == id
        return refusal.exception

    def status(self) -> CandlesStatus:
        """Drawn after all that was told before; the asker has it."""
        self.desk.tell(Describe(0, self.asker.ref))
        part = self.asker.seen().part
        assert isinstance(part, CandlesStatus)
        return part


@pytest.fixture
def house(clock: ManualClock) -> House:
    return House(clock)


def test_the_next_page_goes_out_when_the_one_before_is_answered(house: House) -> None:
    candles = bars(200)
    house.load(7, LoadCandles("A", PERIOD, 200))
    first = house.page()
    assert (first.reply_to, first.id) == (ReplyTo.CANDLES, 1)
    house.answer(first, candles[50:])
    second = house.page()
    assert second.command == LoadCandles("A", PERIOD, 50, candles[50].time)
    assert house.router.seen() == EventBatch("candle desk", [CandlesProgress("A", PERIOD, 150, 200)])
    house.answer(second, candles[:50])
    assert house.asker.seen() == Response(7, candles)


def test_an_end_still_ahead_goes_out_as_it_was_asked_for_so_that_the_forming_bar_is_in_it(
    house: House,
) -> None:
    ahead = LoadCandles("A", PERIOD, 3, time.time() + PERIOD)
    house.load(1, ahead)
    assert house.page().command == ahead


def test_all_who_wait_for_the_same_are_answered_with_lists_of_their_own(house: House) -> None:
    house.load(1, PAST)
    house.load(2, PAST)
    house.answer(house.page(), bars())
    answers = [house.asker.seen(), house.asker.seen()]
    assert [answer.request for answer in answers] == [1, 2]
    assert answers[0].value == answers[1].value
    assert answers[0].value is not answers[1].value
    assert house.outbound.nothing_more()


def test_whoever_gives_up_leaves_the_flight_to_the_others(house: House, clock: ManualClock) -> None:
    house.load(1, PAST, patience=1.0)
    house.load(2, PAST, patience=9.0)
    page = house.page()
    clock.advance(1.0)
    assert isinstance(house.refusal(1), RequestTimeout)
    house.answer(page, bars())
    assert house.asker.seen() == Response(2, bars())


def test_whoever_has_ended_meanwhile_spoils_nothing_for_the_others(house: House) -> None:
    gone = Recording(name="gone")
    house.desk.tell(CandleRequest(1, PAST, house.clock() + 9.0, gone.ref))
    house.load(2, PAST)
    gone.ref.stop()
    house.answer(house.page(), bars())
    assert house.asker.seen() == Response(2, bars())
    assert house.status().flights == 0


def test_a_flight_that_nobody_waits_for_is_done_and_turns_no_page(house: House, clock: ManualClock) -> None:
    house.load(1, LoadCandles("A", PERIOD, 200), patience=1.0)
    page = house.page()
    clock.advance(1.0)
    assert isinstance(house.refusal(1), RequestTimeout)
    assert house.router.seen() == RequestDone(page.id, succeeded=False, reply_to=ReplyTo.CANDLES)
    house.answer(page, bars(150))
    assert house.outbound.nothing_more()
    assert house.status() == CandlesStatus(hits=0, misses=1, entries=0, flights=0)


def test_an_answer_that_comes_twice_counts_once(house: House) -> None:
    house.load(1, LoadCandles("A", PERIOD, 200))
    first = house.page()
    house.answer(first, bars(150))
    second = house.page()
    house.answer(first, bars(150))
    house.answer(second, [])
    assert house.asker.seen() == Response(1, bars(150))


def test_a_refusal_is_for_all_who_wait(house: House) -> None:
    house.load(1, PAST)
    house.load(2, PAST)
    page = house.page()
    house.desk.tell(Failure.of(page.id, RequestRefused("not today")))
    for id in (1, 2):
        assert isinstance(house.refusal(id), RequestRefused)
    assert house.status().flights == 0


def test_a_page_that_cannot_keep_an_early_deadline_is_asked_for_again_for_a_later_one(house: House) -> None:
    house.load(1, PAST, patience=1.0)
    house.load(2, PAST, patience=9.0)
    page = house.page()
    house.desk.tell(Failure.of(page.id, RateLimited("held for 3 s", 3.0)))
    refusal = house.refusal(1)
    assert isinstance(refusal, RateLimited)
    assert refusal.retry_after == 3.0
    again = house.page()
    assert (again.command, again.expires_at) == (page.command, house.clock() + 9.0)


def test_one_who_would_wait_for_ever_is_not_timed(house: House, clock: ManualClock) -> None:
    house.load(1, PAST, patience=math.inf)
    page = house.page()
    clock.advance(1e9)
    house.answer(page, bars())
    assert house.asker.seen() == Response(1, bars())


def test_the_same_again_is_answered_at_once(house: House) -> None:
    house.cached(1, PAST, bars())
    house.load(2, PAST)
    assert house.asker.seen() == Response(2, bars())
    assert house.status() == CandlesStatus(hits=1, misses=1, entries=1, flights=0)
    assert house.router.nothing_more()


@pytest.mark.parametrize(
    "news", [tick(), columns(tick("B"), tick()), CandlesLoaded("A", 60, [Candle(10**10, 1.0, 1.0, 1.0, 1.0)])]
)
def test_news_is_listened_to_only_until_it_has_outdated_the_last_answer(house: House, news: Any) -> None:
    house.cached(1, PRESENT, bars())
    topics = ["tick.A", "candles.A"]
    assert [house.router.seen() for _ in topics] == [SubscribeColumns(topic, house.desk) for topic in topics]
    house.cached(2, LoadCandles("A", PERIOD, 2), bars(2))
    house.desk.tell(Deliver([tick("A2"), news]))
    assert [house.router.seen() for _ in topics] == [Unsubscribe(topic, to=house.desk) for topic in topics]
    assert house.status().entries == 0
    house.load(3, PRESENT)
    assert house.page().id == 3
    assert house.router.nothing_more()


def test_what_it_loads_itself_outdates_nothing(house: House) -> None:
    house.cached(1, PRESENT, bars())
    house.desk.tell(Deliver([CandlesLoaded("A", PERIOD, bars()), CandlesLoaded("A", PERIOD, [])]))
    later = Candle(bars()[-1].time + PERIOD, 1.0, 1.0, 1.0, 1.0)
    house.desk.tell(Deliver([CandlesLoaded("A", 60, [later])]))
    assert house.status().entries == 1


def test_news_is_not_listened_to_once_the_answers_are_too_old(house: House, clock: ManualClock) -> None:
    house.cached(1, PRESENT, bars())
    clock.advance(TTL - 1)
    house.cached(2, LoadCandles("A", PERIOD, 2), bars(2))
    for _ in range(2):
        assert isinstance(house.router.seen(), SubscribeColumns)
    clock.advance(1)
    assert house.status().entries == 1
    assert house.router.nothing_more()
    clock.advance(TTL - 1)
    for _ in range(2):
        assert isinstance(house.router.seen(), Unsubscribe)


def test_a_runtime_that_stops_refuses_what_is_under_way_and_what_still_comes(house: House) -> None:
    house.load(1, PAST)
    house.page()
    house.desk.tell(Drain())
    house.load(2, PAST)
    assert "stopped" in str(house.refusal(1))
    assert "stopping" in str(house.refusal(2))
    house.desk.tell(Response(1, CandlesLoaded("A", PERIOD, bars()), ReplyTo.CANDLES))
    assert house.status().flights == 0
    assert house.outbound.nothing_more()
