"""The composition root: the table of listeners, the order of starts and ends, the drain."""

import functools
import queue
from typing import Any

import pykka

from actors.engine.dispatcher import Dispatcher
from actors.messages.commands import GetStatus
from actors.messages.events import Event, Heartbeat
from actors.messages.lifecycle import Tellable
from actors.messages.traffic import EventBatch
from actors.messages.workers import StartConnection, StopWorker
from actors.values import AccountKind, Region, Secret
from actors.venues.base import Login
from runtime.config import Config
from runtime.system.actor_system import LISTENS, ActorSystem, Resources
from runtime.system.guardian import Guardian
from runtime.system.reloader import CurrentConfig
from tests.doubles.memory_journal import MemoryJournal

DEADLINE = 10.0
"""Seconds; a test waits so long only for what fails."""

CONFIG = Config.model_validate({"pool": {"workers": 1, "connections": 1}, "control": {"enabled": False}})
LOGIN = Login(AccountKind.DEMO, "7", Secret("a secret of no venue"))
REGION = Region("nowhere", "ws://127.0.0.1:9/")


class RecordingWorker:
    """A worker without connections; ``told`` has what the supervisor tells it."""

    pid = 4242

    def __init__(self) -> None:
        self.told: queue.Queue[Any] = queue.Queue()
        self.killed = False

    def tell(self, message: Any) -> None:
        self.told.put(message)

    def kill(self, patience: float = 0.0) -> str:
        self.killed = True
        return ""


class RecordingGuardian(Guardian):
    """``started`` has the names of the actors' classes, in order."""

    def __init__(self, failures: list[Exception]) -> None:
        super().__init__(failures.append)
        self.started: list[str] = []

    def start(self, actor: Any, *args: Any, **kwargs: Any) -> pykka.ActorRef[Any]:
        self.started.append(actor.__name__)
        return super().start(actor, *args, **kwargs)


def start_worker(
    worker: RecordingWorker, names: list[str], router: Tellable, dispatcher: Dispatcher, name: str
) -> RecordingWorker:
    names.append(name)
    router.tell(EventBatch(name, [Heartbeat(name, worker.pid, 0.0, 0)]))  # it serves at once
    return worker


def event_types(base: type[Event] = Event) -> set[type[Event]]:
    """Those of the product: tests define events of their own."""
    found = {each for child in base.__subclasses__() for each in (child, *event_types(child))}
    return {each for each in found if each.__module__.startswith("actors.")}


def test_an_internal_event_has_a_listener() -> None:
    internal = {event for event in event_types() if event.internal}
    assert internal
    assert internal <= {event for events in LISTENS.values() for event in events}


def test_the_actors_start_in_order_work_together_and_leave_nothing_behind() -> None:
    failures: list[Exception] = []
    names: list[str] = []
    guardian, worker, journal = RecordingGuardian(failures), RecordingWorker(), MemoryJournal()
    resources = Resources(
        LOGIN,
        lambda _: [REGION],
        journal,
        functools.partial(start_worker, worker, names),
        failures.append,
    )
    system = ActorSystem(CurrentConfig(CONFIG), resources, guardian)
    try:
        assert guardian.started == [
            "Router",
            "PendingDesk",
            "OrderDesk",
            "HistoryLoader",
            "Pool",
            "Batcher",
            "RateLimiter",
            "HealthMonitor",
            "Backfiller",
            "BarBuilder",
            "Supervisor",
            "ConfiguredStreams",
            "Reloader",
        ]
        start = worker.told.get(timeout=DEADLINE)
        assert isinstance(start, StartConnection)
        assert (names, start.connection, start.region) == (["worker-1"], "connection-1", REGION)
        status: Any = system.router.ask(GetStatus(), timeout=DEADLINE)
        assert [each.name for each in status.workers] == ["worker-1"]
        system.drain(0.0)
        while not isinstance(worker.told.get(timeout=DEADLINE), StopWorker):
            continue
    finally:
        guardian.stop()
    assert (failures, worker.killed, journal.closed) == ([], True, True)
    assert pykka.ActorRegistry.get_all() == []
