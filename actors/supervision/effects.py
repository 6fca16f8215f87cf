"""What the supervisor's policies have decided, step by step, for the supervisor to carry out in order."""

from msgspec import Struct

from actors.messages.event import Event
from actors.messages.outbound import ConnectionPlaced
from actors.messages.workers import SetLogLevel, StartConnection, StopConnection, StopWorker, WorkerHandle
from actors.supervision.messages import AttemptDue, RestartDue, StableDue
from actors.values import LogLevel, Region

SOON = 0.005
"""Seconds that are none to a reader."""


class StartWorker(Struct, frozen=True):
    """Start the process called ``name``."""

    name: str


class KillWorker(Struct, frozen=True):
    """End a process, which has ``patience`` seconds to end by itself; for the log at ``level``, why."""

    name: str
    process: WorkerHandle
    because: str
    level: LogLevel
    patience: float = 0.0


class WorkerLost(Struct, frozen=True):
    """A process is gone, and its connections with it; ``final`` is why it will not come back."""

    name: str
    reason: str
    final: Exception | None = None


class TellWorker(Struct, frozen=True):
    """Tell a process something; that it is gone by now is no failure, its ``WorkerDown`` is coming."""

    process: WorkerHandle
    message: StartConnection | StopConnection | StopWorker | SetLogLevel


class TellPool(Struct, frozen=True):
    """Tell the pool where a connection lives."""

    message: ConnectionPlaced


class Later(Struct, frozen=True):
    """Be told ``message`` in ``delay`` seconds."""

    delay: float
    message: RestartDue | AttemptDue | StableDue


class Retry(Struct, frozen=True):
    """A child has failed and is to start again in ``delay`` seconds."""

    delay: float
    due: RestartDue
    because: str

    @property
    def when(self) -> str:
        """The delay, as people say it."""
        return f"in {self.delay:.2f} s" if self.delay >= SOON else "at once"


class ProbeRegions(Struct, frozen=True):
    """Measure how far these are."""

    regions: list[Region]


class Announce(Struct, frozen=True):
    """Publish an event."""

    event: Event


class Escalate(Struct, frozen=True):
    """Nothing is left that could come back."""

    error: Exception


SupervisionEffect = (
    StartWorker
    | KillWorker
    | WorkerLost
    | TellWorker
    | TellPool
    | Later
    | Retry
    | ProbeRegions
    | Announce
    | Escalate
)
