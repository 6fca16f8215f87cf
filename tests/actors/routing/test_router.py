"""The router by itself, among recording neighbours."""

import math
import threading
from typing import Any

import pytest

from actors.errors import RequestRefused, RequestTimeout
from actors.messages.commands import LoadCandles, SendRaw, Subscribe
from actors.messages.events import AssetsListed, CandlesLoaded, ConnectionUp
from actors.messages.lifecycle import Begin
from actors.messages.traffic import EventBatch, ReplyTo, Request, RequestDone
from actors.routing.messages import LinkOpened, RouterRefs
from actors.routing.router import Router
from tests.conftest import ManualClock
from tests.doubles.recorder import WAIT, Recording


class _Link:
    def __init__(self) -> None:
        self.closed = threading.Event()

    def fileno(self) -> int:
        raise AssertionError("it is not to be watched")

    def receive(self) -> list[Any]:
        raise AssertionError("it is not to be read")

    def close(self) -> None:
        self.closed.set()


def test_a_link_that_was_opened_too_late_to_be_read_is_closed() -> None:
    busy, go_on, link, subscriber = threading.Event(), threading.Event(), _Link(), Recording()

    def start_subscriber(_: Subscribe) -> Any:
        busy.set()
        assert go_on.wait(WAIT)
        return subscriber.ref

    router = Router.start(start_subscriber, 1.0, {})
    router.tell(Subscribe("", to=print))
    assert busy.wait(WAIT)
    router.tell(LinkOpened("worker-1", 1, link))
    router.stop(block=False)
    go_on.set()
    assert link.closed.wait(WAIT)


class _WayOut:
    """A router and the actors that count its requests."""

    def __init__(self, clock: ManualClock) -> None:
        names = ("limiter", "batcher", "pool", "loader")
        self.limiter, self.batcher, self.pool, self.loader = (Recording(name=name) for name in names)
        self.counting = (self.limiter, self.batcher, self.pool)
        for recording in (*self.counting, self.loader):
            assert recording.seen() == Begin()
        self.router = Router.start(lambda _: None, 1.0, {}, clock=clock)
        self.router.tell(
            RouterRefs(
                outbound=self.limiter.ref,
                pool=self.pool.ref,
                supervisor=self.pool.ref,
                order_desk=self.pool.ref,
                pending_desk=self.pool.ref,
                candle_loader=self.loader.ref,
                parts=(),
                done_to=tuple(recording.ref for recording in self.counting),
            )
        )
        self.router.tell(EventBatch("c1", [ConnectionUp("c1", 1, "r")], 1, 1))
        self.router.tell(EventBatch("c1", [AssetsListed([])], 1, 2))


def test_a_request_without_an_answer_is_done_once_when_its_deadline_passes(clock: ManualClock) -> None:
    way_out = _WayOut(clock)
    answer = way_out.router.ask(SendRaw("x", deadline=1.0), block=False)
    request = way_out.limiter.seen()
    assert (request.reply_to, request.command) == (ReplyTo.ROUTER, SendRaw("x", deadline=1.0))
    clock.advance(1.0)
    with pytest.raises(RequestTimeout):
        answer.get(timeout=WAIT)
    way_out.router.tell(EventBatch("c1", [request.response()], 1, 3))  # too late
    for recording in way_out.counting:
        assert recording.seen() == RequestDone(request.id, succeeded=False)
    way_out.router.ask(Subscribe("", to=way_out.loader.ref), timeout=WAIT)
    assert all(recording.nothing_more() for recording in way_out.counting)


@pytest.mark.parametrize("succeeded", [True, False])
def test_the_answer_to_a_page_ends_its_request_and_goes_to_the_candle_loader(
    clock: ManualClock, succeeded: bool
) -> None:
    way_out = _WayOut(clock)
    page = Request(7, LoadCandles("A", 60), math.inf, reply_to=ReplyTo.CANDLES)
    loaded = CandlesLoaded("A", 60, [])
    answer = page.response(loaded) if succeeded else page.failure(RequestRefused("no such asset"))
    way_out.router.tell(EventBatch("c1", [answer], 1, 3))
    for recording in way_out.counting:
        assert recording.seen() == RequestDone(7, succeeded, ReplyTo.CANDLES)
    assert way_out.loader.seen() == answer


def test_a_page_that_the_candle_loader_gives_up_is_done(clock: ManualClock) -> None:
    way_out = _WayOut(clock)
    done = RequestDone(7, succeeded=False, reply_to=ReplyTo.CANDLES)
    way_out.router.tell(done)
    for recording in way_out.counting:
        assert recording.seen() == done
