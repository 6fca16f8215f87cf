"""Life and death: starts worker processes and connections, and starts them again when they fail."""

from collections.abc import Callable, Sequence
from typing import Any

from loguru import logger

from actors.engine.actor import RuntimeActor
from actors.errors import RequestRefused, WorkerDied
from actors.messages.control import Drain, Reconfigure
from actors.messages.events import (
    ActorQuarantined,
    ConnectionDown,
    ConnectionReport,
    ConnectionSuspect,
    ConnectionUp,
    Heartbeat,
    WorkerDown,
)
from actors.messages.lifecycle import Begin, SystemReady, Tellable
from actors.messages.status import Describe, SupervisorPart
from actors.messages.supervision import CloseConnection, OpenConnection, RestartChild
from actors.messages.traffic import EventBatch, Failure, Response
from actors.messages.workers import SetLogLevel, WorkerHandle
from actors.supervision import effects as steps
from actors.supervision.children import Plan
from actors.supervision.connections import Connections
from actors.supervision.messages import AttemptDue, CheckHeartbeats, RegionsProbed, RestartDue, StableDue
from actors.supervision.regions import DialSettings
from actors.supervision.workers import Workers
from actors.values import Region

NAME = "supervisor"

CHECK_INTERVAL = 0.5
"""Seconds by which a silent worker may be found out too late."""


class Supervisor(RuntimeActor):
    """Owns every start of a worker or a connection; carries out what the policies decide.

    Receives the lives and deaths of both, and who is to live; sends ``StartConnection`` and
    ``StopConnection`` to hosts, ``ConnectionPlaced`` to ``pool``, news and answers to ``router``. ``probe``
    returns at once. ``escalate`` is called with the error when nothing is left that could come back.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        start_host: Callable[[str], WorkerHandle],
        probe: Callable[[Sequence[Region], Tellable], None],
        router: Tellable,
        pool: Tellable,
        escalate: Callable[[Exception], None],
        **kwargs: Any,
    ) -> None:
        super().__init__(NAME, **kwargs)
        self._hosts = Workers(plan)
        self._connections = Connections(plan)
        self._check_interval = min(CHECK_INTERVAL, plan.heartbeat_timeout / 4)
        self._start_host = start_host
        self._probe = probe
        self._router = router
        self._pool = pool
        self._escalate = escalate
        self._draining = False

    def on_receive(self, message: Any) -> None:
        self._handle(message, self.now())
        if self._draining and not self._connections.alive():
            self.stop()

    def _handle(self, message: Any, now: float) -> None:
        match message:
            case Heartbeat():
                self._take(self._hosts.heard(message, now))
            case ConnectionReport():
                self._connections.reported(message)
            case ConnectionUp():
                self._take(self._connections.up(message))
            case ConnectionDown():
                self._take(self._connections.down(message, now))
            case ConnectionSuspect():
                self._take(self._connections.suspected(message, now))
            case WorkerDown():
                self._take(self._hosts.down(message, now))
            case RestartDue() | StableDue() | AttemptDue():
                self._due(message, now)
            case CheckHeartbeats():
                self._take(self._hosts.check(now))
            case OpenConnection(name=name) if not self._draining:
                self._take(self._connections.open(name, now))
            case CloseConnection(name=name):
                self._take(self._connections.close(name))
            case RegionsProbed():
                self._connections.probed(message, now)
            case Reconfigure(settings=DialSettings() as access):
                self._take(self._connections.change(access, now))
            case SetLogLevel():
                self._take(self._hosts.log_from(message))
            case RestartChild():
                self._restart(message)
            case Describe():
                self.describe(message, SupervisorPart(*self._connections.part(now), self._hosts.part()))
            case SystemReady():
                self._begin(now)
            case Drain():
                self._drain()
            case Begin() | OpenConnection():
                pass  # its listeners must be there before its first child is; nothing opens at the end
            case _:
                self.unexpected(message)

    def _begin(self, now: float) -> None:
        self._take(self._hosts.begin())
        self._take(self._connections.probe(now))
        self.every(self._check_interval, CheckHeartbeats())

    def _due(self, message: RestartDue | StableDue | AttemptDue, now: float) -> None:
        if isinstance(message, AttemptDue):
            self._take(self._connections.attempt(now))
            return
        of_host = message.name in self._hosts
        if isinstance(message, StableDue):
            (self._hosts if of_host else self._connections).stable(message)
        else:
            self._take(self._hosts.due(message) if of_host else self._connections.due(message, now))

    def _restart(self, wish: RestartChild) -> None:
        try:
            if self._draining:
                raise RequestRefused("the runtime is stopping")
            if wish.name in self._hosts:
                self._take(self._hosts.restart(wish.name))
            else:
                self._take(self._connections.restart(wish.name, self.now()))
        except RequestRefused as refused:
            self._router.tell(Failure.of(wish.id, refused))
        else:
            self._router.tell(Response(wish.id))

    def _drain(self) -> None:
        self._draining = True
        self._connections.drain()
        self._take(self._hosts.drain())

    def _take(self, decided: list[steps.SupervisionEffect]) -> None:
        for step in decided:
            match step:
                case steps.StartWorker(name=name):
                    self._run(name)
                case steps.KillWorker(
                    name=name, process=process, because=why, level=level, patience=patience
                ):
                    ended = process.kill(patience)
                    logger.log(level, "{} (pid {}) {}{}", name, process.pid, why, ended and f" ({ended})")
                case steps.WorkerLost(name=name, reason=reason, final=final):
                    self._take(self._connections.stranded(name, reason, final))
                case steps.TellWorker(process=process, message=message):
                    try:
                        process.tell(message)
                    except WorkerDied as error:  # its WorkerDown is coming
                        logger.debug("{} was not told: {}", type(message).__name__, error)
                case steps.TellPool(message=placed):
                    self._pool.tell(placed)
                case steps.Later(delay=delay, message=later):
                    self.after(delay, later)
                case steps.Retry(delay=delay, due=due, because=because):
                    logger.info("{} is down ({}); next attempt {}", due.name, because, step.when)
                    self.after(delay, due)
                case steps.ProbeRegions(regions=regions):
                    self._probe(regions, self.actor_ref)
                case steps.Announce(event=event):
                    if isinstance(event, ActorQuarantined):
                        logger.error("{} is given up: {}", event.name, event.reason)
                    self._router.tell(EventBatch(self.name, [event]))
                case steps.Escalate(error=error):
                    self._escalate(error)

    def _run(self, name: str) -> None:
        try:
            process = self._start_host(name)
        except OSError as error:
            failure = WorkerDied(f"it could not be started: {error.strerror}")
            self._take(self._hosts.not_started(name, failure, self.now()))
        else:
            self._take(self._hosts.started(name, process, self.now()))
            self._take(self._connections.housed(name, process, self.now()))

    def release(self, unhandled: list[Any]) -> None:
        for process in self._hosts.processes():
            process.kill()
