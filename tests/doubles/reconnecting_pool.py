"""A pool and a venue on a simulated clock: connections dial, log in, are cut off and come back."""

import heapq
import itertools
import random
from collections.abc import Callable
from typing import Any

from actors.messages.events import ActorQuarantined, ConnectionDown, ConnectionUp
from actors.messages.workers import StartConnection
from actors.supervision.connections import Connections
from actors.supervision.effects import Announce, Escalate, Later, Retry, SupervisionEffect, TellWorker
from actors.supervision.messages import BackoffElapsed, DialTurn, LoginLasted, StablePeriodElapsed
from tests.doubles.supervised_connections import WorkerDouble, make_plan

ROUND_TRIP = (0.002, 0.08)
"""Seconds from a dial to its result, and from a cut to its report; each is drawn from this range."""


class ReconnectingPool:
    """The policy ``Connections`` with everything around it simulated.

    While ``refuses`` is set, dials fail: it has fields of their ``ConnectionDown``. ``lasts`` are the seconds
    after which the venue drops what has logged in; by default it never does.
    """

    def __init__(self, connections: int, seed: int, **changes: Any) -> None:
        self._random = random.Random(seed)
        self._connections = Connections(make_plan(connections, **changes))
        self._names = [f"c{number}" for number in range(1, connections + 1)]
        self._agenda: list[tuple[float, int, Callable[[], list[SupervisionEffect] | None]]] = []
        self._count = itertools.count()
        self.now = 1000.0
        self.refuses: dict[str, Any] | None = None
        self.lasts: float | None = None
        self.up: dict[str, float] = {}
        """Since when each connection is up that is."""
        self.logins: list[tuple[float, str]] = []
        self.dials: list[float] = []
        self.given_up: list[str] = []
        for pid, worker in enumerate(("w1", "w2"), 1):
            self._execute(self._connections.on_worker_up(worker, WorkerDouble(pid), self.now))

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self.now + seconds
        while self._agenda and self._agenda[0][0] <= end:
            self.now, _, happen = heapq.heappop(self._agenda)
            self._execute(happen() or [])
        self.now = end

    def run_until_all_up(self, within: float = 300.0) -> None:
        """Let time pass until every connection is up; fails after ``within`` seconds."""
        end = self.now + within
        while len(self.up) < len(self._names):
            due = self._agenda[0][0] if self._agenda else end + 1
            assert due <= end, f"only {sorted(self.up)} are up"
            self.run(due - self.now)

    def cut_all(self) -> None:
        """The venue drops every connection, which each notices for itself."""
        for name in list(self.up):
            self._drop(self._life(name), "reset", was_ready=True)

    def _life(self, name: str) -> tuple[str, int, str]:
        rows, _ = self._connections.status(self.now)
        row = next(row for row in rows if row.name == name)
        return name, row.epoch, row.region

    def _drop(self, life: tuple[str, int, str], reason: str, **fields: Any) -> None:
        self.up.pop(life[0], None)
        down = ConnectionDown(*life, reason, **fields)
        self._at(self._soon(), lambda: self._connections.on_down(down, self.now))

    def _at(self, delay: float, happen: Callable[[], list[SupervisionEffect] | None]) -> None:
        heapq.heappush(self._agenda, (self.now + delay, next(self._count), happen))

    def _soon(self) -> float:
        return self._random.uniform(*ROUND_TRIP)

    def _execute(self, effects: list[SupervisionEffect]) -> None:
        for effect in effects:
            match effect:
                case Later(delay=delay, timer=timer) | Retry(delay=delay, timer=timer):
                    self._at(delay, lambda timer=timer: self._on_timer(timer))  # type: ignore[misc]
                case TellWorker(message=StartConnection() as start):
                    self._dial(start)
                case Announce(event=ActorQuarantined(name=name)):
                    self.given_up.append(name)
                case Escalate(error=error):
                    raise AssertionError(error)

    def _on_timer(
        self, timer: BackoffElapsed | DialTurn | LoginLasted | StablePeriodElapsed
    ) -> list[SupervisionEffect]:
        match timer:
            case BackoffElapsed():
                return self._connections.on_backoff_elapsed(timer, self.now)
            case LoginLasted():
                return self._connections.on_login_lasted(timer, self.now)
            case DialTurn():
                return self._connections.on_dial_turn(self.now)
            case StablePeriodElapsed():
                self._connections.on_stable_period(timer)
        return []

    def _dial(self, start: StartConnection) -> None:
        self.dials.append(self.now)
        life = (start.connection, start.epoch, start.region.name)

        def arrive() -> None:
            if self.refuses is None:
                self._at(self._soon(), lambda: self._log_in(life))
            else:
                self._drop(life, "no", was_ready=False, **self.refuses)

        self._at(self._soon() / 2, arrive)

    def _log_in(self, life: tuple[str, int, str]) -> list[SupervisionEffect]:
        self.up[life[0]] = self.now
        self.logins.append((self.now, life[0]))
        if self.lasts is not None:
            self._at(self.lasts, lambda: self._drop(life, "dropped", was_ready=True))
        return self._connections.on_up(ConnectionUp(*life), self.now)
