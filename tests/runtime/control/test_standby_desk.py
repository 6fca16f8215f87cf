"""A feed that several hosts run, by a real engine: their routers are the test's, the reader is attached."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pykka
import pytest
from msgspec import structs

from actors.engine.clock import elapsed
from actors.messages import Subscribe, Tick, Unsubscribe
from actors.messages.events import ConnectionDown, ConnectionUp, StreamGap
from actors.messages.lifecycle import Begin
from actors.messages.routing import SubscribeColumns
from actors.messages.traffic import Deliver, EventBatch
from actors.routing.subscriptions import Subscriptions
from actors.tenancy.tenure import Tenure
from runtime import Attachment, attach
from runtime.cluster.address import parse_address
from runtime.cluster.engine import Engine
from runtime.control.follower import MOVED
from runtime.control.protocol import VERSION, Welcome
from runtime.control.publisher import MARK_EVERY
from runtime.control.standby_desk import WARM_AFTER, StandbyDesk, TakeOver
from tests.conftest import ManualClock
from tests.doubles.engine_server import EngineServer
from tests.doubles.played_owner import LEASE
from tests.doubles.recorder import WAIT, Recorder, Recording
from tests.doubles.tick_columns import columns


def tick(time: float, asset: str = "A") -> Tick:
    return Tick(asset, time, 1.0, 5.0)


class PlayedStandby:
    """A host that runs the feed with the assets A and B."""

    def __init__(
        self,
        engine: Engine,
        duty: str,
        host: str,
        clock: Callable[[], float] = elapsed,
        kind: type[Recorder] = Recorder,
    ) -> None:
        self._engine, self._duty, self._host = engine, duty, host
        self.router = Recording(kind)
        self.warm: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self.cut = threading.Event()
        welcome = Welcome(VERSION, 1, "practice", 0.0, [], host)
        self.desk = StandbyDesk.start(
            engine,
            duty,
            self.router.ref,
            welcome,
            {"A", "B"},
            10.0,
            lambda: False,
            self.warm.put,
            self.cut.set,
            clock=clock,
        )

    def hears(self, *ticks: Tick, missed: int = 0) -> None:
        for each in ticks:
            self.desk.tell(Deliver([columns(each)], missed))

    def tells_of(self, *events: ConnectionUp | ConnectionDown) -> None:
        for each in events:
            self.desk.ask(each, timeout=WAIT)

    def take_over(self) -> None:
        epoch = self._engine.acquire(self._duty, self._host, LEASE).epoch
        self.desk.tell(TakeOver(Tenure(self._duty, epoch, elapsed() + LEASE)))

    def end(self) -> None:
        """Its process has died, and its lease has ended."""
        self.desk.stop()
        epoch = self._engine.newest_epoch(self._duty)
        self._engine.release(self._host, {self._duty: epoch})


UP = ConnectionUp("c1", 1, "r")
DOWN = ConnectionDown("c1", 1, "r", "cut", was_ready=True)


class Play(Protocol):
    def __call__(
        self, host: str, clock: Callable[[], float] = elapsed, kind: type[Recorder] = Recorder
    ) -> PlayedStandby: ...


@pytest.fixture
def play(engine: Engine, duty: str) -> Iterator[Play]:
    with ExitStack() as hosts:

        def begin(
            host: str, clock: Callable[[], float] = elapsed, kind: type[Recorder] = Recorder
        ) -> PlayedStandby:
            played = PlayedStandby(engine, duty, host, clock, kind)
            hosts.callback(played.router.ref.stop, block=False)
            hosts.callback(played.desk.stop, block=False)
            return played

        yield begin


class Reader:
    def __init__(self, attachment: Attachment) -> None:
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        attachment.router.ask(Subscribe("", to=self._events.put), timeout=WAIT)

    def next(self, count: int) -> list[Any]:
        return [self._events.get(timeout=WAIT) for _ in range(count)]


@pytest.fixture
def attached(engine_url: str, duty: str) -> Iterator[Callable[[], Reader]]:
    with ExitStack() as attachments:
        name = duty.partition(":")[2]
        yield lambda: Reader(attachments.enter_context(attach(engine_url, account=name, timeout=WAIT)))


def test_one_that_is_warm_goes_on_where_the_owner_has_ended(
    play: Play, attached: Callable[[], Reader], duty: str
) -> None:
    first, second, third = map(play, ("h1", "h2", "h3"))
    first.take_over()
    reader = attached()
    for host in (first, second):
        host.hears(tick(1.0), tick(1.0, "B"))
    assert second.warm.get(timeout=WAIT)
    third.hears(tick(1.0))
    assert reader.next(2) == [tick(1.0), tick(1.0, "B")]
    second.hears(tick(2.0), tick(2.0))
    third.hears(tick(2.0), tick(2.0), tick(2.0, "B"))
    first.hears(tick(2.0))
    assert reader.next(1) == [tick(2.0)]
    first.end()
    second.take_over()
    second.hears(tick(3.0))
    assert reader.next(2) == [tick(2.0), tick(3.0)]
    second.end()
    third.take_over()
    third.hears(tick(4.0))
    gap = StreamGap("B", 1.0, 2.0, MOVED, duty, 0)  # of which it had seen nothing up to there
    assert reader.next(3) == [gap, tick(2.0, "B"), tick(4.0)]


def test_a_new_owner_knows_what_was_published_however_much_that_was(
    play: Play, attached: Callable[[], Reader]
) -> None:
    first, second = play("h1"), play("h2")
    first.take_over()
    reader = attached()
    for host in (first, second):
        host.hears(tick(0.5, "B"))
    reader.next(1)
    for number in range(1, 2 * MARK_EVERY):
        first.hears(tick(float(number)))
        second.hears(tick(float(number)))
        assert reader.next(1) == [tick(float(number))]
    first.end()
    second.take_over()
    second.hears(tick(1000.0), tick(1000.0, "B"))
    assert reader.next(2) == [tick(1000.0), tick(1000.0, "B")]


def test_what_a_standby_could_not_keep_up_with_is_a_gap(play: Play, attached: Callable[[], Reader]) -> None:
    first, second = play("h1"), play("h2")
    first.take_over()
    reader = attached()
    for host in (first, second):
        host.hears(tick(1.0))
    reader.next(1)
    second.hears(tick(3.0), missed=1)
    first.end()
    second.take_over()
    [gap, later] = reader.next(2)
    assert (type(gap), gap.from_time, later) == (StreamGap, 1.0, tick(3.0))


def test_a_host_without_a_connection_is_not_warm_and_does_not_keep_the_feed(play: Play) -> None:
    owner, standby = play("h1"), play("h2")
    owner.take_over()
    for host in (owner, standby):
        host.tells_of(UP, ConnectionUp("c2", 1, "r"))
        host.hears(tick(1.0), tick(1.0, "B"))
        host.tells_of(DOWN)
    assert standby.warm.get(timeout=WAIT)
    for host in (owner, standby):
        host.tells_of(structs.replace(DOWN, connection="c2"))
    assert not standby.warm.get(timeout=WAIT)
    assert owner.cut.wait(WAIT)
    assert not standby.cut.is_set()
    standby.tells_of(structs.replace(DOWN, epoch=2, was_ready=False), structs.replace(UP, epoch=3))
    standby.hears(tick(2.0), tick(2.0, "B"))
    assert standby.warm.get(timeout=WAIT)


class SpreadingRouter(Recorder):
    """Tells its subscribers of events as a router does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._subscriptions = Subscriptions(lambda _: self.actor_ref, dead=pykka.ActorDeadError)

    def on_receive(self, message: Any) -> None:
        match message:
            case Subscribe():
                self._subscriptions.add(message)
            case SubscribeColumns(topic=topic, to=to):
                self._subscriptions.add_columns(topic, to)
            case Unsubscribe():
                self._subscriptions.remove(message)
            case EventBatch(items=items):
                self._subscriptions.deliver(items)
        self.seen.put(message)


def test_an_owner_that_nobody_follows_knows_its_connections(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.control.askers.SILENT_FOR", 0.0)
    monkeypatch.setattr("runtime.control.front_desk.LOOKS_EVERY", 0.05)
    monkeypatch.setattr("runtime.control.standby_desk.LOOKS_FOR_CONNECTION_EVERY", 600.0)
    owner = play("h1", kind=SpreadingRouter)
    while owner.router.seen() != Subscribe("connection.down", to=owner.desk):
        pass
    owner.router.ref.tell(EventBatch("c1", [UP]))
    owner.take_over()
    while owner.router.seen() != Unsubscribe("", to=owner.desk):
        pass
    owner.router.ref.tell(EventBatch("c1", [DOWN]))
    assert owner.cut.wait(WAIT)


def test_a_host_that_takes_over_without_a_connection_gives_the_feed_away_as_soon_as_another_is_warm(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.control.standby_desk.LOOKS_FOR_CONNECTION_EVERY", 0.05)
    owner = play("h1")
    owner.tells_of(UP, DOWN)
    owner.take_over()
    for _ in range(2):  # another one may be warm by the second time
        assert owner.cut.wait(WAIT)
        owner.cut.clear()


def test_what_a_frozen_connection_tells_of_itself_once_it_is_given_up_counts_no_more(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.control.standby_desk.LOOKS_FOR_CONNECTION_EVERY", 0.05)
    owner, standby = play("h1"), play("h2")
    owner.tells_of(structs.replace(DOWN, was_ready=False), UP)
    owner.take_over()
    assert owner.cut.wait(WAIT)
    standby.tells_of(structs.replace(UP, epoch=2))
    standby.hears(tick(1.0), tick(1.0, "B"))
    assert standby.warm.get(timeout=WAIT)
    standby.tells_of(DOWN)
    assert standby.warm.empty()
    standby.tells_of(structs.replace(DOWN, epoch=3, was_ready=False))  # the end of the second life was lost
    assert not standby.warm.get(timeout=WAIT)


def test_a_standby_counts_as_warm_after_a_while_with_a_connection_though_a_market_is_closed(
    play: Play, clock: ManualClock
) -> None:
    host = play("h1", clock)
    host.hears(tick(1.0))
    clock.advance(WARM_AFTER - 1.0)
    host.tells_of(UP)
    clock.advance(WARM_AFTER - 1.0)
    host.tells_of(DOWN, structs.replace(UP, epoch=2))
    clock.advance(WARM_AFTER - 1.0)
    host.tells_of(structs.replace(DOWN, connection="c2", was_ready=False))
    assert host.warm.empty()
    clock.advance(1.0)
    assert host.warm.get(timeout=WAIT)
    host.tells_of(structs.replace(DOWN, epoch=2))
    assert not host.warm.get(timeout=WAIT)


def test_it_listens_to_all_and_publishes_nothing(play: Play, engine: Engine, duty: str) -> None:
    host = play("h1")
    host.hears(tick(1.0))
    assert [host.router.seen() for _ in range(4)] == [
        Begin(),
        SubscribeColumns("", host.desk),
        Subscribe("connection.up", to=host.desk),
        Subscribe("connection.down", to=host.desk),
    ]
    assert engine.newest_epoch(duty) == 0
    assert host.router.nothing_more()


@pytest.mark.timeout(120)
def test_a_take_over_waits_for_an_engine_that_is_away(engine_server: EngineServer) -> None:
    engine = Engine(parse_address(engine_server.url), timeout=0.3)
    engine.prepare()
    first, second = PlayedStandby(engine, "feed:x", "h1"), PlayedStandby(engine, "feed:x", "h2")
    first.take_over()
    with attach(engine_server.url, account="x", timeout=WAIT) as attachment:
        reader = Reader(attachment)
        for host in (first, second):
            host.hears(tick(1.0))
        assert reader.next(1) == [tick(1.0)]
        first.end()
        epoch = engine.acquire("feed:x", "h2", LEASE).epoch
        engine_server.stop()
        second.desk.tell(TakeOver(Tenure("feed:x", epoch, elapsed() + LEASE)))
        second.hears(tick(2.0))
        engine_server.thaw()
        assert reader.next(1) == [tick(2.0)]
    for host in (first, second):
        host.desk.stop()
        host.router.ref.stop()
    engine.close()
