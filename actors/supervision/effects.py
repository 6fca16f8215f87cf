"""What the state machines of the supervisor have decided; the supervisor executes the effects in order."""

from msgspec import Struct

from actors.messages.event import Event
from actors.messages.outbound import ConnectionPlaced
from actors.messages.workers import (
    LeaseExtended,
    SetLogLevel,
    StartConnection,
    StopConnection,
    StopWorker,
    WorkerHandle,
)
from actors.supervision.messages import BackoffElapsed, DialTurn, LoginLasted, StablePeriodElapsed
from actors.values import LogLevel, Region

AT_ONCE = 0.005
"""Seconds. The log calls a shorter delay "at once"."""


class StartWorker(Struct, frozen=True):
    """Start the worker called ``name``."""

    name: str


class WorkerServes(Struct, frozen=True):
    """A worker serves: it may be sent connections, and judged."""

    name: str
    handle: WorkerHandle


class KillWorker(Struct, frozen=True):
    """Kill a worker unless it ends by itself within ``patience`` seconds; log ``because`` at ``level``.

    One that cannot die is treated as dead: it executes nothing any more.
    """

    name: str
    handle: WorkerHandle
    because: str
    level: LogLevel
    patience: float = 0.0


class WorkerLost(Struct, frozen=True):
    """A worker is gone, and its connections with it; ``final`` is set if it will not be started again."""

    name: str
    reason: str
    final: Exception | None = None


class WorkerIsSlow(Struct, frozen=True):
    """Warn that a worker does not serve ``waited`` seconds after its start."""

    name: str
    handle: WorkerHandle
    waited: float


class TellWorker(Struct, frozen=True):
    """Send a message to a worker. That it is gone is no failure here: its ``WorkerDown`` follows."""

    handle: WorkerHandle
    message: StartConnection | StopConnection | StopWorker | SetLogLevel | LeaseExtended


class TellPool(Struct, frozen=True):
    """Tell the pool in which worker a connection runs."""

    message: ConnectionPlaced


class Later(Struct, frozen=True):
    """Send ``timer`` to the supervisor in ``delay`` seconds."""

    delay: float
    timer: BackoffElapsed | DialTurn | StablePeriodElapsed | LoginLasted


class Retry(Struct, frozen=True):
    """A child has failed and starts again in ``delay`` seconds, when ``timer`` comes.

    ``where`` is the region of a connection as the log shows it; ``attempt`` counts the failures in a row.
    """

    delay: float
    timer: BackoffElapsed
    because: str
    where: str = ""
    attempt: int = 1

    @property
    def when(self) -> str:
        """The delay as the log shows it."""
        return f"in {self.delay:.2f} s" if self.delay >= AT_ONCE else "at once"


class ProbeRegions(Struct, frozen=True):
    """Measure the round trips to these regions."""

    regions: list[Region]


class Announce(Struct, frozen=True):
    """Publish an event."""

    event: Event


class OutageLasts(Struct, frozen=True):
    """Raise the alarm: no connection has been up for ``duration`` seconds."""

    duration: float
    reasons: tuple[str, ...]


class Escalate(Struct, frozen=True):
    """No child is left that could come back, so the runtime fails with ``error``."""

    error: Exception


SupervisionEffect = (
    StartWorker
    | WorkerServes
    | WorkerIsSlow
    | KillWorker
    | WorkerLost
    | TellWorker
    | TellPool
    | Later
    | Retry
    | ProbeRegions
    | Announce
    | OutageLasts
    | Escalate
)
