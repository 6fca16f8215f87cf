"""The rate limiter as an actor: which requests leave, when, and which are refused."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from actors.engine.dispatcher import Dispatcher
from actors.errors import Halted, NotSent, RateLimited
from actors.messages.commands import PlaceOrder, SendRaw, SubscribeTicks, TradingCommand, VenueCommand
from actors.messages.control import Drain, Reconfigure
from actors.messages.events import ConnectionDown, ConnectionUp
from actors.messages.outbound import (
    AdmitStreams,
    ConnectionWanted,
    HoldStreams,
    ResumeOrders,
    StopOrders,
)
from actors.messages.status import Describe, Described, LimiterStatus
from actors.messages.traffic import Failure, ReplyTo, Request, RequestDone, RequestPart
from actors.outbound.rate_limiter import RateLimiter
from actors.rates import Allowance, Rate
from actors.values import Direction
from tests.conftest import ManualClock
from tests.doubles.recorder import Recording
from tests.doubles.unserved import handle_all

TEXT = SendRaw("x")
ORDER = PlaceOrder("A", Decimal(1), Direction.CALL, 60)
UP = ConnectionUp("c1", 1, "r")


def test_a_stream_that_is_restored_after_each_of_fifty_losses_does_not_wait_fifty_times() -> None:
    out, sink = Recording(), Recording()
    allowance = Allowance((Rate(2, 3600.0),), 10)
    limiter = RateLimiter.start(allowance, {}, outbound=out.ref, pool=sink.ref, router=sink.ref)
    for epoch in range(1, 51):
        limiter.tell(ConnectionUp("c1", epoch, "r"))
        limiter.tell(Request(0, SubscribeTicks("A", 60), math.inf, "c1", reply_to=ReplyTo.NONE))
    limiter.tell(Describe(1, sink.ref))
    while not isinstance(described := sink.seen(), Described):
        pass  # Begin, and ConnectionWanted
    assert isinstance(described.part, LimiterStatus)
    assert described.part.waiting <= 1


class Scene:
    """A limiter that admits two messages a second and has one unanswered request at most."""

    def __init__(self, clock: ManualClock, *, subscribed_by_first: bool = False) -> None:
        self.clock = clock
        self.sent: list[Request] = []
        self.failures: list[Failure] = []
        self.wanted = 0
        self.limiter = RateLimiter(
            Allowance((Rate(2, 1.0),), 1),
            {SubscribeTicks: 2},
            subscribed_by_first,
            outbound=_Told(self.sent.append),
            pool=_Told(self._want),
            router=_Told(lambda batch: self.failures.extend(batch.items)),
            dispatcher=Dispatcher(clock, "test"),
        )

    def _want(self, message: Any) -> None:
        assert message == ConnectionWanted()
        self.wanted += 1

    def tell(self, *messages: Any) -> None:
        for message in messages:
            self.limiter.actor_ref.tell(message)
            handle_all(self.limiter)

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds)
        handle_all(self.limiter)

    def errors(self) -> list[tuple[int, type[Exception]]]:
        return [(failure.request, type(failure.exception)) for failure in self.failures]

    def request(self, id: int, patience: float = 30.0, command: VenueCommand = TEXT) -> Request:
        urgent = isinstance(command, TradingCommand)
        order = f"o{id}" if isinstance(command, PlaceOrder) else ""
        return Request(id, command, self.clock() + patience, urgent=urgent, order=order)


class _Told:
    def __init__(self, receive: Callable[[Any], object]) -> None:
        self._receive = receive

    def tell(self, message: Any) -> None:
        self._receive(message)


@pytest.fixture
def scene(clock: ManualClock) -> Scene:
    scene = Scene(clock)
    scene.tell(UP)
    return scene


def test_without_a_connection_nothing_leaves_and_one_is_wanted(clock: ManualClock) -> None:
    scene = Scene(clock)
    request = scene.request(1)
    scene.tell(request)
    assert (scene.sent, scene.wanted) == ([], 1)
    scene.tell(UP)
    assert scene.sent == [request]


def test_a_late_end_of_an_earlier_life_holds_nothing_back(scene: Scene) -> None:
    scene.tell(ConnectionUp("c1", 2, "r"), ConnectionDown("c1", 1, "r", "lost", was_ready=True))
    scene.tell(scene.request(1))
    assert [request.id for request in scene.sent] == [1]


def test_the_next_request_leaves_when_the_one_before_is_done(scene: Scene) -> None:
    scene.tell(scene.request(1), scene.request(2))
    assert [request.id for request in scene.sent] == [1]
    scene.later(1.0)
    assert [request.id for request in scene.sent] == [1]
    scene.tell(RequestDone(1))
    assert [request.id for request in scene.sent] == [1, 2]


def test_equal_ids_of_two_actors_are_two_requests(scene: Scene) -> None:
    scene.tell(scene.request(1), scene.request(2), RequestDone(1, reply_to=ReplyTo.CANDLES))
    assert [request.id for request in scene.sent] == [1]


def test_a_request_that_would_wait_beyond_its_deadline_is_refused_at_once(scene: Scene) -> None:
    scene.tell(scene.request(1), scene.request(2), scene.request(3, patience=0.5))
    assert scene.errors() == [(3, RateLimited)]


def test_a_request_that_is_held_for_an_instant_is_not_said_to_be_held_for_no_time(scene: Scene) -> None:
    scene.tell(*(scene.request(number, command=ORDER) for number in (1, 2)))
    scene.later(0.99)
    scene.tell(scene.request(3, patience=0.001, command=ORDER))
    [failure] = scene.failures
    assert (failure.request, type(failure.exception)) == (3, RateLimited)
    assert "holds it for 0.1 s" in str(failure.exception)


@pytest.mark.parametrize("earlier", [0, 2])
def test_a_request_that_comes_after_its_deadline_is_not_said_to_be_held_by_a_limit(
    scene: Scene, earlier: int
) -> None:
    scene.tell(*(scene.request(number, command=ORDER) for number in range(earlier)))
    scene.tell(scene.request(3, patience=-0.1))
    assert scene.errors() == [(3, NotSent)]
    assert "its deadline passed" in str(scene.failures[0].exception)


def test_a_request_that_is_done_while_it_waits_does_not_leave(scene: Scene) -> None:
    scene.tell(scene.request(1), scene.request(2), RequestDone(2), RequestDone(1))
    scene.later(2.0)
    assert [request.id for request in scene.sent] == [1]
    scene.tell(scene.request(3))
    assert [request.id for request in scene.sent] == [1, 3]


def test_the_desk_is_told_of_an_order_that_is_done_before_it_was_sent(scene: Scene) -> None:
    scene.tell(*(scene.request(number, command=ORDER) for number in (1, 2, 3)))
    assert [request.id for request in scene.sent] == [1, 2]
    scene.tell(RequestDone(3, succeeded=False))
    assert [(failure.order, type(failure.exception)) for failure in scene.failures] == [("o3", NotSent)]


def test_an_order_is_refused_at_its_deadline(scene: Scene) -> None:
    scene.tell(scene.request(1, command=ORDER), scene.request(2, command=ORDER))
    scene.tell(ConnectionDown("c1", 1, "r", "lost", was_ready=True))
    scene.tell(scene.request(3, patience=5.0, command=ORDER))
    scene.later(5.0)
    scene.tell(UP)
    assert scene.errors() == [(3, NotSent)]
    assert [request.id for request in scene.sent] == [1, 2]


def test_a_halt_refuses_the_orders_that_wait_and_those_that_come(scene: Scene) -> None:
    scene.tell(*(scene.request(number, command=ORDER) for number in (1, 2, 3)))
    scene.tell(StopOrders("news"), scene.request(4, command=ORDER))
    assert scene.errors() == [(3, Halted), (4, Halted)]
    scene.tell(ResumeOrders(), scene.request(5, command=ORDER))
    scene.later(1.0)
    assert [request.id for request in scene.sent] == [1, 2, 5]


def test_a_stop_refuses_the_orders_that_wait(scene: Scene) -> None:
    scene.tell(*(scene.request(number, command=ORDER) for number in (1, 2, 3)), Drain())
    assert scene.errors() == [(3, NotSent)]


def test_what_waits_at_its_end_is_said_not_to_have_left(scene: Scene) -> None:
    """Also what it has not taken out of its inbox."""
    scene.tell(scene.request(1, command=ORDER), scene.request(2))
    unawaited = Request(0, SubscribeTicks("A", 60), math.inf, "c1", reply_to=ReplyTo.NONE)
    scene.limiter.release([scene.request(3, command=ORDER), RequestDone(9), unawaited])
    assert scene.errors() == [(2, NotSent), (3, NotSent)]
    assert [request.id for request in scene.sent] == [1]


def test_a_stream_costs_as_many_messages_as_the_venue_says(scene: Scene) -> None:
    scene.tell(scene.request(1, command=SubscribeTicks("A", 60)), scene.request(2))
    assert [request.id for request in scene.sent] == [1]
    scene.later(1.0)
    assert [request.id for request in scene.sent] == [1, 2]


def test_a_stream_without_a_confirmation_holds_no_other_request_back(scene: Scene) -> None:
    scene.tell(scene.request(1, command=SubscribeTicks("A", 60)))
    scene.later(1.0)
    scene.tell(scene.request(2))
    assert [request.id for request in scene.sent] == [1, 2]


def test_a_new_allowance_holds_at_once(scene: Scene) -> None:
    scene.tell(scene.request(1), scene.request(2))
    scene.tell(Reconfigure(Allowance((Rate(100, 1.0),), 2)))
    assert [request.id for request in scene.sent] == [1, 2]


# -- streams at the start -------------------------------------------------------------------------------


def stream(asset: str, number: int = 0, part: RequestPart = RequestPart.WHOLE) -> Request:
    if number:
        return Request(number, SubscribeTicks(asset, 60), math.inf, part=part)
    return Request(0, SubscribeTicks(asset, 60), math.inf, "c1", reply_to=ReplyTo.NONE, part=part)


def test_streams_that_are_held_pass_in_their_order_once_they_are_admitted(clock: ManualClock) -> None:
    scene = Scene(clock, subscribed_by_first=True)
    scene.tell(HoldStreams(), stream("A", 1), stream("B", 2))
    assert scene.wanted
    scene.tell(UP, Request(3, TEXT, math.inf))
    assert [request.id for request in scene.sent] == [3]
    scene.tell(stream("C", 4), AdmitStreams())
    scene.later(1.0)
    scene.later(1.0)
    assert [request.id for request in scene.sent] == [3, 1, 2, 4]


def test_a_held_stream_that_is_no_longer_awaited_is_withdrawn(clock: ManualClock) -> None:
    scene = Scene(clock)
    scene.tell(HoldStreams(), UP, stream("A", 1), RequestDone(1), AdmitStreams())
    assert scene.sent == []
    assert [failure.request for failure in scene.failures] == [1]


def test_all_streams_begin_before_the_rest_of_any_is_sent(clock: ManualClock) -> None:
    scene = Scene(clock, subscribed_by_first=True)
    scene.tell(UP, stream("A", 1), stream("B", 2), stream("A", part=RequestPart.REST), stream("C", 3))
    assert [(each.id, each.part) for each in scene.sent] == [(1, RequestPart.FIRST), (2, RequestPart.FIRST)]
    scene.later(1.0)
    assert [(each.id, each.part) for each in scene.sent[2:]] == [
        (3, RequestPart.FIRST),
        (0, RequestPart.REST),
    ]


def test_a_stream_that_moves_leaves_as_a_whole(clock: ManualClock) -> None:
    scene = Scene(clock, subscribed_by_first=True)
    scene.tell(UP, stream("A"), stream("B", 1))
    assert [each.part for each in scene.sent] == [RequestPart.WHOLE]  # it is both messages of this second


def test_where_the_first_message_does_not_begin_a_stream_each_leaves_as_a_whole(
    clock: ManualClock,
) -> None:
    scene = Scene(clock)
    scene.tell(UP, stream("A", part=RequestPart.FIRST))
    assert [each.part for each in scene.sent] == [RequestPart.WHOLE]
