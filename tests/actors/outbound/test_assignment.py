"""What the assignment decides, alone and through any sequence of events."""

import math
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from actors.errors import NotSent
from actors.messages.commands import (
    Command,
    LoadCandles,
    PlaceOrder,
    SendRaw,
    SubscribeTicks,
    UnsubscribeTicks,
)
from actors.messages.events import (
    StreamConfirmed,
    StreamDropped,
    StreamReleased,
)
from actors.messages.owners import FILE
from actors.messages.routing import HandoverBegun
from actors.messages.supervision import CloseConnection, OpenConnection
from actors.messages.traffic import Failure, ReplyTo, Request, RequestPart
from actors.outbound.assignment import MOVE_TIMEOUT, Assignment
from actors.outbound.members import PoolPlan
from actors.values import Direction, Life
from tests.doubles.pool_simulation import NAMES, PoolSimulation, simulated_pool
from tests.doubles.supervised_connections import WorkerDouble

IDLE = 60.0
"""Seconds without use after which a connection is closed."""

# Streams


def test_streams_are_spread_over_the_markets_and_the_account_is_left_free() -> None:
    pool = simulated_pool(*"ABCDEFGH")
    assert Counter(pool.placed().values()) == {"c2": 4, "c3": 4}
    assert pool.assignment.members.account == "c1"


def test_the_account_carries_the_streams_for_which_the_markets_have_no_capacity() -> None:
    assert Counter(simulated_pool(*"ABCDEFGHIJ").placed().values()) == {"c1": 2, "c2": 4, "c3": 4}


def test_a_stream_beyond_the_capacity_of_the_pool_is_refused() -> None:
    pool = simulated_pool(*"ABCD", connections=2, cap=2, up=("c1", "c2"))
    id = pool.ask(SubscribeTicks("E"))
    pool.deliver_all()
    assert isinstance(pool.answers[id], Failure)
    assert pool.answers[id].error.name == "RequestRefused"
    assert "E" not in pool.placed()


def test_a_request_for_a_confirmed_stream_is_answered_at_once() -> None:
    pool = simulated_pool("A")
    id = pool.ask(SubscribeTicks("A"))
    pool.pass_on()
    assert pool.answers[id] == StreamConfirmed("A", 60, "c2", 1)
    assert pool.lines["c2"].asked == []


def test_the_streams_of_a_lost_connection_move_to_the_others_at_once() -> None:
    pool = simulated_pool(*"ABCDEF")
    pool.die("c2")
    pool.read("c2")
    pool.deliver()
    assert "" not in pool.placed().values()
    pool.deliver_all()
    assert Counter(name for names in pool.streaming().values() for name in names) == {"c1": 2, "c3": 4}
    pool.rise("c2")
    pool.settle()
    pool.check_rest()
    assert Counter(pool.placed().values()) == {"c2": 3, "c3": 3}


def test_a_move_begins_with_a_message_to_the_router() -> None:
    pool = simulated_pool(*"AB", up=("c1", "c2"))
    pool.rise("c3")
    pool.deliver_all()
    pool.effects.clear()
    pool.rebalance()
    begun, again = pool.effects
    assert begun == HandoverBegun("A", Life("c2", 1), Life("c3", 1))
    assert again == Request(0, SubscribeTicks("A", 60), math.inf, "c3", reply_to=ReplyTo.NONE)
    pool.effects.clear()
    pool.deliver_all()
    assert pool.effects == [Request(0, UnsubscribeTicks("A"), math.inf, "c2", reply_to=ReplyTo.NONE)]


def test_every_tick_of_a_moving_stream_arrives_once() -> None:
    pool = simulated_pool(*"AB", up=("c1", "c2"))
    pool.rise("c3")
    pool.deliver_all()
    pool.rebalance()
    pool.pass_on()
    for _ in range(3):
        pool.tick("A")
    for _ in range(9):
        pool.read("c3")
    pool.answer("c3")
    pool.tick("A")
    pool.settle()
    assert pool.got["A"] == [float(number) for number in range(1, pool.made["A"] + 1)]
    pool.check_rest()


def test_a_move_without_a_confirmation_is_given_up_and_the_stream_stays() -> None:
    pool = simulated_pool(*"AB", up=("c1", "c2"))
    pool.rise("c3")
    pool.deliver_all()
    pool.rebalance()
    pool.lines["c3"].alive = False  # it takes requests and answers none
    pool.pass_on()
    pool.effects.clear()
    pool.rebalance(MOVE_TIMEOUT)
    assert pool.effects == []
    pool.rebalance(0.1)
    assert pool.effects[0] == Request(0, UnsubscribeTicks("A"), math.inf, "c3", reply_to=ReplyTo.NONE)
    assert pool.placed()["A"] == "c2"


def test_a_stale_stream_moves_at_once_or_is_subscribed_to_again_where_it_is() -> None:
    pool = simulated_pool("A")
    pool.execute(pool.assignment.move("A"))
    assert pool.effects == [
        HandoverBegun("A", Life("c2", 1), Life("c3", 1), cut=True),
        Request(0, SubscribeTicks("A", 60), math.inf, "c3", reply_to=ReplyTo.NONE),
        Request(0, UnsubscribeTicks("A"), math.inf, "c2", reply_to=ReplyTo.NONE),
    ]
    pool.settle()
    pool.check_rest()
    alone = simulated_pool("A", connections=1, up=("c1",))
    again = [Request(0, SubscribeTicks("A", 60), math.inf, "c1", reply_to=ReplyTo.NONE)]
    assert alone.assignment.move("A") == alone.assignment.resubscribe("A") == again
    assert alone.assignment.move("B") == alone.assignment.resubscribe("B") == []


def test_a_stream_that_is_dropped_during_its_move_ends_on_both_connections() -> None:
    pool = simulated_pool(*"AB", up=("c1", "c2"))
    pool.rise("c3")
    pool.deliver_all()
    pool.rebalance()
    pool.pass_on()
    pool.drop("A")
    pool.deliver_all()
    assert StreamDropped("A", "program") in pool.effects
    assert "A" not in pool.streaming()
    pool.check_rest()


def test_a_stream_that_is_not_subscribed_cannot_be_dropped() -> None:
    pool = simulated_pool("A")
    pool.drop("B")
    pool.deliver_all()
    assert isinstance(pool.answers[2], Failure)


def test_a_stream_that_is_subscribed_to_again_at_once_survives_the_end_of_its_move() -> None:
    """The release that is left of the move reaches the venue after the new subscription."""
    pool = simulated_pool("A", "B", up=("c1", "c2"))
    pool.rise("c3")
    pool.drop("A")
    pool.read("c3")
    pool.deliver()
    pool.rebalance()
    assert pool.effects == [
        HandoverBegun("A", Life("c2", 1), Life("c3", 1)),
        Request(0, SubscribeTicks("A", 60), math.inf, "c3", reply_to=ReplyTo.NONE),
    ]
    pool.subscribe("A")
    pool.settle()
    pool.check_rest()


def test_capacity_is_not_used_before_the_stream_is_released() -> None:
    """The release is still on its way; the venue drops a stream beyond the limit without a message."""
    pool = simulated_pool("A", "B", up=("c1", "c2"), cap=2)
    pool.rise("c3")
    pool.deliver_all()
    pool.rebalance()
    pool.pass_on()
    pool.answer("c3")
    pool.read("c3")
    pool.subscribe("C", "D")  # before the effects of the confirmation
    pool.deliver()
    pool.deliver_all()
    assert not pool.overloaded


def test_capacity_of_a_stream_that_moved_at_once_is_not_used_before_its_release() -> None:
    pool = simulated_pool("A", "B", "C", connections=2, cap=2, up=("c1", "c2"))
    asset = next(asset for asset, name in pool.placed().items() if name == "c2")
    pool.subscribe("D")
    pool.execute(pool.assignment.move(asset))
    pool.deliver_all()
    assert not pool.overloaded


def test_a_repeated_move_doubles_no_tick() -> None:
    """The rate limit delays its first request for longer than a move may take."""
    pool = simulated_pool("A", "B", up=("c1", "c2"))
    pool.rise("c3")
    pool.deliver_all()
    pool.rebalance()
    pool.rebalance(MOVE_TIMEOUT + 0.1)
    while pool.way_out:
        pool.pass_on()
    while pool.lines["c3"].output:
        pool.read("c3")
    pool.tick("A")
    pool.settle()
    assert pool.got["A"] == [float(number) for number in range(1, pool.made["A"] + 1)]


def test_a_move_that_begins_while_the_loss_of_its_connection_is_on_its_way_loses_nothing() -> None:
    """``ConnectionDown`` has passed the router and has not reached the pool."""
    pool = simulated_pool("A", "B", up=("c1", "c2"))
    pool.rise("c3")
    pool.deliver_all()
    pool.die("c2")
    pool.read("c2")
    pool.rebalance()
    assert HandoverBegun("A", Life("c2", 1), Life("c3", 1)) in pool.effects
    pool.settle()
    pool.check_rest()


# Owners


def test_a_stream_that_others_own_goes_on_and_the_answer_says_so() -> None:
    pool = simulated_pool("A")
    pool.subscribe_attached("A")
    pool.deliver_all()
    pool.effects.clear()
    id = pool.ask(UnsubscribeTicks("A"))
    pool.deliver_all()
    assert pool.answers[id] == "A streams on for peer 1"
    assert not any(isinstance(effect, StreamDropped) for effect in pool.effects)
    assert pool.assignment.status().streams[0].owners == ("peer 1",)
    last = pool.drop_attached("A")
    pool.deliver_all()
    assert pool.answers[last] is None
    assert StreamDropped("A", "peer 1") in pool.effects
    pool.check_rest()


def test_nobody_ends_the_stream_of_another() -> None:
    pool = simulated_pool("A")
    refused = pool.drop_attached("A")
    silent = (
        pool.ask(UnsubscribeTicks("A"), pool.peer.for_subscription),
        pool.ask(UnsubscribeTicks("A"), FILE),
    )
    pool.deliver_all()
    assert "A is streamed for the program, not for peer 1: a stream ends when" in str(
        pool.answers[refused].exception
    )
    assert [pool.answers[id] for id in silent] == [None, None]
    assert pool.placed() == {"A": "c2"}


def test_a_process_that_ends_during_a_move_lets_go_on_both_connections() -> None:
    pool = simulated_pool(up=("c1", "c2"))
    pool.subscribe_attached("A")
    pool.subscribe_attached("B")
    pool.subscribe("B")
    pool.settle()
    pool.rise("c3")
    pool.deliver_all()
    pool.rebalance()
    pool.pass_on()
    ended = pool.peer.name
    pool.end_attached()
    pool.settle()
    assert StreamDropped("A", ended) in pool.effects
    assert pool.placed().keys() == {"B"}
    pool.check_rest()


def test_a_request_on_its_way_from_a_process_that_has_ended_begins_nothing() -> None:
    pool = simulated_pool()
    id = pool.subscribe_attached("A")
    pool.end_attached()
    pool.settle()
    assert str(pool.answers[id].exception) == "peer 1 has ended"
    assert pool.placed() == {}


def test_a_stream_gets_the_period_of_those_that_are_left_back() -> None:
    pool = simulated_pool("A")
    pool.subscribe_attached("A", period=300)
    pool.deliver_all()
    assert pool.lines["c2"].streams == {"A": 300}
    pool.end_attached()
    pool.settle()
    assert pool.lines["c2"].streams == {"A": 60}
    pool.check_rest()


def test_a_pool_that_is_full_says_who_fills_it() -> None:
    pool = simulated_pool("A", connections=1, cap=2, up=("c1",))
    pool.subscribe_attached("B")
    id = pool.ask(SubscribeTicks("C"))
    pool.deliver_all()
    assert str(pool.answers[id].exception) == (
        "the pool carries 2 streams and is full: the program has 1, peer 1 has 1 "
        "(end one, or raise pool.connections)"
    )


# Requests


@pytest.mark.parametrize("command", [LoadCandles("A", 60), SendRaw("x")])
def test_a_request_waits_for_a_connection(command: Command) -> None:
    assignment = PoolSimulation(kept=0).assignment
    request = Request(1, command, 1.0)  # type: ignore[arg-type]
    assert assignment.choose(request, 0.0) == ("", [OpenConnection("c1")])
    assert assignment.on_up(Life("c1", 1), 0.0) == [request]
    assert assignment.on_up(Life("c2", 1), 0.0) == []


def test_an_order_does_not_wait_and_takes_the_connection_of_the_account() -> None:
    pool = PoolSimulation()
    bet = PlaceOrder("A", Decimal(1), Direction.CALL, 60)
    order = Request(1, bet, 1.0, urgent=True, order="o1")
    name, (failure,) = pool.assignment.choose(order, 0.0)
    assert (name, type(failure)) == ("", Failure)
    assert isinstance(failure, Failure)
    assert (type(failure.exception), failure.order) == (NotSent, "o1")
    pool.rise("c1", "c2")
    pool.deliver_all()
    assert pool.assignment.choose(order, 0.0) == ("c1", [])
    pool.assignment.members.on_sent("c1", order, 0.0)
    assert pool.assignment.on_down(Life("c1", 1), 0.0) == []  # the order desk reconciles it


def test_a_lost_read_is_repeated_and_any_other_lost_request_is_answered() -> None:
    pool = simulated_pool(up=("c1", "c2"))
    load, raw = pool.ask(LoadCandles("A", 60)), pool.ask(SendRaw("x", "c2"))
    pool.pass_on()
    pool.pass_on()
    pool.die("c2")
    pool.deliver_all()
    assert pool.answers[load] is None
    assert isinstance(pool.answers[raw], Failure)
    assert pool.answers[raw].error.name == "RequestTimeout"
    assert not pool.flying()


def test_a_restored_stream_is_requested_without_its_former_waiter() -> None:
    """The request would be in flight for ever: its ``RequestDone`` does not come a second time."""
    pool = PoolSimulation(connections=2)
    pool.subscribe("A")
    pool.rise("c1")
    pool.deliver_all()  # it waits for the other connection
    pool.rise("c2")
    pool.deliver_all()
    assert pool.waiters == set()
    pool.die("c2")
    pool.settle()
    sent = [step for step in pool.effects if isinstance(step, Request) and step.part is RequestPart.FIRST]
    assert [request.id for request in sent] == [0, 0]
    pool.check_rest()


def test_a_stream_whose_waiter_has_timed_out_is_still_restored() -> None:
    pool = PoolSimulation(connections=1)
    pool.rise("c1")
    pool.subscribe("A")
    while pool.way_out or pool.lines["c1"].output or pool.to_pool:
        pool.read("c1")
        pool.deliver()
        pool.pass_on()
    pool.die("c1")
    pool.deliver_all()
    pool.expire()
    pool.deliver_all()
    pool.rise("c1")
    pool.settle()
    assert pool.placed() == {"A": "c1"}
    pool.check_rest()


def test_connections_are_opened_as_streams_need_them_and_closed_when_they_are_idle() -> None:
    pool = PoolSimulation(connections=3, cap=1, kept=0)
    pool.execute(pool.assignment.on_wanted())
    assert pool.effects == [OpenConnection("c1")]
    pool.rise("c1")
    pool.subscribe("A", "B")
    pool.deliver_all()
    opened = [step for step in pool.effects if isinstance(step, OpenConnection)]
    assert opened == [OpenConnection("c1"), OpenConnection("c2")]
    pool.rise("c2")
    pool.deliver_all()
    pool.settle()
    pool.check_rest()
    pool.drop("B")
    pool.deliver_all()
    pool.rebalance(61.0)
    pool.deliver_all()
    pool.rebalance(61.0)
    assert len([step for step in pool.effects if isinstance(step, CloseConnection)]) == 1


def test_the_assignment_shows_itself_on_one_line() -> None:
    pool = simulated_pool("A")
    pool.subscribe("B")
    pool.assignment.choose(pool.way_out.popleft(), pool.now)
    assert repr(pool.assignment) == (
        "<Assignment: <StreamPlacement: 1 pending, 1 confirmed, 0 leaving>; 1 awaited, 0 parked; "
        "<Members: 3 up; 0 in flight>>"
    )


# Closing


def test_an_order_does_not_leave_by_a_connection_that_is_being_closed() -> None:
    assignment = Assignment(PoolPlan(("c1", "c2"), 0, 0, 4, IDLE))
    assert assignment.on_wanted() == [OpenConnection("c1")]
    assignment.on_up(Life("c1", 1), 0.0)
    assert assignment.rebalance(IDLE + 1) == [CloseConnection("c1")]
    order = Request(1, PlaceOrder("A", Decimal(1), Direction.CALL, 60), IDLE + 30, urgent=True, order="order")
    connection, _ = assignment.choose(order, IDLE + 1.001)
    assert connection != "c1"


def test_a_connection_that_is_not_kept_is_closed_when_two_of_five_streams_are_left() -> None:
    assignment = Assignment(PoolPlan(("c1", "c2"), 1, 0, 4, IDLE))
    epochs: dict[str, int] = {}
    todo: list[object] = []
    closed: list[str] = []

    def take(steps: Iterable[object], now: float) -> None:
        todo.extend(steps)
        while todo:
            match todo.pop(0):
                case Request() as request:
                    connection, more = assignment.choose(request, now)
                    todo.extend(more)
                    if connection and isinstance(request.command, SubscribeTicks):
                        asset, period = request.command.asset, request.command.period
                        todo.extend(
                            assignment.on_confirmed(
                                StreamConfirmed(asset, period, connection, epochs[connection]), now
                            )
                        )
                    elif connection and isinstance(request.command, UnsubscribeTicks):
                        todo.extend(
                            assignment.on_released(StreamReleased(request.command.asset, connection), now)
                        )
                case OpenConnection(name=name):
                    epochs[name] = 1
                    todo.extend(assignment.on_up(Life(name, 1), now))
                case CloseConnection(name=name):
                    closed.append(name)

    epochs["c1"] = 1
    take(assignment.on_up(Life("c1", 1), 0.0), 0.0)
    for asset in "ABCDE":
        take([Request(0, SubscribeTicks(asset), 1e9, reply_to=ReplyTo.NONE)], 1.0)
    assert set(epochs) == {"c1", "c2"}
    for asset in "ABC":
        take([Request(0, UnsubscribeTicks(asset), 1e9, reply_to=ReplyTo.NONE)], 2.0)
    for now in range(3, 3 + 10 * int(IDLE)):
        take(assignment.rebalance(float(now)), float(now))
    assert closed == ["c2"]


def test_a_kept_connection_whose_worker_is_given_up_is_replaced_until_the_worker_is_back() -> None:
    assignment = Assignment(PoolPlan(("c1", "c2", "c3"), 1, 0, 4, IDLE))
    assert assignment.on_placed("c1", WorkerDouble(1)) == []
    assignment.on_up(Life("c1", 1), 0.0)
    assignment.on_down(Life("c1", 1), 0.0)
    assert assignment.on_placed("c1", None) == [OpenConnection("c2")]
    assignment.on_up(Life("c2", 1), 0.0)
    assert assignment.rebalance(IDLE + 1) == []
    assert assignment.on_placed("c1", WorkerDouble(2)) == []
    assert assignment.rebalance(IDLE + 1) == [CloseConnection("c2")]


# Any sequence of events

ANY_NAME = st.sampled_from(NAMES)
ANY_ASSET = st.sampled_from("ABCDEFG")
ON_THEIR_WAY = [
    st.tuples(st.just("read"), ANY_NAME),
    st.tuples(st.just("answer"), ANY_NAME),
    st.tuples(st.just("pass"), st.just("")),
    st.tuples(st.just("deliver"), st.just("")),
]
CALM = [
    st.tuples(st.just("tick"), ANY_ASSET),
    st.tuples(st.just("rebalance"), st.just("")),
    st.tuples(st.just("rise"), ANY_NAME),
    st.tuples(st.just("subscribe"), ANY_ASSET),
]
REQUESTS = [
    st.tuples(st.just("drop"), ANY_ASSET),
    st.tuples(st.just("subscribe_attached"), ANY_ASSET),
    st.tuples(st.just("drop_attached"), ANY_ASSET),
    st.tuples(st.just("end_attached"), st.just("")),
    st.tuples(st.just("expire"), st.just("")),
]
TROUBLE = [
    st.tuples(st.just("die"), ANY_NAME),
    st.tuples(st.just("move"), ANY_ASSET),
    st.tuples(st.just("again"), ANY_ASSET),
]
PLANS = st.sampled_from([(2, 0, 2, 0), (3, 0, 2, 1), (3, 1, 2, 0), (4, 1, 1, 0), (4, 0, 3, 2)])
"""Connections, standbys, streams per connection, and how many connections are down at first."""


def play(plan: tuple[int, int, int, int], steps: list[tuple[str, str]], *, at_once: bool) -> PoolSimulation:
    """A pool that carries three streams, some time after these steps."""
    connections, standby, cap, late = plan
    pool = PoolSimulation(connections, cap=cap, standby=standby)
    pool.rise(*pool.names[: connections - late])
    pool.subscribe("A", "B", "C")
    pool.settle()
    for what, which in steps:
        if which in NAMES and which not in pool.names:
            continue
        match what:
            case "subscribe_attached" | "drop_attached":
                getattr(pool, what)(which)
            case "read" | "answer" | "rise" | "die" | "tick" | "subscribe" | "drop":
                getattr(pool, what)(which)
            case "deliver" | "rebalance" | "expire" | "end_attached":
                getattr(pool, what)()
            case "pass":
                pool.pass_on()
            case "move":
                pool.execute(pool.assignment.move(which))
            case "again":
                pool.execute(pool.assignment.resubscribe(which))
        if at_once:
            pool.deliver_all()
    pool.settle()
    return pool


@settings(max_examples=150)
@given(PLANS, st.lists(st.one_of(*CALM, *REQUESTS, *TROUBLE), max_size=60))
def test_through_any_losses_every_stream_arrives_once_over_one_connection(
    plan: tuple[int, int, int, int], steps: list[tuple[str, str]]
) -> None:
    pool = play(plan, steps, at_once=True)
    assert not pool.overloaded
    pool.check_rest()
    for times in pool.got.values():
        assert times == sorted(set(times))


@settings(max_examples=150)
@given(PLANS, st.lists(st.one_of(*CALM, *ON_THEIR_WAY), max_size=80))
def test_nothing_is_lost_or_doubled_while_connections_come_up_one_by_one(
    plan: tuple[int, int, int, int], steps: list[tuple[str, str]]
) -> None:
    pool = play(plan, steps, at_once=False)
    assert not pool.overloaded
    pool.check_rest()
    for asset, times in pool.got.items():
        assert times == [float(number) for number in range(int(times[0]), pool.made[asset] + 1)]


@settings(max_examples=150)
@given(PLANS, st.lists(st.one_of(*CALM, *REQUESTS, *TROUBLE, *ON_THEIR_WAY), max_size=80))
def test_in_any_order_of_messages_the_pool_comes_to_a_correct_rest(
    plan: tuple[int, int, int, int], steps: list[tuple[str, str]]
) -> None:
    pool = play(plan, steps, at_once=False)
    assert not pool.overloaded
    pool.check_rest()
