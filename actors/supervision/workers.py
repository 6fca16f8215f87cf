"""The workers of a runtime: what to do about each, decided from its heartbeats, starts and ends."""

from actors.errors import RequestRefused, WorkerDied
from actors.messages.events import Heartbeat, WorkerDown, WorkerUp
from actors.messages.status import WorkerStatus
from actors.messages.workers import LeaseExtended, SetLogLevel, StopWorker, WorkerHandle
from actors.supervision.children import Child, ChildState, Plan
from actors.supervision.effects import (
    Announce,
    KillWorker,
    Retry,
    StartWorker,
    SupervisionEffect,
    TellWorker,
    WorkerIsSlow,
    WorkerLost,
    WorkerServes,
)
from actors.supervision.messages import BackoffElapsed, StablePeriodElapsed

SLOW_START = 10.0
"""Seconds after which a warning says that a new process does not serve yet, and again after each doubling.

No time limit judges a process before its first heartbeat: its imports take 0.2 s of CPU, which may be long on
a starved machine, and a successor would be no quicker."""

EXIT_TIMEOUT = 0.25
"""Seconds that a process has to exit by itself after the end of its link: then its exit status is known."""


class WorkerChild(Child):
    """A worker process, or the main process as a worker, whose ``pid`` is 0 and which never fails."""

    def __init__(self, name: str, plan: Plan) -> None:
        super().__init__(name, plan)
        self.handle: WorkerHandle | None = None
        self.heartbeat_at = 0.0
        self.heartbeat: Heartbeat | None = None
        self.started_at = 0.0
        self.warned_after = 0.0

    def _notes(self) -> list[str]:
        return [f"pid {self.handle.pid}"] if self.handle else []

    @property
    def serves(self) -> bool:
        """Whether the present process has sent its first heartbeat."""
        return self.heartbeat is not None

    def is_late(self, now: float, timeout: float) -> bool:
        """Whether the next heartbeat of a process that serves is overdue."""
        return self.serves and now - self.heartbeat_at >= timeout

    def is_slow(self, now: float) -> bool:
        """Whether a warning is due that it does not serve yet."""
        waited = now - self.started_at
        slow = not self.serves and waited >= max(SLOW_START, 2 * self.warned_after)
        if slow:
            self.warned_after = waited
        return slow

    def status(self) -> WorkerStatus:
        return WorkerStatus(
            name=self.name,
            pid=self.handle.pid if self.handle else 0,
            state=self.state.value,
            restarts=self.restarts,
            cpu_seconds=self.heartbeat.cpu_seconds if self.heartbeat else 0.0,
            rss_bytes=self.heartbeat.rss_bytes if self.heartbeat else 0,
        )


class Workers:
    """All workers of one plan, by name. Each method takes an event and returns its effects."""

    def __init__(self, plan: Plan) -> None:
        self._in_process = plan.in_process
        self._timeout = plan.heartbeat_timeout
        self._children = {name: WorkerChild(name, plan) for name in plan.workers}
        self._checked_at = float("-inf")
        self._lease: LeaseExtended | None = None

    def __contains__(self, name: str) -> bool:
        return name in self._children

    def begin(self) -> list[SupervisionEffect]:
        return [StartWorker(name) for name in self._children]

    def on_started(self, name: str, handle: WorkerHandle, now: float) -> list[SupervisionEffect]:
        worker = self._children[name]
        worker.handle, worker.heartbeat_at, worker.heartbeat = handle, now, None
        worker.started_at, worker.warned_after = now, 0.0
        serves = [WorkerServes(name, handle)] if self._in_process else []
        return [*worker.start(), *serves]

    def on_start_failed(self, name: str, error: WorkerDied, now: float) -> list[SupervisionEffect]:
        """No process was started, so none has died."""
        return self._on_failure(self._children[name], error, now, counts=False)

    def on_start_impossible(self, name: str, error: WorkerDied) -> list[SupervisionEffect]:
        """No process can ever be started."""
        quarantined = self._children[name].quarantine(error)
        return [quarantined, WorkerLost(name, str(error), error)]

    def on_backoff_elapsed(self, timer: BackoffElapsed) -> list[SupervisionEffect]:
        return [StartWorker(timer.name)] if self._children[timer.name].awaits(timer) else []

    def on_stable_period(self, timer: StablePeriodElapsed) -> None:
        self._children[timer.name].on_stable_period(timer)

    def on_heartbeat(self, heartbeat: Heartbeat, now: float) -> list[SupervisionEffect]:
        """The first heartbeat of a process says that it serves; one of an earlier process is ignored."""
        worker = self._children[heartbeat.worker]
        if worker.handle is None or worker.handle.pid != heartbeat.pid:
            return []
        worker.heartbeat, worker.heartbeat_at = heartbeat, now
        if worker.state is not ChildState.STARTING:
            return []
        up = Announce(WorkerUp(worker.name, heartbeat.pid))
        lease = [] if self._lease is None else [TellWorker(worker.handle, self._lease)]
        return [*worker.on_up(), up, *lease, WorkerServes(worker.name, worker.handle)]

    def check(self, now: float) -> list[SupervisionEffect]:
        """Kill each worker that serves, if its heartbeat is late; to be called more often than that."""
        overslept = now - self._checked_at > self._timeout / 2
        self._checked_at = now
        effects: list[SupervisionEffect] = []
        for worker in self._children.values():
            if worker.handle is None or not worker.handle.pid:
                continue
            if overslept:  # this process stood still: the heartbeats that came meanwhile are still unread
                worker.heartbeat_at = now
            elif worker.is_late(now, self._timeout):
                because = f"is killed: no heartbeat for {now - worker.heartbeat_at:.1f} s"
                effects.append(KillWorker(worker.name, worker.handle, because, "ERROR"))
                worker.heartbeat_at = now  # its WorkerDown follows
            elif worker.is_slow(now):
                effects.append(WorkerIsSlow(worker.name, worker.handle, now - worker.started_at))
        return effects

    def on_down(self, down: WorkerDown, now: float) -> list[SupervisionEffect]:
        """Its link has ended. The process is killed, if it still runs, before the next one starts."""
        worker = self._children[down.worker]
        if worker.handle is None or worker.handle.pid != down.pid:
            return []
        handle, worker.handle = worker.handle, None
        if worker.state in {ChildState.STOPPED, ChildState.RESTARTING}:
            kill = KillWorker(worker.name, handle, "has ended, as requested", "INFO")
            start = [StartWorker(worker.name)] if worker.state is ChildState.RESTARTING else []
            return [kill, WorkerLost(worker.name, down.reason), *start]
        kill = KillWorker(worker.name, handle, f"has ended: {down.reason}", "WARNING", EXIT_TIMEOUT)
        return [kill, *self._on_failure(worker, WorkerDied(down.reason), now, counts=True)]

    def restart(self, name: str) -> list[SupervisionEffect]:
        """Start a new process, as requested by a user; raises ``RequestRefused`` for the main process."""
        worker = self._children[name]
        if self._in_process:
            raise RequestRefused(f"{name} is this process")
        worker.reset()
        if worker.handle is None:
            return [StartWorker(name)]
        worker.state = ChildState.RESTARTING
        return [KillWorker(name, worker.handle, "is stopped for the requested restart", "INFO")]

    def tell_all(self, message: SetLogLevel | LeaseExtended) -> list[SupervisionEffect]:
        """Sent to worker processes only: others set the level and the end of the main process. The end of a
        lease is sent to those that serve; to one that begins to, the last: an earlier one would end it."""
        if self._in_process:
            return []
        if isinstance(message, LeaseExtended):
            self._lease = message
            serving = [worker.handle for worker in self._children.values() if worker.serves]
            return [TellWorker(handle, message) for handle in serving if handle is not None]
        return [TellWorker(handle, message) for handle in self.handles()]

    def drain(self) -> list[SupervisionEffect]:
        """Start no worker any more, and have each end after the last of its connections."""
        for worker in self._children.values():
            worker.state = ChildState.STOPPED
        return [TellWorker(handle, StopWorker()) for handle in self.handles()]

    def handles(self) -> list[WorkerHandle]:
        """The workers that run."""
        return [worker.handle for worker in self._children.values() if worker.handle is not None]

    def status(self) -> tuple[WorkerStatus, ...]:
        """One row per worker process; none if the only worker is the main process."""
        return () if self._in_process else tuple(worker.status() for worker in self._children.values())

    def _on_failure(
        self, worker: WorkerChild, error: WorkerDied, now: float, *, counts: bool
    ) -> list[SupervisionEffect]:
        decision = worker.on_failure(error, now, counts=counts)
        final = None if isinstance(decision, Retry) else WorkerDied(worker.last_error)
        return [decision, WorkerLost(worker.name, str(error), final)]
