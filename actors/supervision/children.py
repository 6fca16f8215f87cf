"""What a supervisor keeps alive, and what it knows of each child."""

import enum
from collections.abc import Callable

from msgspec import Struct

from actors.errors import AuthRejected, TooManyRestarts
from actors.messages.events import ActorQuarantined, ActorRestarted, ConnectionDown
from actors.messages.status import ChildStatus
from actors.messages.workers import ConnectionSettings
from actors.supervision.backoff import Backoff
from actors.supervision.effects import Announce, Later, Retry, SupervisionEffect
from actors.supervision.messages import BackoffElapsed, StablePeriodElapsed
from actors.supervision.regions import DialSettings
from actors.supervision.restart_intensity import RestartIntensity
from actors.values import Life, Region


class OutageSettings(Struct, frozen=True):
    """After how many seconds without a connection there is an outage."""

    after: float


class Plan(Struct, frozen=True):
    """What to keep alive, and how; times in seconds.

    Connections are assigned to ``workers`` in turn; with ``in_process`` the only worker is the main process.
    The first ``kept`` connections start at once, the others when they are opened. Up to ``probes`` regions
    are measured at the start. After a refused login no connection logs in for ``refusal_delay``; the session
    is given up after ``login_attempts``.
    """

    workers: tuple[str, ...]
    connections: tuple[str, ...]
    kept: int
    dialing: DialSettings
    settings: ConnectionSettings
    new_backoff: Callable[[], Backoff]
    new_intensity: Callable[[], RestartIntensity]
    reset_after: float
    heartbeat_timeout: float
    outage: OutageSettings
    in_process: bool = False
    probes: int = 0
    refusal_delay: float = 5.0
    login_attempts: int = 1


class ChildState(enum.Enum):
    """The state of a child."""

    STOPPED = "stopped"
    """Not wanted alive."""
    STRANDED = "stranded"
    """A connection without its worker; it starts when the worker has."""
    WAITING = "waiting"
    """It starts when its backoff is over or the dial gate lets it pass."""
    STARTING = "starting"
    UP = "up"
    CLOSING = "closing"
    """Told to end, and not to start again."""
    RESTARTING = "restarting"
    """Told to end, and to start again at once."""
    QUARANTINED = "quarantined"
    """Given up; only a ``Restart`` command starts it again."""


SOON = 0.5
"""Seconds. A wait that ends so soon is not shortened."""

ALIVE = frozenset({ChildState.STARTING, ChildState.UP, ChildState.CLOSING, ChildState.RESTARTING})
"""The states in which the child exists and can end."""


class Child:
    """One worker or connection. ``epoch`` counts its starts, ``restarts`` those after a failure."""

    def __init__(self, name: str, plan: Plan) -> None:
        self.name = name
        self.backoff = plan.new_backoff()
        self.state = ChildState.STOPPED
        self.epoch = 0
        self.restarts = 0
        self.last_error = ""
        self.final_error: Exception | None = None
        """Why it is in quarantine."""
        self._intensity = plan.new_intensity()
        self._reset_after = plan.reset_after

    def __repr__(self) -> str:
        """As in ``<ConnectionChild c1#2: waiting, in worker-1, region EU, restarts: 1, last error: cut>``."""
        notes = [self.state.value, *self._notes(), f"restarts: {self.restarts}"]
        if self.last_error:
            notes.append(f"last error: {self.last_error}")
        return f"<{type(self).__name__} {self.name}#{self.epoch}: {', '.join(notes)}>"

    def _notes(self) -> list[str]:
        """What ``repr`` shows of this kind of child."""
        return []

    @property
    def alive(self) -> bool:
        return self.state in ALIVE

    def awaits(self, timer: BackoffElapsed) -> bool:
        """Whether ``timer`` is the one that its next start waits for."""
        return self.state is ChildState.WAITING and self.epoch == timer.epoch

    def start(self) -> list[SupervisionEffect]:
        """Begin the next epoch; ``ActorRestarted`` is announced if the last one failed."""
        self.epoch += 1
        self.state = ChildState.STARTING
        if not self.backoff.attempts:
            return []
        return [Announce(ActorRestarted(self.name, self.backoff.attempts, self.last_error))]

    def on_up(self) -> list[SupervisionEffect]:
        self.state = ChildState.UP
        self.backoff.on_up()
        return [Later(self._reset_after, StablePeriodElapsed(self.name, self.epoch))]

    def on_stable_period(self, timer: StablePeriodElapsed) -> bool:
        """Whether that epoch has lasted; then the backoff starts again from zero."""
        lasted = self.epoch == timer.epoch and self.state is ChildState.UP
        if lasted:
            self.backoff.reset()
        return lasted

    def on_failure(
        self, error: Exception, now: float, *, counts: bool, pause: float = 0.0
    ) -> SupervisionEffect:
        """Start it again ``pause`` seconds later than its backoff says, or quarantine it.

        ``counts`` says whether this end counts for the restart intensity.
        """
        delay = self.backoff.failed(error)
        if counts and self._intensity.exceeded(now):
            limit = f"more than {self._intensity.max_restarts} times in {self._intensity.max_seconds:g} s"
            return self.quarantine(
                TooManyRestarts(f"{self.name} died {limit}, the last time because: {error}")
            )
        if delay is None:
            return self.quarantine(error)
        self.last_error = str(error)
        self.state = ChildState.WAITING
        self.restarts += 1
        return self._retry(pause + delay, str(error), now)

    def _retry(self, delay: float, because: str, now: float, where: str = "") -> SupervisionEffect:
        timer = BackoffElapsed(self.name, self.epoch)
        return Retry(delay, timer, because, where, self.backoff.attempts)

    def quarantine(self, error: Exception) -> SupervisionEffect:
        self.last_error = str(error)
        self.final_error = error
        self.state = ChildState.QUARANTINED
        return Announce(ActorQuarantined(self.name, str(error), isinstance(error, AuthRejected)))

    def reset(self) -> None:
        """Count failures from zero: a user or a reload wants it to start again."""
        self.final_error = None
        self.backoff.reset()
        self._intensity.reset()


class ConnectionChild(Child):
    """A connection: in which worker it runs, and what is known of its latest life.

    ``losses`` counts the lives in a row that were ready and ended before they were stable. ``hastened`` says
    that the latest life began earlier than the backoff allowed, because another connection had logged in;
    ``failed_alone`` that others logged in while its latest attempt failed.
    """

    def __init__(self, name: str, plan: Plan, worker: str) -> None:
        super().__init__(name, plan)
        self.worker = worker
        self.region = min(plan.dialing.regions, key=lambda region: region.priority)
        self.began_at = 0.0
        self.was_ready = False
        self.round_trip: float | None = None
        self.losses = 0
        self.hastened = False
        self.failed_alone = False
        self._due_at = 0.0
        self._hastenings = plan.new_intensity()

    def _notes(self) -> list[str]:
        return [f"in {self.worker}", f"region {self.region.name}"]

    @property
    def life(self) -> Life:
        """The latest life, over or not."""
        return Life(self.name, self.epoch)

    def dial(self, region: Region, now: float) -> list[SupervisionEffect]:
        self.region, self.began_at, self.was_ready, self.round_trip = region, now, False, None
        return self.start()

    def hasten(self, now: float, *, lasting: bool = False) -> bool:
        """Another connection has logged in. Whether this one, which waits, is to start now, not later.

        Unless that login is ``lasting``, this is allowed as often as the restart intensity allows deaths: a
        venue that accepts logins and drops each connection soon after would otherwise have them all log in
        without a pause.
        """
        if self.failed_alone or self._due_at - now <= SOON or (not lasting and self._hastenings.reached(now)):
            return False
        self._hastenings.exceeded(now)
        self.hastened = True
        self.backoff.start_over()
        return True

    def _retry(self, delay: float, because: str, now: float, where: str = "") -> SupervisionEffect:
        self.hastened, self._due_at = False, now + delay
        return super()._retry(delay, because, now, f" ({self.region.name})")

    def reset(self) -> None:
        super().reset()
        self._hastenings.reset()

    def on_stable_period(self, timer: StablePeriodElapsed) -> bool:
        if lasted := super().on_stable_period(timer):
            self.losses = 0
        return lasted

    def down_event(self, reason: str) -> ConnectionDown:
        """Announces the end of its life where the connection cannot do so itself."""
        return ConnectionDown(*self.life, self.region.name, reason, self.was_ready)

    def status(self) -> ChildStatus:
        return ChildStatus(
            name=self.name,
            worker=self.worker,
            region=self.region.name,
            state=self.state.value,
            epoch=self.epoch,
            restarts=self.restarts,
            last_error=self.last_error,
        )
