"""The router by itself, among recording neighbours."""

import math
import queue
import threading
from decimal import Decimal
from typing import Any

import pytest
from loguru import logger

from actors.errors import NotSent, OrderUnknown, RequestError, RequestRefused, RequestTimeout
from actors.messages.commands import (
    CancelPendingOrder,
    CheckTopic,
    Command,
    Connect,
    Disconnect,
    GetBalance,
    GetPayout,
    GetStatus,
    Halt,
    LoadCandles,
    PlaceOrder,
    PlacePendingOrder,
    Restart,
    SendRaw,
    Subscribe,
    SubscribeTicks,
    Unsubscribe,
    UnsubscribeTicks,
)
from actors.messages.control import Drain
from actors.messages.events import (
    AssetsListed,
    BalanceChanged,
    CandlesLoaded,
    CommandFailed,
    ConnectionDown,
    ConnectionUp,
    StreamConfirmed,
)
from actors.messages.lifecycle import Begin
from actors.messages.orders import HaltTrading, TradingRequest, Withdraw
from actors.messages.outbound import ConnectionWanted
from actors.messages.owners import PROGRAM, AskOwners, Owner, OwnerBegan, OwnerEnded, OwnersTold
from actors.messages.routing import Asked, CannotGoOn, GivenUp
from actors.messages.supervision import ConnectAll, DisconnectAll
from actors.messages.traffic import EventBatch, Failure, ReplyTo, Request, RequestDone, Response
from actors.routing.messages import LinkOpened, RouterRefs
from actors.routing.router import Router
from actors.routing.streams import STREAM_DUE
from actors.values import AccountKind, Balance, Direction, Tick
from tests.conftest import ManualClock
from tests.doubles.message_samples import ASSET
from tests.doubles.recorder import WAIT, Recording
from tests.doubles.tick_columns import columns


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


class _Neighbours:
    """A router that has seen nothing yet, and the actors that it sends to."""

    def __init__(self, clock: ManualClock) -> None:
        self.limiter, self.pool, self.supervisor = (_started(name) for name in ("limiter", "pool", "sup"))
        self.order_desk, self.pending_desk = _started("order desk"), _started("pending desk")
        self.loader, self.listener = _started("loader"), _started("listener")
        self.configured, self.bars = _started("configured streams"), _started("bar builder")
        self.router = Router.start(lambda _: None, 1.0, {GetPayout: "the venue has none"}, clock=clock)
        self.router.tell(
            RouterRefs(
                outbound=self.limiter.ref,
                pool=self.pool.ref,
                supervisor=self.supervisor.ref,
                order_desk=self.order_desk.ref,
                pending_desk=self.pending_desk.ref,
                history_loader=self.loader.ref,
                bars=self.bars.ref,
                configured=self.configured.ref,
                parts=(),
                done_to=(self.limiter.ref,),
            )
        )

    def ask(self, command: Command) -> Any:
        """A future."""
        return self.router.ask(command, block=False)

    def publish(self, *items: Any, epoch: int = 0, sequence: int = 0) -> None:
        self.router.tell(EventBatch("c1", list(items), epoch, sequence))

    def listen(self, topic: str) -> None:
        assert self.router.ask(Subscribe(topic, to=self.listener.ref), timeout=WAIT) == topic


def _started(name: str) -> Recording:
    actor = Recording(name=name)
    assert actor.seen() == Begin()
    return actor


@pytest.fixture
def neighbours(clock: ManualClock) -> _Neighbours:
    return _Neighbours(clock)


UP = ConnectionUp("c1", 1, "r")
DOWN = ConnectionDown("c1", 1, "r", "lost")
BALANCE = Balance(AccountKind.DEMO, Decimal(10))
ORDER = PlaceOrder("A", Decimal(1), Direction.CALL, 60, deadline=5.0)
CANCEL = CancelPendingOrder("7", deadline=5.0)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (SendRaw("x", deadline="soon"), "deadline must be a number"),  # type: ignore[arg-type]
        (GetPayout("A"), "the venue has none"),
        (LoadCandles("A", 0), "period must be at least 1 second"),
    ],
    ids=["a wrong type", "not served", "a wrong value"],
)
def test_a_command_with_a_problem_is_refused_and_sent_nowhere(
    neighbours: _Neighbours, command: Command, reason: str
) -> None:
    with pytest.raises(RequestRefused, match=reason):
        neighbours.ask(command).get(timeout=WAIT)
    assert neighbours.limiter.nothing_more()
    assert neighbours.loader.nothing_more()


def test_a_command_waits_for_its_fact_and_wants_a_connection_while_none_is_up(
    neighbours: _Neighbours,
) -> None:
    answer = neighbours.ask(GetBalance())
    assert neighbours.pool.seen() == ConnectionWanted()
    neighbours.publish(UP)
    later = neighbours.ask(GetBalance())
    neighbours.publish(BalanceChanged(BALANCE))
    assert [answer.get(timeout=WAIT), later.get(timeout=WAIT)] == [BALANCE, BALANCE]
    assert neighbours.pool.nothing_more()


def test_a_deadline_that_passes_before_the_fact_arrives_is_a_timeout(
    neighbours: _Neighbours, clock: ManualClock
) -> None:
    answer = neighbours.ask(GetBalance(deadline=2.0))
    assert neighbours.pool.seen() == ConnectionWanted()
    clock.advance(2.0)
    with pytest.raises(RequestTimeout):
        answer.get(timeout=WAIT)


def test_what_waits_for_a_connection_that_cannot_come_is_answered_at_once_with_the_reason(
    neighbours: _Neighbours,
) -> None:
    before = neighbours.ask(GetBalance())
    neighbours.router.tell(CannotGoOn("no interpreter"))
    for answer in (before, *map(neighbours.ask, (GetBalance(), ORDER, SendRaw("42[]")))):
        with pytest.raises(NotSent, match="the runtime cannot go on: no interpreter"):
            answer.get(timeout=WAIT)
    neighbours.publish(UP)  # a restart by hand has helped
    later = neighbours.ask(GetBalance())
    neighbours.publish(BalanceChanged(BALANCE))
    assert later.get(timeout=WAIT) == BALANCE


def test_a_restart_by_hand_lets_commands_wait_again(neighbours: _Neighbours) -> None:
    neighbours.router.tell(CannotGoOn("no interpreter"))
    neighbours.ask(Restart("worker-1"))
    later = neighbours.ask(GetBalance())
    neighbours.publish(UP, BalanceChanged(BALANCE))
    assert later.get(timeout=WAIT) == BALANCE


def test_while_all_connections_are_disconnected_what_needs_one_is_refused_with_the_remedy(
    neighbours: _Neighbours,
) -> None:
    neighbours.publish(UP)
    before = neighbours.ask(GetBalance())
    disconnected = neighbours.ask(Disconnect("lunch"))
    assert neighbours.supervisor.seen() == DisconnectAll(2, "lunch")
    for answer in (before, *map(neighbours.ask, (ORDER, CANCEL, SendRaw("42[]"), GetBalance()))):
        with pytest.raises(NotSent, match=r"disconnected \(lunch\): the command Connect"):
            answer.get(timeout=WAIT)  # though a connection is still up
    assert neighbours.order_desk.nothing_more()
    neighbours.router.tell(Response(2))
    assert disconnected.get(timeout=WAIT) is None
    neighbours.ask(Connect())
    assert neighbours.supervisor.seen() == ConnectAll(7)
    later = neighbours.ask(ORDER)
    assert isinstance(neighbours.order_desk.seen(), TradingRequest)
    del later  # an order whose answer nobody can read is withdrawn


def test_a_request_of_before_a_disconnection_says_in_the_end_why_it_had_no_answer(
    neighbours: _Neighbours, clock: ManualClock
) -> None:
    neighbours.publish(UP)
    answer = neighbours.ask(SendRaw("42[]", deadline=2.0))
    neighbours.ask(Disconnect())
    assert neighbours.supervisor.seen() == DisconnectAll(2, "by a person")
    clock.advance(2.0)
    with pytest.raises(RequestTimeout, match=r"deadline: all connections are disconnected \(by a person\)"):
        answer.get(timeout=WAIT)


def test_a_request_under_way_that_gets_no_answer_names_the_failure_of_the_runtime(
    neighbours: _Neighbours, clock: ManualClock
) -> None:
    neighbours.publish(UP)
    answer = neighbours.ask(SendRaw("42[]", deadline=2.0))
    assert isinstance(neighbours.limiter.seen(), Request)
    neighbours.router.tell(CannotGoOn("no interpreter"))
    neighbours.listen("tick.")  # once it is answered, that message has been handled
    clock.advance(2.0)
    with pytest.raises(RequestTimeout, match="within the deadline: the runtime cannot go on: no interpreter"):
        answer.get(timeout=WAIT)


def test_a_trading_command_goes_to_its_desk_which_answers_it(
    neighbours: _Neighbours, clock: ManualClock
) -> None:
    neighbours.publish(UP)
    expires_at = clock() + 5.0
    answers = [neighbours.ask(ORDER)]
    request = neighbours.order_desk.seen()
    assert request == TradingRequest(1, ORDER, expires_at, order=request.order)
    assert request.order
    answers.append(neighbours.ask(Halt("enough")))  # it would overtake an order that is not handled yet
    assert neighbours.order_desk.seen() == HaltTrading(2, "enough")
    answers.append(neighbours.ask(CANCEL))
    assert neighbours.pending_desk.seen() == TradingRequest(3, CANCEL, expires_at)
    for id in (1, 2, 3):
        neighbours.router.tell(Response(id, f"answer {id}"))
    assert [answer.get(timeout=WAIT) for answer in answers] == ["answer 1", "answer 2", "answer 3"]


def test_the_timeout_of_a_caller_is_a_deadline_unless_that_of_the_command_is_sooner(
    neighbours: _Neighbours, clock: ManualClock
) -> None:
    neighbours.publish(UP)
    for timeout in (1.0, 9.0):
        kept = neighbours.router.ask(ORDER, block=False, timeout=timeout)
        trade = neighbours.order_desk.seen()
        assert trade.expires_at == clock() + min(timeout, 5.0)
        assert trade.waits_until == clock() + timeout
        del kept
        assert isinstance(neighbours.order_desk.seen(), Withdraw)


def test_what_is_given_up_is_withdrawn_at_its_desk_and_a_read_ends(neighbours: _Neighbours) -> None:
    neighbours.publish(UP)
    place_later = PlacePendingOrder("A", Decimal(1), Direction.CALL, 60, open_at=1.0)
    kept = [neighbours.ask(command) for command in (ORDER, place_later, CANCEL, GetBalance())]
    for _ in range(2):
        assert isinstance(neighbours.order_desk.seen(), TradingRequest)
    assert isinstance(neighbours.pending_desk.seen(), TradingRequest)
    for future in kept:
        neighbours.router.tell(GivenUp(future._ask))
    assert [neighbours.order_desk.seen() for _ in range(2)] == [
        Withdraw(1, overtakes=True),
        Withdraw(2, overtakes=True),
    ]
    with pytest.raises(RequestTimeout, match="waits no longer"):
        kept[3].get(timeout=WAIT)
    assert neighbours.pending_desk.nothing_more()
    neighbours.router.tell(GivenUp(kept[3]._ask))  # it has its answer
    neighbours.listen("command.failed")
    assert neighbours.order_desk.nothing_more()


def test_an_order_that_comes_while_the_runtime_stops_is_not_sent(neighbours: _Neighbours) -> None:
    neighbours.publish(UP)
    neighbours.router.tell(Drain())
    with pytest.raises(NotSent, match="the runtime stopped before it was sent"):
        neighbours.ask(ORDER).get(timeout=WAIT)
    assert neighbours.order_desk.nothing_more()


def test_an_order_that_no_desk_has_answered_at_the_end_is_unknown(neighbours: _Neighbours) -> None:
    neighbours.publish(UP)
    answer = neighbours.ask(ORDER)
    neighbours.order_desk.seen()
    neighbours.router.stop(timeout=WAIT)
    with pytest.raises(OrderUnknown, match="the runtime stopped"):
        answer.get(timeout=WAIT)


@pytest.mark.parametrize("nonsense", [GetBalance, "balance", None, BALANCE])
def test_what_is_told_and_no_command_fails_with_an_event(neighbours: _Neighbours, nonsense: Any) -> None:
    neighbours.listen("command.failed")
    neighbours.router.tell(nonsense)
    failed = neighbours.listener.seen()
    assert isinstance(failed, CommandFailed)
    assert "is not a command" in failed.reason


def test_a_command_that_was_told_fails_with_an_event(neighbours: _Neighbours) -> None:
    neighbours.listen("command.failed")
    neighbours.router.tell(GetPayout("A"))
    assert neighbours.listener.seen() == CommandFailed("GetPayout", "RequestRefused: the venue has none")


def test_an_event_reaches_a_subscriber_until_it_unsubscribes(neighbours: _Neighbours) -> None:
    neighbours.listen("connection.")
    neighbours.publish(BalanceChanged(BALANCE), UP)
    assert neighbours.listener.seen() == UP
    leave = Unsubscribe("connection.", to=neighbours.listener.ref)
    assert [neighbours.ask(leave).get(timeout=WAIT) for _ in range(2)] == [True, False]
    neighbours.publish(DOWN)
    neighbours.listen("balance")
    neighbours.publish(BalanceChanged(BALANCE))
    assert neighbours.listener.seen() == BalanceChanged(BALANCE)


PEER = Owner("process 1 (peer 1)")
LISTED = AssetsListed([ASSET])
EURUSD = ASSET.symbol


@pytest.mark.parametrize(("owners", "said"), [(("file",), ""), ((), f": {EURUSD} is not streamed; ")])
def test_a_subscription_to_ticks_that_nobody_streams_is_answered_with_what_is_missing(
    neighbours: _Neighbours, owners: tuple[str, ...], said: str
) -> None:
    topic = f"tick.{EURUSD}"
    for command in (Subscribe(topic, to=neighbours.listener.ref), CheckTopic(topic)):
        answer = neighbours.ask(command)
        first = neighbours.configured.seen()
        neighbours.router.tell(OwnersTold(first.id, first.asset, (), final=False))
        asked = neighbours.pool.seen()
        assert first == asked == AskOwners(first.id, EURUSD)
        neighbours.router.tell(OwnersTold(asked.id, asked.asset, owners))
        assert answer.get(timeout=WAIT).startswith(topic + said)
        assert (answer.get(timeout=WAIT) == topic) == (not said)


def test_a_configured_stream_counts_as_streamed_before_it_is_asked_for(neighbours: _Neighbours) -> None:
    answer = neighbours.ask(Subscribe(f"tick.{EURUSD}", to=neighbours.listener.ref))
    asked = neighbours.configured.seen()
    neighbours.router.tell(OwnersTold(asked.id, EURUSD, ("file",), final=False))
    assert answer.get(timeout=WAIT) == f"tick.{EURUSD}"
    assert neighbours.pool.nothing_more()


def test_a_stream_that_is_asked_for_counts_as_streamed(neighbours: _Neighbours) -> None:
    asked = neighbours.ask(SubscribeTicks(EURUSD))
    neighbours.listen(f"tick.{EURUSD}")
    neighbours.publish(UP, LISTED)
    assert neighbours.pool.seen() == ConnectionWanted()
    request = neighbours.limiter.seen()
    neighbours.listen(f"tick.{EURUSD}")
    neighbours.router.tell(Response(request.id, None))
    assert asked.get(timeout=WAIT) is None


def test_a_told_subscription_to_ticks_that_nobody_streams_is_a_warning_after_a_while(
    neighbours: _Neighbours, clock: ManualClock
) -> None:
    warnings: queue.SimpleQueue[str] = queue.SimpleQueue()
    handler = logger.add(warnings.put, level="WARNING", format="{message}")
    listener = neighbours.listener.ref
    for asset in ("A", "B", "C"):
        neighbours.router.tell(Subscribe(f"tick.{asset}", to=listener))
    assert neighbours.ask(Unsubscribe("tick.B", to=listener)).get(timeout=WAIT) is True
    clock.advance(STREAM_DUE)
    first, second = neighbours.configured.seen(), neighbours.configured.seen()
    neighbours.router.tell(OwnersTold(first.id, first.asset, ("program",)))
    neighbours.router.tell(OwnersTold(second.id, second.asset, ()))
    assert warnings.get(timeout=WAIT).startswith(f"tick.{second.asset}: {second.asset} is not streamed; ")
    logger.remove(handler)
    assert {first.asset, second.asset} == {"A", "C"}
    assert neighbours.configured.nothing_more()
    assert warnings.empty()


def test_a_subscription_with_a_stream_is_one_request_and_its_end_another(neighbours: _Neighbours) -> None:
    neighbours.publish(UP, LISTED)
    topic, listener = f"tick.{EURUSD}", neighbours.listener.ref
    for _ in range(2):
        answer = neighbours.ask(Subscribe(topic, to=listener, stream=True))
        request = neighbours.limiter.seen()
        assert (request.command, request.owner) == (SubscribeTicks(EURUSD), PROGRAM.for_subscription)
        confirmed = StreamConfirmed(EURUSD, 60, "c1", 1)
        neighbours.router.tell(Response(request.id, confirmed))
        assert neighbours.limiter.seen() == RequestDone(request.id)
        assert answer.get(timeout=WAIT) == topic
    assert neighbours.ask(Unsubscribe(topic, to=listener)).get(timeout=WAIT) is True
    ended = neighbours.limiter.seen()
    assert (ended.command, ended.owner) == (UnsubscribeTicks(EURUSD), PROGRAM.for_subscription)
    assert not ended.awaited


def test_a_subscription_whose_stream_is_refused_ends(neighbours: _Neighbours) -> None:
    neighbours.publish(UP, LISTED)
    listener = neighbours.listener.ref
    refused = neighbours.ask(Subscribe(f"tick.{EURUSD}", to=listener, stream=True))
    request = neighbours.limiter.seen()
    neighbours.router.tell(Failure.of(request.id, RequestRefused("the pool is full")))
    with pytest.raises(RequestRefused, match="the pool is full"):
        refused.get(timeout=WAIT)
    assert neighbours.ask(Unsubscribe(f"tick.{EURUSD}", to=listener)).get(timeout=WAIT) is False
    early = neighbours.ask(Subscribe("tick.>", to=listener, stream=True))
    with pytest.raises(RequestRefused, match="stream needs the ticks of one asset"):
        early.get(timeout=WAIT)


def test_a_process_that_ends_has_its_requests_withdrawn_before_its_streams_end(
    neighbours: _Neighbours,
) -> None:
    neighbours.router.tell(Asked(SubscribeTicks(EURUSD), owner=PEER))  # it waits for the list of assets
    neighbours.router.tell(OwnerEnded(PEER))
    assert [neighbours.pool.seen(), neighbours.pool.seen()] == [ConnectionWanted(), OwnerEnded(PEER)]
    neighbours.publish(UP, LISTED)
    neighbours.router.tell(Asked(SubscribeTicks(EURUSD), owner=PEER))
    assert neighbours.pool.seen() == OwnerBegan(PEER)
    request = neighbours.limiter.seen()
    assert request.owner == PEER
    neighbours.router.tell(OwnerEnded(PEER))
    assert neighbours.limiter.seen() == RequestDone(request.id, succeeded=False)
    assert neighbours.pool.seen() == OwnerEnded(PEER)


def test_ticks_of_a_life_that_is_over_reach_no_subscriber(neighbours: _Neighbours) -> None:
    neighbours.listen("")
    tick = Tick("A", 1.0, 1.0, 0.0)
    neighbours.publish(UP, epoch=1, sequence=1)
    neighbours.publish(DOWN)
    neighbours.publish(columns(tick), BalanceChanged(BALANCE), epoch=1, sequence=2)
    neighbours.publish(columns(tick), epoch=2, sequence=1)
    seen = [neighbours.listener.seen() for _ in range(4)]
    assert seen == [UP, DOWN, BalanceChanged(BALANCE), tick]


def test_a_drain_fails_every_waiter_but_those_of_the_desks(neighbours: _Neighbours) -> None:
    neighbours.publish(UP)
    placed, waiting = neighbours.ask(ORDER), neighbours.ask(GetBalance())
    neighbours.order_desk.seen()  # the drain would overtake the order
    neighbours.router.tell(Drain())
    late, status = neighbours.ask(GetBalance()), neighbours.ask(GetStatus())
    for answer in (waiting, late, status):
        with pytest.raises(RequestError, match="the runtime stopped"):
            answer.get(timeout=WAIT)
    neighbours.router.tell(Response(1, "placed"))
    assert placed.get(timeout=WAIT) == "placed"
    assert neighbours.limiter.nothing_more()


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
                history_loader=self.loader.ref,
                bars=self.pool.ref,
                configured=self.pool.ref,
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
def test_the_answer_to_a_page_ends_its_request_and_goes_to_the_history_loader(
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


def test_a_page_that_the_history_loader_gives_up_is_done(clock: ManualClock) -> None:
    way_out = _WayOut(clock)
    done = RequestDone(7, succeeded=False, reply_to=ReplyTo.CANDLES)
    way_out.router.tell(done)
    for recording in way_out.counting:
        assert recording.seen() == done
