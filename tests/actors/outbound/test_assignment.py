"""What the assignment decides, and that it ends well whatever happens."""

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
from actors.messages.routing import HandoverBegun
from actors.messages.supervision import CloseConnection, OpenConnection
from actors.messages.traffic import Failure, ReplyTo, Request
from actors.outbound.assignment import MOVE_TIMEOUT, Assignment
from actors.outbound.members import PoolPlan
from actors.values import Direction, Life
from tests.doubles.pool_simulation import NAMES, House, house
from tests.doubles.supervised_connections import WorkerDouble

IDLE = 60.0
"""Seconds without use after which a connection is closed."""

# Streams


def test_streams_are_spread_over_the_markets_and_the_account_is_left_free() -> None:
    found = house(*"ABCDEFGH")
    assert Counter(found.placed().values()) == {"c2": 4, "c3": 4}
    assert found.assignment.members.account == "c1"


def test_the_account_carries_what_the_markets_have_no_room_for() -> None:
    assert Counter(house(*"ABCDEFGHIJ").placed().values()) == {"c1": 2, "c2": 4, "c3": 4}


def test_what_the_pool_cannot_carry_is_refused() -> None:
    found = house(*"ABCD", connections=2, cap=2, up=("c1", "c2"))
    id = found.ask(SubscribeTicks("E"))
    found.arrive()
    assert isinstance(found.answers[id], Failure)
    assert found.answers[id].error.name == "RequestRefused"
    assert "E" not in found.placed()


def test_what_streams_already_is_answered_at_once() -> None:
    found = house("A")
    id = found.ask(SubscribeTicks("A"))
    found.pass_on()
    assert found.answers[id] == StreamConfirmed("A", 60, "c2", 1)
    assert found.lines["c2"].asked == []


def test_the_streams_of_a_lost_connection_go_to_the_others_at_once() -> None:
    found = house(*"ABCDEF")
    found.die("c2")
    found.read("c2")
    found.hear()
    assert "" not in found.placed().values()
    found.arrive()
    assert Counter(name for names in found.streaming().values() for name in names) == {"c1": 2, "c3": 4}
    found.rise("c2")
    found.settle_down()
    found.check_rest()
    assert Counter(found.placed().values()) == {"c2": 3, "c3": 3}


def test_a_move_begins_with_the_word_to_the_router() -> None:
    found = house(*"AB", up=("c1", "c2"))
    found.rise("c3")
    found.arrive()
    found.steps.clear()
    found.tend()
    begun, again = found.steps
    assert begun == HandoverBegun("A", Life("c2", 1), Life("c3", 1))
    assert again == Request(0, SubscribeTicks("A", 60), math.inf, "c3", reply_to=ReplyTo.NOBODY)
    found.steps.clear()
    found.arrive()
    assert found.steps == [Request(0, UnsubscribeTicks("A"), math.inf, "c2", reply_to=ReplyTo.NOBODY)]


def test_every_tick_of_a_stream_that_moves_comes_once() -> None:
    found = house(*"AB", up=("c1", "c2"))
    found.rise("c3")
    found.arrive()
    found.tend()
    found.pass_on()
    for _ in range(3):
        found.tick("A")
    for _ in range(9):
        found.read("c3")
    found.answer("c3")
    found.tick("A")
    found.settle_down()
    assert found.got["A"] == [float(number) for number in range(1, found.made["A"] + 1)]
    found.check_rest()


def test_a_move_that_nobody_confirms_is_given_up_and_the_stream_stays() -> None:
    found = house(*"AB", up=("c1", "c2"))
    found.rise("c3")
    found.arrive()
    found.tend()
    found.lines["c3"].alive = False  # it takes and says nothing
    found.pass_on()
    found.steps.clear()
    found.tend(MOVE_TIMEOUT)
    assert found.steps == []
    found.tend(0.1)
    assert found.steps[0] == Request(0, UnsubscribeTicks("A"), math.inf, "c3", reply_to=ReplyTo.NOBODY)
    assert found.placed()["A"] == "c2"


def test_a_stream_that_does_not_come_is_moved_at_once_or_subscribed_again_where_it_is() -> None:
    found = house("A")
    found.take(found.assignment.move("A"))
    assert found.steps == [
        HandoverBegun("A", Life("c2", 1), Life("c3", 1), cut=True),
        Request(0, SubscribeTicks("A", 60), math.inf, "c3", reply_to=ReplyTo.NOBODY),
        Request(0, UnsubscribeTicks("A"), math.inf, "c2", reply_to=ReplyTo.NOBODY),
    ]
    found.settle_down()
    found.check_rest()
    alone = house("A", connections=1, up=("c1",))
    again = [Request(0, SubscribeTicks("A", 60), math.inf, "c1", reply_to=ReplyTo.NOBODY)]
    assert alone.assignment.move("A") == alone.assignment.resubscribe("A") == again
    assert alone.assignment.move("B") == alone.assignment.resubscribe("B") == []


def test_a_stream_that_is_dropped_on_its_way_ends_at_both_ends() -> None:
    found = house(*"AB", up=("c1", "c2"))
    found.rise("c3")
    found.arrive()
    found.tend()
    found.pass_on()
    found.drop("A")
    found.arrive()
    assert StreamDropped("A") in found.steps
    assert "A" not in found.streaming()
    found.check_rest()


def test_what_is_not_subscribed_cannot_be_dropped() -> None:
    found = house("A")
    found.drop("B")
    found.arrive()
    assert isinstance(found.answers[2], Failure)


def test_a_stream_that_is_wished_for_again_at_once_outlives_the_end_of_its_move() -> None:
    """What is left of the move, a request to let go, comes out behind the new wish."""
    found = house("A", "B", up=("c1", "c2"))
    found.rise("c3")
    found.drop("A")
    found.read("c3")
    found.hear()
    found.tend()
    assert found.steps == [
        HandoverBegun("A", Life("c2", 1), Life("c3", 1)),
        Request(0, SubscribeTicks("A", 60), math.inf, "c3", reply_to=ReplyTo.NOBODY),
    ]
    found.wish("A")
    found.settle_down()
    found.check_rest()


def test_room_that_is_not_free_yet_is_not_given_away() -> None:
    """The request to let go is still on its way out; the venue would drop a stream without a word."""
    found = house("A", "B", up=("c1", "c2"), cap=2)
    found.rise("c3")
    found.arrive()
    found.tend()
    found.pass_on()
    found.answer("c3")
    found.read("c3")
    found.wish("C", "D")  # ahead of what follows from the confirmation
    found.hear()
    found.arrive()
    assert not found.overloaded


def test_room_that_a_cut_stream_leaves_is_not_given_away_either() -> None:
    found = house("A", "B", "C", connections=2, cap=2, up=("c1", "c2"))
    asset = next(asset for asset, name in found.placed().items() if name == "c2")
    found.wish("D")
    found.take(found.assignment.move(asset))
    found.arrive()
    assert not found.overloaded


def test_a_move_that_is_tried_again_doubles_no_tick() -> None:
    """The rate limit held its first request back for longer than a move may take."""
    found = house("A", "B", up=("c1", "c2"))
    found.rise("c3")
    found.arrive()
    found.tend()
    found.tend(MOVE_TIMEOUT + 0.1)
    while found.way_out:
        found.pass_on()
    while found.lines["c3"].said:
        found.read("c3")
    found.tick("A")
    found.settle_down()
    assert found.got["A"] == [float(number) for number in range(1, found.made["A"] + 1)]


def test_a_move_that_is_begun_after_a_death_that_the_router_knows_of_silences_nothing() -> None:
    """The news of the death have passed the router, and are on their way to the pool."""
    found = house("A", "B", up=("c1", "c2"))
    found.rise("c3")
    found.arrive()
    found.die("c2")
    found.read("c2")
    found.tend()
    assert HandoverBegun("A", Life("c2", 1), Life("c3", 1)) in found.steps
    found.settle_down()
    found.check_rest()


# Requests


@pytest.mark.parametrize("command", [LoadCandles("A", 60), SendRaw("x")])
def test_a_request_waits_for_a_connection(command: Command) -> None:
    assignment = House(kept=0).assignment
    request = Request(1, command, 1.0)  # type: ignore[arg-type]
    assert assignment.choose(request, 0.0) == ("", [OpenConnection("c1")])
    assert assignment.on_up(Life("c1", 1), 0.0) == [request]
    assert assignment.on_up(Life("c2", 1), 0.0) == []


def test_an_order_does_not_wait_and_takes_the_accounts_connection() -> None:
    found = House()
    bet = PlaceOrder("A", Decimal(1), Direction.CALL, 60)
    order = Request(1, bet, 1.0, urgent=True, order="o1")
    name, (failure,) = found.assignment.choose(order, 0.0)
    assert (name, type(failure)) == ("", Failure)
    assert isinstance(failure, Failure)
    assert (type(failure.exception), failure.order) == (NotSent, "o1")
    found.rise("c1", "c2")
    found.arrive()
    assert found.assignment.choose(order, 0.0) == ("c1", [])
    found.assignment.members.on_sent("c1", order, 0.0)
    assert found.assignment.on_down(Life("c1", 1), 0.0) == []  # the desk finds out what became of it


def test_a_read_that_is_lost_is_repeated_and_what_must_not_be_is_answered() -> None:
    found = house(up=("c1", "c2"))
    load, raw = found.ask(LoadCandles("A", 60)), found.ask(SendRaw("x"))
    found.pass_on()
    found.pass_on()
    found.die("c2")
    found.arrive()
    assert found.answers[load] is None
    assert isinstance(found.answers[raw], Failure)
    assert found.answers[raw].error.name == "RequestTimeout"
    assert not found.flying()


def test_a_wish_that_was_answered_is_not_made_again_in_the_name_of_who_waited() -> None:
    """It would be in flight for ever, here and at the limiter: nobody settles it a second time."""
    found = House(connections=2)
    found.wish("A")
    found.rise("c1")
    found.arrive()  # it waits, for the other is about to come
    found.rise("c2")
    found.arrive()
    assert found.waiters == set()
    found.die("c2")
    found.settle_down()
    assert [step.id for step in found.steps if isinstance(step, Request)] == [0, 0]
    found.check_rest()


def test_a_wish_whose_waiter_has_lost_patience_is_made_again_in_nobodys_name() -> None:
    found = House(connections=1)
    found.rise("c1")
    found.wish("A")
    while found.way_out or found.lines["c1"].said or found.news:
        found.read("c1")
        found.hear()
        found.pass_on()
    found.die("c1")
    found.arrive()
    found.expire()
    found.arrive()
    found.rise("c1")
    found.settle_down()
    assert found.placed() == {"A": "c1"}
    found.check_rest()


def test_connections_are_opened_as_streams_need_them_and_closed_when_they_are_idle() -> None:
    found = House(connections=3, cap=1, kept=0)
    found.take(found.assignment.on_wanted())
    assert found.steps == [OpenConnection("c1")]
    found.rise("c1")
    found.wish("A", "B")
    found.arrive()
    opened = [step for step in found.steps if isinstance(step, OpenConnection)]
    assert opened == [OpenConnection("c1"), OpenConnection("c2")]
    found.rise("c2")
    found.arrive()
    found.settle_down()
    found.check_rest()
    found.drop("B")
    found.arrive()
    found.tend(61.0)
    found.arrive()
    found.tend(61.0)
    assert len([step for step in found.steps if isinstance(step, CloseConnection)]) == 1


def test_the_assignment_shows_itself_on_one_line() -> None:
    found = house("A")
    found.wish("B")
    found.assignment.choose(found.way_out.popleft(), found.now)
    assert repr(found.assignment) == (
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


def test_a_connection_beyond_those_kept_is_closed_when_two_streams_are_left_of_five() -> None:
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
        take([Request(0, SubscribeTicks(asset), 1e9, reply_to=ReplyTo.NOBODY)], 1.0)
    assert set(epochs) == {"c1", "c2"}
    for asset in "ABC":
        take([Request(0, UnsubscribeTicks(asset), 1e9, reply_to=ReplyTo.NOBODY)], 2.0)
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


# Whatever happens

ANY_NAME = st.sampled_from(NAMES)
ANY_ASSET = st.sampled_from("ABCDEFG")
ON_THEIR_WAY = [
    st.tuples(st.just("read"), ANY_NAME),
    st.tuples(st.just("answer"), ANY_NAME),
    st.tuples(st.just("pass"), st.just("")),
    st.tuples(st.just("hear"), st.just("")),
]
CALM = [
    st.tuples(st.just("tick"), ANY_ASSET),
    st.tuples(st.just("tend"), st.just("")),
    st.tuples(st.just("rise"), ANY_NAME),
    st.tuples(st.just("wish"), ANY_ASSET),
]
WISHES = [st.tuples(st.just("drop"), ANY_ASSET), st.tuples(st.just("expire"), st.just(""))]
TROUBLE = [
    st.tuples(st.just("die"), ANY_NAME),
    st.tuples(st.just("move"), ANY_ASSET),
    st.tuples(st.just("again"), ANY_ASSET),
]
PLANS = st.sampled_from([(2, 0, 2, 0), (3, 0, 2, 1), (3, 1, 2, 0), (4, 1, 1, 0), (4, 0, 3, 2)])
"""Connections, those that stand by, streams on each, and how many connections are not up at first."""


def play(plan: tuple[int, int, int, int], steps: list[tuple[str, str]], *, at_once: bool) -> House:
    """A house that carries three streams, as it is some time after these steps."""
    connections, standby, cap, late = plan
    found = House(connections, cap=cap, standby=standby)
    found.rise(*found.names[: connections - late])
    found.wish("A", "B", "C")
    found.settle_down()
    for what, which in steps:
        if which in NAMES and which not in found.names:
            continue
        match what:
            case "read" | "answer" | "rise" | "die" | "tick" | "wish" | "drop":
                getattr(found, what)(which)
            case "hear" | "tend" | "expire":
                getattr(found, what)()
            case "pass":
                found.pass_on()
            case "move":
                found.take(found.assignment.move(which))
            case "again":
                found.take(found.assignment.resubscribe(which))
        if at_once:
            found.arrive()
    found.settle_down()
    return found


@settings(max_examples=150)
@given(PLANS, st.lists(st.one_of(*CALM, *WISHES, *TROUBLE), max_size=60))
def test_through_any_life_every_stream_comes_over_one_connection_once(
    plan: tuple[int, int, int, int], steps: list[tuple[str, str]]
) -> None:
    found = play(plan, steps, at_once=True)
    assert not found.overloaded
    found.check_rest()
    for times in found.got.values():
        assert times == sorted(set(times))


@settings(max_examples=150)
@given(PLANS, st.lists(st.one_of(*CALM, *ON_THEIR_WAY), max_size=80))
def test_nothing_is_lost_or_doubled_while_connections_come_up_one_by_one(
    plan: tuple[int, int, int, int], steps: list[tuple[str, str]]
) -> None:
    found = play(plan, steps, at_once=False)
    assert not found.overloaded
    found.check_rest()
    for asset, times in found.got.items():
        assert times == [float(number) for number in range(int(times[0]), found.made[asset] + 1)]


@settings(max_examples=150)
@given(PLANS, st.lists(st.one_of(*CALM, *WISHES, *TROUBLE, *ON_THEIR_WAY), max_size=80))
def test_in_whatever_order_things_arrive_it_ends_well(
    plan: tuple[int, int, int, int], steps: list[tuple[str, str]]
) -> None:
    found = play(plan, steps, at_once=False)
    assert not found.overloaded
    found.check_rest()
