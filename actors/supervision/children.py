"""What is to be kept alive, and what a supervisor remembers of each child."""

import enum
from collections.abc import Callable

from msgspec import Struct

from actors.errors import AuthRejected, TooManyRestarts
from actors.messages.events import ActorQuarantined, ActorRestarted, ConnectionDown
from actors.messages.status import ChildStatus
from actors.messages.workers import ConnectionSettings
from actors.supervision.backoff import Backoff
from actors.supervision.effects import Announce, Later, Retry, SupervisionEffect
from actors.supervision.messages import RestartDue, StableDue
from actors.supervision.regions import DialSettings
from actors.supervision.restart_intensity import RestartIntensity
from actors.values import Region


class Plan(Struct, frozen=True):
    """What is to be kept alive, and how; times in seconds.

    Connections are dealt out to ``hosts`` in turn: worker processes, or without ``workers`` the main one.
    The first ``kept`` of them are wanted from the start, the others once they are opened. Up to ``probes``
    regions are measured at the start. A refused login waits for ``refusal_delay`` before its next try,
    of ``login_attempts`` in all.
    """

    hosts: tuple[str, ...]
    connections: tuple[str, ...]
    kept: int
    access: DialSettings
    settings: ConnectionSettings
    new_backoff: Callable[[], Backoff]
    new_intensity: Callable[[], RestartIntensity]
    reset_after: float
    heartbeat_timeout: float
    workers: bool = True
    probes: int = 0
    refusal_delay: float = 5.0
    login_attempts: int = 1


class ChildState(enum.Enum):
    """Where in its life a child is."""

    STOPPED = "stopped"
    """Nobody wants it alive."""
    STRANDED = "stranded"
    """A connection whose host is not there; it starts when that does."""
    WAITING = "waiting"
    """Its start is booked."""
    STARTING = "starting"
    UP = "up"
    CLOSING = "closing"
    """Told to end, for good."""
    RESTARTING = "restarting"
    """Told to end, to begin anew at once."""
    QUARANTINED = "quarantined"
    """Given up; only a person's ``Restart`` brings it back."""


ALIVE = frozenset({ChildState.STARTING, ChildState.UP, ChildState.CLOSING, ChildState.RESTARTING})
"""The states in which there is something that can end."""


class Child:
    """``epoch`` counts its lives, ``restarts`` those after a failure."""

    def __init__(self, name: str, plan: Plan) -> None:
        self.name = name
        self.backoff = plan.new_backoff()
        self.state = ChildState.STOPPED
        self.epoch = 0
        self.restarts = 0
        self.last_error = ""
        self.given_up: Exception | None = None
        self._intensity = plan.new_intensity()
        self._reset_after = plan.reset_after

    @property
    def alive(self) -> bool:
        return self.state in ALIVE

    @property
    def restart_due(self) -> RestartDue:
        """The message that ends its waiting."""
        return RestartDue(self.name, self.epoch)

    def waits(self, epoch: int) -> bool:
        """Whether its start is booked, and it has not lived since ``epoch``."""
        return self.state is ChildState.WAITING and self.epoch == epoch

    def begins(self) -> list[SupervisionEffect]:
        """The next life begins; the news if one went before that failed."""
        self.epoch += 1
        self.state = ChildState.STARTING
        if not self.backoff.attempts:
            return []
        return [Announce(ActorRestarted(self.name, self.backoff.attempts, self.last_error))]

    def is_up(self) -> list[SupervisionEffect]:
        self.state = ChildState.UP
        return [Later(self._reset_after, StableDue(self.name, self.epoch))]

    def stable(self, epoch: int) -> bool:
        """Whether life ``epoch`` has lasted; then its failures count from zero again."""
        lasted = self.epoch == epoch and self.state is ChildState.UP
        if lasted:
            self.backoff.reset()
        return lasted

    def failed(self, error: Exception, now: float, *, died: bool, pause: float = 0.0) -> SupervisionEffect:
        """Its next start is booked, ``pause`` later than usual, or it is given up; ``died``: it was up."""
        delay = self.backoff.failed(error)
        if died and self._intensity.exceeded(now):
            limit = f"more than {self._intensity.max_restarts} times in {self._intensity.max_seconds:g} s"
            return self.give_up(TooManyRestarts(f"{self.name} died {limit}, the last time because: {error}"))
        if delay is None:
            return self.give_up(error)
        self.last_error = str(error)
        self.state = ChildState.WAITING
        self.restarts += 1
        return Retry(pause + delay, self.restart_due, str(error))

    def give_up(self, error: Exception) -> SupervisionEffect:
        self.last_error = str(error)
        self.given_up = error
        self.state = ChildState.QUARANTINED
        return Announce(ActorQuarantined(self.name, str(error), isinstance(error, AuthRejected)))

    def forgive(self) -> None:
        """Count from zero: what it failed with before is nobody's concern any more."""
        self.given_up = None
        self.backoff.reset()
        self._intensity.forget()


class ConnectionChild(Child):
    """A connection: where it lives, and what its present life, or the last one, has come to.

    ``losses`` counts the lives that were ready and ended before they were stable, in a row.
    """

    def __init__(self, name: str, plan: Plan, host: str) -> None:
        super().__init__(name, plan)
        self.host = host
        self.region = min(plan.access.regions, key=lambda region: region.priority)
        self.began_at = 0.0
        self.was_ready = False
        self.round_trip: float | None = None
        self.losses = 0

    def start(self, region: Region, now: float) -> list[SupervisionEffect]:
        self.region, self.began_at, self.was_ready, self.round_trip = region, now, False, None
        return self.begins()

    def stable(self, epoch: int) -> bool:
        if stable := super().stable(epoch):
            self.losses = 0
        return stable

    def lost(self, reason: str) -> ConnectionDown:
        """The news of its end, where it cannot tell them itself."""
        return ConnectionDown(self.name, self.epoch, self.region.name, reason, self.was_ready)

    def status(self) -> ChildStatus:
        """As the status shows it."""
        return ChildStatus(
            name=self.name,
            worker=self.host,
            region=self.region.name,
            state=self.state.value,
            epoch=self.epoch,
            restarts=self.restarts,
            last_error=self.last_error,
        )
