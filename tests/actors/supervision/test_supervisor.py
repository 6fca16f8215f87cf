"""The supervisor as an actor: how it executes the effects of its decisions."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pykka
import pytest
from loguru import logger

from actors.errors import WorkerDied
from actors.messages.control import Drain, Reconfigure
from actors.messages.events import (
    ActorQuarantined,
    ActorRestarted,
    ConnectionDown,
    ConnectionUp,
    Heartbeat,
    OutageBegan,
    OutageEnded,
    WorkerDown,
    WorkerUp,
)
from actors.messages.lifecycle import Begin, SystemReady, Tellable
from actors.messages.outbound import ConnectionPlaced
from actors.messages.routing import CannotGoOn
from actors.messages.status import Describe, Described, SupervisorPart
from actors.messages.supervision import (
    CloseConnection,
    ConnectAll,
    DisconnectAll,
    OpenConnection,
    RestartChild,
)
from actors.messages.traffic import EventBatch, Failure, Response
from actors.messages.workers import SetLogLevel, StartConnection, StopConnection, StopWorker
from actors.rates import Rate
from actors.supervision.backoff import Backoff, linear
from actors.supervision.children import OutageSettings
from actors.supervision.messages import RegionsProbed
from actors.supervision.regions import DialSettings
from actors.supervision.restart_intensity import RestartIntensity
from actors.supervision.supervisor import Supervisor
from actors.values import Region
from tests.conftest import ManualClock
from tests.doubles.recorder import WAIT, Recording
from tests.doubles.supervised_connections import EU, US, make_plan

pytestmark = pytest.mark.timeout(20)


class RecordingWorker:
    """A worker handle that records what it is sent and when it is killed; ``dead`` makes ``tell`` raise,
    and ``immortal`` makes ``kill`` vain."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.messages: list[Any] = []
        self.killed = 0
        self.was_killed = threading.Event()
        self.dead = self.immortal = False

    def tell(self, message: Any) -> None:
        if self.dead:
            raise WorkerDied("its link is closed")
        self.messages.append(message)

    def kill(self, patience: float = 0.0) -> str | None:
        self.killed += 1
        self.was_killed.set()
        return None if self.immortal else "by SIGKILL"


class Supervision:
    """A supervisor with one worker and one connection, unless ``changes`` say otherwise."""

    def __init__(self, clock: ManualClock, **changes: Any) -> None:
        self.clock = clock
        self.router, self.pool = Recording(name="router"), Recording(name="pool")
        assert self.router.seen() == self.pool.seen() == Begin()
        self.workers: list[RecordingWorker] = []
        self.no_process: Exception | None = None
        self.probed: list[list[Region]] = []
        self.escalated: list[Exception] = []
        self.ref: pykka.ActorRef[Any] = Supervisor.start(
            make_plan(**{"connections": 1, "workers": ("w1",), **changes}),
            start_worker=self._start_worker,
            probe=self._probe,
            router=self.router.ref,
            pool=self.pool.ref,
            escalate=self.escalated.append,
            clock=clock,
        )

    def _probe(self, regions: Sequence[Region], to: Tellable) -> None:
        assert to == self.ref
        self.probed.append(list(regions))

    def _start_worker(self, name: str) -> RecordingWorker:
        if self.no_process is not None:
            raise self.no_process
        self.workers.append(RecordingWorker(len(self.workers) + 1))
        return self.workers[-1]

    def handle(self, *messages: Any) -> None:
        """Tell the supervisor, and return once it has handled all messages."""
        for message in messages:
            self.ref.ask(message, timeout=WAIT)

    def serve(self) -> None:
        """The newest worker sends its first heartbeat."""
        self.handle(beat(self.workers[-1].pid))
        assert self.published() == [WorkerUp("w1", self.workers[-1].pid)]

    def advance(self, seconds: float) -> None:
        """Let time pass, and return once the supervisor has handled the timers that were due."""
        self.clock.advance(seconds)
        self.status()

    def status(self) -> SupervisorPart:
        asker = Recording(name="asker")
        asker.seen()
        self.handle(Describe(7, asker.ref))
        described = asker.seen()
        assert isinstance(described, Described)
        assert isinstance(described.part, SupervisorPart)
        return described.part

    def published(self) -> list[Any]:
        """The events of the next batch."""
        batch = self.router.seen()
        assert isinstance(batch, EventBatch)
        assert batch.source == "supervisor"
        return list(batch.items)


@pytest.fixture
def start(clock: ManualClock) -> Callable[..., Supervision]:
    def started(**changes: Any) -> Supervision:
        supervision = Supervision(clock, **changes)
        supervision.handle(SystemReady())
        supervision.advance(0.5)  # the first check of the heartbeats
        supervision.serve()
        return supervision

    return started


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What is logged, with its level."""
    found: list[str] = []
    sink = logger.add(lambda line: found.append(line.rstrip("\n")), level="DEBUG", format="{level} {message}")
    yield found
    logger.remove(sink)


def beat(pid: int = 1) -> Heartbeat:
    return Heartbeat("w1", pid, 1.5, 1024)


def test_nothing_starts_before_the_system_is_ready(clock: ManualClock) -> None:
    supervision = Supervision(clock)
    assert supervision.status().workers[0].state == "stopped"
    assert supervision.workers == []
    supervision.handle(SystemReady())
    assert len(supervision.workers) == 1


def test_once_a_worker_serves_the_pool_is_told_and_then_the_connection_starts(clock: ManualClock) -> None:
    supervision = Supervision(clock)
    supervision.handle(SystemReady())
    (worker,) = supervision.workers
    assert worker.messages == []  # it may not read for long, and its link is short
    assert supervision.pool.nothing_more()
    supervision.serve()
    assert supervision.pool.seen() == ConnectionPlaced("c1", worker)
    (message,) = worker.messages
    assert isinstance(message, StartConnection)
    assert (message.life, message.region) == (("c1", 1), EU)


def test_a_worker_that_cannot_be_started_is_tried_again_after_its_backoff(
    clock: ManualClock, lines: list[str]
) -> None:
    supervision = Supervision(clock)
    supervision.no_process = OSError(12, "Cannot allocate memory")
    supervision.handle(SystemReady())  # the first retry comes at once, and fails too
    supervision.advance(0.0)
    assert supervision.workers == []
    supervision.no_process = None
    supervision.advance(0.9)
    assert supervision.workers == []
    supervision.advance(0.1)
    assert len(supervision.workers) == 1
    reason = "it could not be started: Cannot allocate memory"
    assert [line for line in lines if reason in line] == [
        f"INFO w1 is down ({reason}); next attempt at once",
        f"WARNING w1 is down ({reason}), 2 times in a row; next attempt in 1.00 s",
    ]


def test_the_router_hears_why_no_worker_can_ever_be_started(clock: ManualClock) -> None:
    supervision = Supervision(clock)
    supervision.no_process = WorkerDied("no interpreter")
    supervision.handle(SystemReady())
    assert [str(error) for error in supervision.escalated] == ["no interpreter"]
    assert supervision.published() == [ActorQuarantined("w1", "no interpreter")]
    assert supervision.router.seen() == CannotGoOn("no interpreter")


def test_no_clock_judges_a_process_before_its_first_heartbeat_but_a_warning_says_that_it_is_slow(
    clock: ManualClock, lines: list[str]
) -> None:
    supervision = Supervision(clock, outage=OutageSettings(1000.0))
    supervision.handle(SystemReady())
    for _ in range(200):
        supervision.advance(0.5)
    assert supervision.workers[0].killed == 0
    warnings = [line for line in lines if line.startswith("WARNING")]
    assert [line.partition(" after")[0] for line in warnings] == [
        f"WARNING w1 (pid 1) does not serve {seconds} s" for seconds in (10, 20, 40, 80)
    ]
    supervision.serve()
    for _ in range(10):
        supervision.advance(0.5)
    assert supervision.workers[0].killed == 1


def test_a_late_heartbeat_kills_a_worker_that_serves(
    start: Callable[..., Supervision], lines: list[str]
) -> None:
    supervision = start()
    for _ in range(9):
        supervision.advance(0.5)
    assert supervision.workers[0].killed == 0
    supervision.advance(0.5)
    assert supervision.workers[0].killed == 1
    assert "ERROR w1 (pid 1) is killed: no heartbeat for 5.0 s (by SIGKILL)" in lines


def test_a_worker_that_ends_is_killed_and_its_connections_announced_before_the_next_one_starts(
    start: Callable[..., Supervision], lines: list[str]
) -> None:
    supervision = start()
    supervision.handle(ConnectionUp("c1", 1, "EU"))
    supervision.handle(WorkerDown("w1", 1, "the link was reset"))
    assert supervision.workers[0].killed == 1
    assert supervision.published() == [ConnectionDown("c1", 1, "EU", "the link was reset", was_ready=True)]
    supervision.advance(0.0)
    assert len(supervision.workers) == 2
    assert supervision.published() == [ActorRestarted("w1", 1, "the link was reset")]
    supervision.serve()
    assert [message.life for message in supervision.workers[1].messages] == [("c1", 2)]
    assert "WARNING w1 (pid 1) has ended: the link was reset (by SIGKILL)" in lines


def test_a_worker_that_cannot_die_is_replaced_all_the_same_and_reaped_when_it_is_dead(
    start: Callable[..., Supervision], lines: list[str]
) -> None:
    supervision = start()
    frozen = supervision.workers[0]
    frozen.immortal = True
    supervision.handle(ConnectionUp("c1", 1, "EU"))
    for _ in range(10):
        supervision.advance(0.5)
    assert frozen.killed == 1
    supervision.handle(WorkerDown("w1", 1, "the link ended"))
    assert supervision.published() == [ConnectionDown("c1", 1, "EU", "the link ended", was_ready=True)]
    supervision.advance(0.0)
    assert supervision.published() == [ActorRestarted("w1", 1, "the link ended")]
    supervision.serve()
    assert [message.life for message in supervision.workers[1].messages] == [("c1", 2)]
    assert [line for line in lines if "cannot die" in line] == [
        (
            "ERROR w1 (pid 1) cannot die: it is frozen or waits for a disk; it executes nothing any more, and"
            " another one has its place: thaw it, or mend the disk"
        )
    ]
    supervision.advance(0.5)
    assert "INFO w1 (pid 1) is dead now" not in lines
    frozen.immortal = False
    supervision.advance(0.5)
    tries = frozen.killed
    supervision.advance(0.5)
    assert frozen.killed == tries
    assert lines.count("INFO w1 (pid 1) is dead now") == 1


def test_a_message_to_a_worker_that_has_died_is_logged_and_no_failure(
    start: Callable[..., Supervision], lines: list[str]
) -> None:
    supervision = start()
    supervision.workers[0].dead = True
    supervision.handle(CloseConnection("c1"))
    assert "DEBUG StopConnection was not sent: its link is closed" in lines
    assert supervision.status().connections[0].state == "closing"


def test_a_connection_is_opened_and_closed_at_request(start: Callable[..., Supervision]) -> None:
    supervision = start(kept=0)
    assert supervision.workers[0].messages == []
    supervision.handle(OpenConnection("c1"), CloseConnection("c1"))
    begun, ended = supervision.workers[0].messages
    assert isinstance(begun, StartConnection)
    assert ended == StopConnection("c1")


def test_a_lost_connection_dials_again_after_its_backoff(start: Callable[..., Supervision]) -> None:
    supervision = start(regions=(EU,))
    for epoch, delay in ((1, 0.0), (2, 1.0), (3, 2.0)):
        supervision.handle(ConnectionDown("c1", epoch, "EU", "refused"))
        supervision.advance(delay)
        assert [message.epoch for message in supervision.workers[0].messages][-1] == epoch + 1


def test_connections_pass_the_dial_gate_one_after_the_other(start: Callable[..., Supervision]) -> None:
    supervision = start(connections=3, connects=(Rate(1, 1.0),))
    names: list[str] = []
    for _ in range(3):
        names += [message.connection for message in supervision.workers[0].messages[len(names) :]]
        supervision.advance(1.0)
    assert names == ["c1", "c2", "c3"]


def test_a_stable_connection_has_no_failures_any_more(start: Callable[..., Supervision]) -> None:
    supervision = start(regions=(EU,))
    supervision.handle(ConnectionDown("c1", 1, "EU", "refused"))
    supervision.advance(0.0)
    supervision.handle(ConnectionUp("c1", 2, "EU"))
    supervision.advance(10.0)
    supervision.handle(ConnectionDown("c1", 2, "EU", "cut", was_ready=True))
    supervision.advance(0.0)  # as after a first failure
    assert [message.epoch for message in supervision.workers[0].messages] == [1, 2, 3]


def test_a_connection_that_is_given_up_is_published_logged_and_escalated(
    start: Callable[..., Supervision], lines: list[str]
) -> None:
    supervision = start(new_backoff=lambda: Backoff(linear(1, 1, jitter=False), max_attempts=1))
    supervision.handle(ConnectionDown("c1", 1, "EU", "refused"))
    supervision.advance(0.0)
    assert supervision.published() == [ActorRestarted("c1", 1, "refused")]
    supervision.handle(ConnectionDown("c1", 2, "US", "refused again"))
    assert supervision.published() == [ActorQuarantined("c1", "refused again")]
    assert "ERROR c1 is given up: refused again (`tellwire ctl FILE restart c1` tries again)" in lines
    assert [str(error) for error in supervision.escalated] == ["refused again"]


def test_an_outage_is_published_shown_and_logged_with_its_regions_and_so_is_its_end(
    start: Callable[..., Supervision], lines: list[str]
) -> None:
    supervision = start(outage=OutageSettings(20.0))
    supervision.handle(ConnectionUp("c1", 1, "EU"))
    supervision.handle(ConnectionDown("c1", 1, "EU", "cut", was_ready=True))
    supervision.advance(0.0)
    assert supervision.published() == [ActorRestarted("c1", 1, "cut")]
    supervision.handle(ConnectionDown("c1", 2, "EU", "DialFailed: refused"))
    supervision.advance(1.0)
    assert supervision.published() == [ActorRestarted("c1", 2, "DialFailed: refused")]
    supervision.advance(19.5)  # since the first check that has found nothing up
    assert supervision.status().outage is None
    supervision.advance(0.5)
    assert supervision.published() == [OutageBegan(20.0, ["EU: DialFailed: refused"])]
    assert supervision.status().outage == 20.0
    supervision.handle(Reconfigure(OutageSettings(5.0)))
    supervision.handle(ConnectionUp("c1", 3, "US"))
    assert supervision.published() == [OutageEnded(20.0, "US")]
    assert supervision.status().outage is None
    (began,) = [line for line in lines if line.startswith("ERROR")]
    assert began.startswith("ERROR no connection is up for 20 s (EU: DialFailed: refused): ")
    assert lines[-1] == "WARNING the outage has ended after 20 s: a connection is up in US"


def test_a_restart_is_answered_and_an_impossible_one_refused(start: Callable[..., Supervision]) -> None:
    supervision = start()
    supervision.handle(RestartChild(1, "c1"))
    assert supervision.router.seen() == Response(1, None)
    assert supervision.workers[0].messages[-1] == StopConnection("c1")
    supervision.handle(RestartChild(2, "w1"))
    assert supervision.router.seen() == Response(2, None)
    assert supervision.workers[0].killed == 1
    supervision.handle(RestartChild(3, "unknown"))
    refusal = supervision.router.seen()
    assert isinstance(refusal, Failure)
    assert refusal.request == 3
    assert refusal.error.name == "RequestRefused"


def test_regions_are_probed_at_the_start_and_the_results_order_them(
    start: Callable[..., Supervision],
) -> None:
    near, far = Region("near", "wss://near.example/"), Region("far", "wss://far.example/")
    supervision = start(kept=0, regions=(far, near), probes=2)
    assert supervision.probed == [[far, near]]
    supervision.handle(RegionsProbed({"near": 0.1, "far": 0.2}, {}), OpenConnection("c1"))
    assert supervision.workers[0].messages[-1].region == near


def test_other_dial_settings_and_log_levels_reach_the_worker(start: Callable[..., Supervision]) -> None:
    supervision = start()
    settings = DialSettings((US,), (Rate(1000, 1.0),))
    supervision.handle(SetLogLevel("DEBUG"), Reconfigure(settings))
    assert supervision.workers[0].messages[1:] == [SetLogLevel("DEBUG"), StopConnection("c1")]
    supervision.handle(ConnectionDown("c1", 1, "EU", "stopped"))
    assert supervision.workers[0].messages[-1].region == US


def test_a_drain_ends_the_supervisor_with_the_last_connection_and_kills_what_is_left(
    start: Callable[..., Supervision],
) -> None:
    supervision = start(connections=2)
    supervision.handle(Drain(), OpenConnection("c1"), RestartChild(1, "c1"))
    assert supervision.workers[0].messages[-1] == StopWorker()
    refusal = supervision.router.seen()
    assert "stopping" in str(refusal.error)
    supervision.handle(ConnectionDown("c1", 1, "EU", "stopped"))
    supervision.ref.tell(ConnectionDown("c2", 1, "EU", "stopped"))
    supervision.ref.actor_stopped.wait(WAIT)
    assert not supervision.ref.is_alive()
    assert supervision.workers[0].was_killed.wait(WAIT)


def test_a_worker_that_dies_too_often_is_given_up_with_its_connections(
    start: Callable[..., Supervision],
) -> None:
    supervision = start(new_intensity=lambda: RestartIntensity(0, 60))
    assert supervision.pool.seen() == ConnectionPlaced("c1", supervision.workers[0])
    supervision.handle(WorkerDown("w1", 1, "killed"))
    assert supervision.pool.seen() == ConnectionPlaced("c1", None)
    (error,) = supervision.escalated
    assert isinstance(error, WorkerDied)
    assert str(error) == "w1 died more than 0 times in 60 s, the last time because: killed"


def test_a_disconnection_is_answered_once_every_connection_is_closed_and_is_no_outage(
    start: Callable[..., Supervision], lines: list[str]
) -> None:
    supervision = start(outage=OutageSettings(1.0))
    supervision.handle(ConnectionUp("c1", 1, "EU"), DisconnectAll(7, "lunch"))
    assert supervision.workers[0].messages[1:] == [StopConnection("c1")]
    assert supervision.router.nothing_more()
    assert supervision.status().disconnected == "lunch"
    supervision.handle(ConnectionDown("c1", 1, "EU", "closed", was_ready=True))
    assert supervision.router.seen() == Response(7)
    for _ in range(4):
        supervision.handle(beat())
        supervision.advance(1.0)
    supervision.handle(DisconnectAll(8, "tea"))
    assert supervision.router.seen() == Response(8)
    assert supervision.status().disconnected == "tea"
    supervision.handle(ConnectAll(9), ConnectAll(10))
    assert supervision.router.seen() == Response(9, True)
    assert supervision.router.seen() == Response(10, False)
    assert [message.life for message in supervision.workers[0].messages[2:]] == [("c1", 2)]
    assert supervision.status().disconnected is None
    assert [line for line in lines if "disconnected" in line] == [
        f"WARNING all connections are disconnected ({reason}): nothing ticks and no order is sent; the"
        " command Connect (`tellwire ctl FILE connect`) connects them again"
        for reason in ("lunch", "tea")
    ]


def test_a_disconnection_that_connect_overtakes_is_refused_and_one_during_a_stop_too(
    start: Callable[..., Supervision],
) -> None:
    supervision = start()
    supervision.handle(ConnectionUp("c1", 1, "EU"), DisconnectAll(7, "lunch"), ConnectAll(8))
    refused = supervision.router.seen()
    assert isinstance(refused, Failure)
    assert refused.request == 7
    assert str(refused.exception) == "Connect came before every connection was closed"
    assert supervision.router.seen() == Response(8, True)
    supervision.handle(Drain(), DisconnectAll(9, "late"))
    refused = supervision.router.seen()
    assert isinstance(refused, Failure)
    assert (refused.request, str(refused.exception)) == (9, "the runtime is stopping")
