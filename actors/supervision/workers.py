"""The processes that connections live in: what becomes of each, decided from what is heard of it."""

from actors.errors import RequestRefused, WorkerDied
from actors.messages.events import Heartbeat, WorkerDown, WorkerUp
from actors.messages.status import WorkerStatus
from actors.messages.workers import SetLogLevel, StopWorker, WorkerHandle
from actors.supervision.children import Child, ChildState, Plan
from actors.supervision.effects import (
    Announce,
    KillWorker,
    Retry,
    StartWorker,
    SupervisionEffect,
    TellWorker,
    WorkerLost,
)
from actors.supervision.messages import RestartDue, StableDue

STARTUP = 10.0
"""Seconds that a new process has for its first heartbeat, if that is longer than for a later one: its imports
take 0.2 s, and many times that on a machine that is busy."""

LAST_STEPS = 0.25
"""Seconds that a process has from the end of its link to its own: so long its exit status is worth a wait."""


class WorkerChild(Child):
    """A worker process, or the main one (then its ``pid`` is 0 and it never fails)."""

    def __init__(self, name: str, plan: Plan) -> None:
        super().__init__(name, plan)
        self.process: WorkerHandle | None = None
        self.heard_at = 0.0
        self.beat: Heartbeat | None = None

    def silent(self, now: float, timeout: float) -> bool:
        """Whether it has not been heard of for too long."""
        return now - self.heard_at >= (timeout if self.beat else max(timeout, STARTUP))


class Workers:
    """All processes of one plan, by name. Each method takes in an event, and answers with what follows."""

    def __init__(self, plan: Plan) -> None:
        self._workers = plan.workers
        self._timeout = plan.heartbeat_timeout
        self._children = {name: WorkerChild(name, plan) for name in plan.hosts}
        self._checked_at = float("-inf")

    def __contains__(self, name: str) -> bool:
        return name in self._children

    def begin(self) -> list[SupervisionEffect]:
        return [StartWorker(name) for name in self._children]

    def started(self, name: str, process: WorkerHandle, now: float) -> list[SupervisionEffect]:
        host = self._children[name]
        host.process, host.heard_at, host.beat = process, now, None
        return host.begins()

    def not_started(self, name: str, error: WorkerDied, now: float) -> list[SupervisionEffect]:
        """There is no process, so nothing that could have died."""
        return self._failed(self._children[name], error, now, died=False)

    def due(self, due: RestartDue) -> list[SupervisionEffect]:
        waits = self._children[due.name].waits(due.epoch)
        return [StartWorker(due.name)] if waits else []

    def stable(self, due: StableDue) -> None:
        self._children[due.name].stable(due.epoch)

    def heard(self, beat: Heartbeat, now: float) -> list[SupervisionEffect]:
        """The first heartbeat of a life is its ``WorkerUp``; one of an earlier life counts for nothing."""
        host = self._children[beat.worker]
        if host.process is None or host.process.pid != beat.pid:
            return []
        host.beat, host.heard_at = beat, now
        if host.state is not ChildState.STARTING:
            return []
        return [*host.is_up(), Announce(WorkerUp(host.name, beat.pid))]

    def check(self, now: float) -> list[SupervisionEffect]:
        """Kill whom nobody has heard of for too long; call it more often than that."""
        overslept = now - self._checked_at > self._timeout / 2
        self._checked_at = now
        steps: list[SupervisionEffect] = []
        for host in self._children.values():
            if host.process is None or not host.process.pid:
                continue
            if overslept:  # it was us who stood still; their heartbeats wait to be read
                host.heard_at = now
            elif host.silent(now, self._timeout):
                silence = f"is killed: silent for {now - host.heard_at:.1f} s"
                steps.append(KillWorker(host.name, host.process, silence, "ERROR"))
                host.heard_at = now  # its end is on its way
        return steps

    def down(self, down: WorkerDown, now: float) -> list[SupervisionEffect]:
        """Its link has ended: whatever is left of it is killed before a successor starts."""
        host = self._children[down.worker]
        if host.process is None or host.process.pid != down.pid:
            return []
        process, host.process = host.process, None
        if host.state in {ChildState.STOPPED, ChildState.RESTARTING}:
            ended = KillWorker(host.name, process, "has ended, as was asked", "INFO")
            again = [StartWorker(host.name)] if host.state is ChildState.RESTARTING else []
            return [ended, WorkerLost(host.name, down.reason), *again]
        fence = KillWorker(host.name, process, f"has ended: {down.reason}", "WARNING", LAST_STEPS)
        return [fence, *self._failed(host, WorkerDied(down.reason), now, died=True)]

    def restart(self, name: str) -> list[SupervisionEffect]:
        """Begin a new life; raises ``RequestRefused`` for what is no worker."""
        host = self._children[name]
        if not self._workers:
            raise RequestRefused(f"{name} is this process")
        host.forgive()
        if host.process is None:
            return [StartWorker(name)]
        host.state = ChildState.RESTARTING
        return [KillWorker(name, host.process, "is stopped, to start anew as was asked", "INFO")]

    def log_from(self, level: SetLogLevel) -> list[SupervisionEffect]:
        """Have each worker log from another level on; the main process's log is not ours to change."""
        return [TellWorker(process, level) for process in self.processes()] if self._workers else []

    def drain(self) -> list[SupervisionEffect]:
        """Let none start any more, and have each end once its connections have."""
        for host in self._children.values():
            host.state = ChildState.STOPPED
        return [TellWorker(process, StopWorker()) for process in self.processes()]

    def processes(self) -> list[WorkerHandle]:
        return [host.process for host in self._children.values() if host.process is not None]

    def part(self) -> tuple[WorkerStatus, ...]:
        """The worker processes as the status shows them."""
        return tuple(map(_status, self._children.values())) if self._workers else ()

    def _failed(
        self, host: WorkerChild, error: WorkerDied, now: float, *, died: bool
    ) -> list[SupervisionEffect]:
        verdict = host.failed(error, now, died=died)
        final = None if isinstance(verdict, Retry) else WorkerDied(host.last_error)
        return [verdict, WorkerLost(host.name, str(error), final)]


def _status(host: WorkerChild) -> WorkerStatus:
    return WorkerStatus(
        name=host.name,
        pid=host.process.pid if host.process else 0,
        state=host.state.value,
        restarts=host.restarts,
        cpu_seconds=host.beat.cpu_seconds if host.beat else 0.0,
        rss_bytes=host.beat.rss_bytes if host.beat else 0,
    )
