"""Life and death: starts worker processes and connections, and starts them again when they fail."""

from collections.abc import Callable
from typing import Any

from loguru import logger

from actors.base import RuntimeActor
from actors.errors import AuthRejected, TransportError, WorkerDied
from actors.messages.control import Drain
from actors.messages.events import (
    ActorQuarantined,
    ActorRestarted,
    ConnectionDown,
    ConnectionSuspect,
    ConnectionUp,
    Heartbeat,
    WorkerDown,
    WorkerUp,
)
from actors.messages.lifecycle import (
    Begin,
    CheckHeartbeats,
    ConnectionPlaced,
    Host,
    RestartDue,
    StableDue,
    StartConnection,
    StopConnection,
    StopHost,
    Tellable,
    Wired,
)
from actors.messages.status import Describe
from actors.messages.traffic import EventBatch, PublicEvent
from actors.policy.children import Child, ChildState, ConnectionChild, Family, HostChild, Plan


class Supervisor(RuntimeActor):
    """Owns every restart. Receives the lives and deaths of connections and workers; sends
    ``StartConnection`` and ``StopConnection`` to hosts, ``ConnectionPlaced`` to ``pool``, and news to
    ``router``. When nothing is left that could come back, ``escalate`` is called with the last error.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        start_host: Callable[[str], Host],
        router: Tellable,
        pool: Tellable,
        escalate: Callable[[Exception], None],
        **kwargs: Any,
    ) -> None:
        super().__init__("supervisor", **kwargs)
        self._plan = plan
        self._family = Family(plan)
        self._start_host = start_host
        self._router = router
        self._pool = pool
        self._escalate = escalate
        self._draining = False

    def on_receive(self, message: Any) -> None:
        match message:
            case Heartbeat():
                self._heard(message)
            case ConnectionUp():
                self._up(self._family.connection_up(message))
            case ConnectionDown():
                self._down(message)
            case ConnectionSuspect():
                self._replace(message)
            case WorkerDown():
                self._host_down(message)
            case RestartDue(name=name, epoch=epoch):
                self._restart(self._family[name], epoch)
            case StableDue(name=name, epoch=epoch):
                self._family[name].stable(epoch)
            case CheckHeartbeats():
                self._check_heartbeats()
            case Describe():
                self.describe(message, self._family.part())
            case Wired():
                self._begin()
            case Begin():
                pass  # its listeners must be there before its first child is
            case Drain():
                self._drain()
            case _:
                self.unexpected(message)

    def _begin(self) -> None:
        for host in self._family.hosts.values():
            self._run_host(host)
        self.every(self._plan.heartbeat_timeout / 4, CheckHeartbeats())

    def _run_host(self, host: HostChild) -> None:
        try:
            process = self._start_host(host.name)
        except OSError as error:
            self._failed(host, WorkerDied(f"it could not be started: {error.strerror}"))
            return
        host.started(process, self.now())
        for child in self._family.living_on(host.name):
            self._pool.tell(ConnectionPlaced(child.name, process))
            self._run_connection(child, process)

    def _run_connection(self, child: ConnectionChild, process: Host) -> None:
        self._tell(process, child.start(self._plan.settings))

    def _up(self, child: Child | None) -> None:
        if child is not None:
            self.after(self._plan.reset_after, StableDue(child.name, child.epoch))

    def _down(self, down: ConnectionDown) -> None:
        child = self._family.connections[down.connection]
        if down.epoch != child.epoch or child.state not in {ChildState.STARTING, ChildState.UP}:
            return
        child.regions.next()
        self._failed(child, AuthRejected(down.reason) if down.terminal else TransportError(down.reason))

    def _failed(self, child: Child, error: Exception) -> None:
        child.last_error = str(error)
        if self._draining:
            child.state = ChildState.STOPPED
            self._stop_when_drained()
            return
        delay = child.backoff.failed(error)
        if delay is not None:
            child.state = ChildState.WAITING
            logger.info("{} is down ({}); next attempt in {:.2f} s", child.name, error, delay)
            self.after(delay, RestartDue(child.name, child.epoch))
            return
        child.state = ChildState.QUARANTINED
        logger.error("{} is given up: {}", child.name, error)
        self._publish(ActorQuarantined(child.name, str(error), isinstance(error, AuthRejected)))
        if self._family.lost():
            self._escalate(error)

    def _restart(self, child: Child, epoch: int) -> None:
        if child.state is not ChildState.WAITING or child.epoch != epoch or self._draining:
            return
        child.restarts += 1
        self._publish(ActorRestarted(child.name, child.backoff.attempts, child.last_error))
        if isinstance(child, HostChild):
            self._run_host(child)
        elif isinstance(child, ConnectionChild) and (process := self._family.hosts[child.host].process):
            self._run_connection(child, process)

    def _replace(self, suspect: ConnectionSuspect) -> None:
        child = self._family.connections[suspect.connection]
        process = self._family.hosts[child.host].process
        if suspect.epoch != child.epoch or child.state is not ChildState.UP or process is None:
            return
        logger.warning("{} is replaced: {}", child.name, suspect.reason)
        self._tell(process, StopConnection(child.name))
        self._publish(child.lost(suspect.reason))

    def _heard(self, beat: Heartbeat) -> None:
        host = self._family.heard(beat, self.now())
        self._up(host)
        if host is not None:
            self._publish(WorkerUp(host.name, beat.pid))

    def _check_heartbeats(self) -> None:
        for host, process in self._family.silent(self.now() - self._plan.heartbeat_timeout):
            logger.error("{} (pid {}) has fallen silent and is killed", host.name, process.pid)
            process.kill()  # its link ends with it, and that is its WorkerDown

    def _host_down(self, down: WorkerDown) -> None:
        host = self._family.hosts[down.worker]
        if host.process is None or host.process.pid != down.pid:
            return
        host.process.kill()
        self._publish(*self._family.host_down(host, down.reason))
        self._failed(host, WorkerDied(down.reason))

    def _drain(self) -> None:
        self._draining = True
        for process in self._family.processes():
            self._tell(process, StopHost())
        self._stop_when_drained()

    def _stop_when_drained(self) -> None:
        if not self._family.alive():
            self.stop()

    def _tell(self, process: Host, message: StartConnection | StopConnection | StopHost) -> None:
        try:
            process.tell(message)
        except WorkerDied as error:
            logger.debug("{} was not told: {}", type(message).__name__, error)  # its WorkerDown is coming

    def _publish(self, *events: PublicEvent) -> None:
        self._router.tell(EventBatch(self.name, list(events)))

    def release(self, unhandled: list[Any]) -> None:
        for process in self._family.processes():
            process.kill()
