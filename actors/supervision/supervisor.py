"""Starts workers and connections, and starts them again when they fail."""

from collections.abc import Callable, Sequence
from typing import Any

from loguru import logger

from actors.engine.actor import RuntimeActor
from actors.errors import RequestRefused, WorkerDied
from actors.messages.control import Drain, Reconfigure
from actors.messages.events import (
    ConnectionDown,
    ConnectionReport,
    ConnectionSuspect,
    ConnectionUp,
    Heartbeat,
    WorkerDown,
)
from actors.messages.lifecycle import Begin, SystemReady, Tellable
from actors.messages.routing import CannotGoOn
from actors.messages.status import Describe, SupervisorPart
from actors.messages.supervision import (
    CloseConnection,
    ConnectAll,
    DisconnectAll,
    OpenConnection,
    RestartChild,
)
from actors.messages.traffic import EventBatch, Failure, Response
from actors.messages.workers import LeaseExtended, SetLogLevel, WorkerHandle
from actors.supervision import log_lines
from actors.supervision.children import OutageSettings, Plan
from actors.supervision.connections import Connections
from actors.supervision.effects import (
    Announce,
    Escalate,
    KillWorker,
    Later,
    OutageLasts,
    ProbeRegions,
    Retry,
    StartWorker,
    SupervisionEffect,
    TellPool,
    TellWorker,
    WorkerIsSlow,
    WorkerLost,
    WorkerServes,
)
from actors.supervision.messages import (
    BackoffElapsed,
    CheckHeartbeats,
    DialTurn,
    LoginLasted,
    RegionsProbed,
    StablePeriodElapsed,
)
from actors.supervision.outages import Outages
from actors.supervision.regions import DialSettings
from actors.supervision.workers import EXIT_TIMEOUT, Workers
from actors.values import Region

NAME = "supervisor"

CHECK_INTERVAL = 0.5
"""Seconds by which a late heartbeat may be noticed too late."""


class Supervisor(RuntimeActor):
    """Owns every start of a worker or a connection; executes the effects that its state machines return.

    Receives the starts, ends and reports of both, and which connections are wanted. Sends
    ``StartConnection`` and ``StopConnection`` to workers, ``ConnectionPlaced`` to ``pool``, events and
    answers to ``router``. ``start_worker`` raises ``OSError`` if no process can be started now,
    ``WorkerDied`` if none ever can; ``probe`` returns at once; ``escalate`` is called with the error when no
    child is left that could come back.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        start_worker: Callable[[str], WorkerHandle],
        probe: Callable[[Sequence[Region], Tellable], None],
        router: Tellable,
        pool: Tellable,
        escalate: Callable[[Exception], None],
        **kwargs: Any,
    ) -> None:
        super().__init__(NAME, **kwargs)
        self._workers = Workers(plan)
        self._connections = Connections(plan)
        self._outages = Outages(plan.outage)
        self._check_interval = min(CHECK_INTERVAL, plan.heartbeat_timeout / 4)
        self._start_worker = start_worker
        self._probe = probe
        self._router = router
        self._pool = pool
        self._escalate = escalate
        self._last_wait = EXIT_TIMEOUT if plan.settings.recording is not None else 0.0  # for its last lines
        self._undead: list[tuple[str, WorkerHandle]] = []
        self._draining = False
        self._disconnected: str | None = None
        self._to_answer: list[int] = []  # the asks that wait until all connections are closed

    def on_receive(self, message: Any) -> None:
        self._handle(message, self.now())
        if self._to_answer and not self._connections.alive():
            self._answer_disconnected(None)
        if self._draining and not self._connections.alive():
            self.stop()

    def _handle(self, message: Any, now: float) -> None:
        match message:
            case Heartbeat():
                self._execute(self._workers.on_heartbeat(message, now))
            case ConnectionReport():
                self._connections.on_report(message)
            case ConnectionUp():
                self._execute(self._connections.on_up(message, now))
                self._execute(self._outages.check(self._connections, now))
            case ConnectionDown():
                self._execute(self._connections.on_down(message, now))
            case ConnectionSuspect():
                self._execute(self._connections.on_suspect(message, now))
            case WorkerDown():
                self._execute(self._workers.on_down(message, now))
            case BackoffElapsed() | StablePeriodElapsed() | LoginLasted() | DialTurn() | CheckHeartbeats():
                self._on_timer(message, now)
            case OpenConnection(name=name) if not self._draining:
                self._execute(self._connections.open(name, now))
            case CloseConnection(name=name):
                self._execute(self._connections.close(name))
            case RegionsProbed():
                self._connections.on_probed(message, now)
            case Reconfigure(settings=settings):
                self._reconfigure(settings, now)
            case SetLogLevel() | LeaseExtended():
                self._execute(self._workers.tell_all(message))
            case RestartChild() | DisconnectAll() | ConnectAll():
                self._obey(message, now)
            case Describe():
                self.describe(message, self._status(now))
            case SystemReady():
                self._begin(now)
            case Drain():
                self._drain()
            case Begin() | OpenConnection():
                pass  # SystemReady starts the children, after all listeners; a drain opens nothing
            case _:
                self.unexpected(message)

    def _reconfigure(self, settings: DialSettings | OutageSettings, now: float) -> None:
        if isinstance(settings, DialSettings):
            self._execute(self._connections.change(settings, now))
        else:
            self._outages.change(settings)

    def _begin(self, now: float) -> None:
        self._execute(self._workers.begin())
        self._execute(self._connections.probe(now))
        self.every(self._check_interval, CheckHeartbeats())

    def _on_timer(
        self,
        timer: BackoffElapsed | StablePeriodElapsed | LoginLasted | DialTurn | CheckHeartbeats,
        now: float,
    ) -> None:
        match timer:
            case BackoffElapsed(name=name) if name in self._workers:
                self._execute(self._workers.on_backoff_elapsed(timer))
            case BackoffElapsed():
                self._execute(self._connections.on_backoff_elapsed(timer, now))
            case StablePeriodElapsed(name=name):
                (self._workers if name in self._workers else self._connections).on_stable_period(timer)
            case LoginLasted():
                self._execute(self._connections.on_login_lasted(timer, now))
            case DialTurn():
                self._execute(self._connections.on_dial_turn(now))
            case CheckHeartbeats():
                self._undead = [
                    (worker, handle) for worker, handle in self._undead if not _is_dead(worker, handle)
                ]
                self._execute(self._workers.check(now))
                if not self._draining:
                    self._execute(self._outages.check(self._connections, now))

    def _obey(self, request: RestartChild | DisconnectAll | ConnectAll, now: float) -> None:
        """Do what a person asks for."""
        try:
            if self._draining:
                raise RequestRefused("the runtime is stopping")
            match request:
                case RestartChild():
                    self._restart(request.name, now)
                    self._router.tell(Response(request.id))
                case DisconnectAll():
                    self._disconnect(request)
                case ConnectAll():
                    self._connect(request.id, now)
        except RequestRefused as refused:
            self._router.tell(Failure.of(request.id, refused))

    def _restart(self, name: str, now: float) -> None:
        if name in self._workers:
            self._execute(self._workers.restart(name))
        else:
            self._execute(self._connections.restart(name, now))

    def _disconnect(self, request: DisconnectAll) -> None:
        self._disconnected = request.reason
        self._to_answer.append(request.id)
        logger.warning("{}", log_lines.disconnected_line(request.reason))
        self._execute(self._connections.disconnect())

    def _connect(self, id: int, now: float) -> None:
        was_disconnected, self._disconnected = self._disconnected is not None, None
        if was_disconnected:
            logger.info("all connections connect again")
        self._answer_disconnected(RequestRefused("Connect came before every connection was closed"))
        self._execute(self._connections.connect(now))
        self._router.tell(Response(id, was_disconnected))

    def _answer_disconnected(self, refused: RequestRefused | None) -> None:
        for id in self._to_answer:
            self._router.tell(Response(id) if refused is None else Failure.of(id, refused))
        self._to_answer.clear()

    def _status(self, now: float) -> SupervisorPart:
        workers = self._workers.status()
        return SupervisorPart(
            *self._connections.status(now), workers, self._outages.lasted, self._disconnected
        )

    def _drain(self) -> None:
        self._draining = True
        self._connections.drain()
        self._execute(self._workers.drain())

    def _execute(self, effects: list[SupervisionEffect]) -> None:
        for effect in effects:
            match effect:
                case StartWorker(name=name):
                    self._start(name)
                case WorkerServes(name=name, handle=handle):
                    self._execute(self._connections.on_worker_up(name, handle, self.now()))
                case WorkerIsSlow():
                    logger.warning("{}", log_lines.slow_line(effect))
                case KillWorker(name=name, handle=handle, because=why, level=level, patience=patience):
                    self._kill(name, handle, patience, because=why, level=level)
                case WorkerLost(name=name, reason=reason, final=final):
                    self._execute(self._connections.on_worker_lost(name, reason, final))
                case TellWorker(handle=handle, message=message):
                    try:
                        handle.tell(message)
                    except WorkerDied as error:  # its WorkerDown follows
                        logger.debug("{} was not sent: {}", type(message).__name__, error)
                case TellPool(message=placed):
                    self._pool.tell(placed)
                case Later(delay=delay, timer=timer):
                    self.after(delay, timer)
                case Retry(delay=delay, timer=timer):
                    level, text = log_lines.retry_line(effect)
                    logger.log(level, "{}", text)
                    self.after(delay, timer)
                case ProbeRegions(regions=regions):
                    self._probe(regions, self.actor_ref)
                case Announce(event=event):
                    if line := log_lines.event_line(event):
                        logger.log(line[0], "{}", line[1])
                    self._router.tell(EventBatch(self.name, [event]))
                case OutageLasts():
                    logger.error("{}", log_lines.outage_line(effect))
                case Escalate(error=error):
                    self._escalate(error)
                    self._router.tell(CannotGoOn(str(error)))

    def _kill(self, name: str, handle: WorkerHandle, patience: float, *, because: str, level: str) -> None:
        ended = handle.kill(patience)
        logger.log(level, "{} (pid {}) {}{}", name, handle.pid, because, (ended and f" ({ended})") or "")
        if ended is None and (name, handle) not in self._undead:
            logger.error(
                "{} (pid {}) cannot die: it is frozen or waits for a disk; it executes nothing any more, and"
                " another one has its place: thaw it, or mend the disk",
                name,
                handle.pid,
            )
            self._undead.append((name, handle))

    def _start(self, name: str) -> None:
        try:
            handle = self._start_worker(name)
        except OSError as error:
            failure = WorkerDied(f"it could not be started: {error.strerror}")
            self._execute(self._workers.on_start_failed(name, failure, self.now()))
        except WorkerDied as error:
            self._execute(self._workers.on_start_impossible(name, error))
        else:
            self._execute(self._workers.on_started(name, handle, self.now()))

    def release(self, unhandled: list[Any]) -> None:
        for handle in self._workers.handles():
            handle.kill(self._last_wait if self._draining else 0.0)
        for name, handle in self._undead:
            _is_dead(name, handle)


def _is_dead(name: str, handle: WorkerHandle) -> bool:
    if handle.kill() is None:
        return False
    logger.info("{} (pid {}) is dead now", name, handle.pid)
    return True
