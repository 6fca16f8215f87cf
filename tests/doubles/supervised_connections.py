"""Connections under supervision, without an actor: a plan, a double of a worker, and a clock set by hand."""

from typing import Any, TypeVar

from actors.messages.events import ConnectionDown, ConnectionUp
from actors.messages.workers import ConnectionSettings, StartConnection
from actors.rates import Rate
from actors.supervision.backoff import Backoff, linear
from actors.supervision.children import OutageSettings, Plan
from actors.supervision.connections import Connections
from actors.supervision.effects import Announce, Retry, SupervisionEffect, TellWorker
from actors.supervision.regions import DialSettings
from actors.supervision.restart_intensity import RestartIntensity
from actors.values import Region, Secret

SETTINGS = ConnectionSettings("venue", Secret("s"), "", {}, True, 1, 1, 1, 1, 1, 0, 1)
EU, US, ASIA = (
    Region(name, f"wss://{name.lower()}.example/", turn) for turn, name in enumerate(("EU", "US", "ASIA"))
)
RESET_AFTER = 10.0

S = TypeVar("S")


class WorkerDouble:
    """A worker handle of which a policy uses only the ``pid``."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def tell(self, message: Any) -> None:
        raise AssertionError("a policy sends nothing")

    def kill(self, patience: float = 0.0) -> str:
        raise AssertionError("a policy kills no worker")


def make_plan(connections: int = 2, **changes: Any) -> Plan:
    """Two workers and three regions; delays of 1, 2, 3 ... seconds, and a dial gate without a wait."""
    usual: dict[str, Any] = {
        "workers": ("w1", "w2"),
        "connections": tuple(f"c{number}" for number in range(1, connections + 1)),
        "kept": connections,
        "settings": SETTINGS,
        "new_backoff": lambda: Backoff(linear(1, 60, jitter=False), login_attempts=2),
        "new_intensity": lambda: RestartIntensity(100, 60),
        "reset_after": RESET_AFTER,
        "heartbeat_timeout": 5.0,
        "outage": OutageSettings(30.0),
        "login_attempts": 2,
    }
    regions = changes.pop("regions", (EU, US, ASIA))
    connects = changes.pop("connects", (Rate(1000, 1.0),))
    return Plan(dialing=DialSettings(regions, connects), **usual | changes)


def only(kind: type[S], effects: list[SupervisionEffect]) -> list[S]:
    """The effects of one kind."""
    return [effect for effect in effects if isinstance(effect, kind)]


def announced(effects: list[SupervisionEffect]) -> list[Any]:
    return [effect.event for effect in only(Announce, effects)]


def sent(effects: list[SupervisionEffect]) -> list[Any]:
    """The messages that workers are sent."""
    return [effect.message for effect in only(TellWorker, effects)]


def starts(effects: list[SupervisionEffect]) -> list[StartConnection]:
    return [message for message in sent(effects) if isinstance(message, StartConnection)]


def started(effects: list[SupervisionEffect]) -> list[str]:
    """The names of the connections that are started."""
    return [start.connection for start in starts(effects)]


def regions(effects: list[SupervisionEffect]) -> list[str]:
    """The names of the regions that are dialed."""
    return [start.region.name for start in starts(effects)]


class SupervisedConnections:
    """The policy ``Connections`` with its workers started; ``now`` is set by hand."""

    def __init__(self, connections: int = 2, **changes: Any) -> None:
        self.now = 1000.0
        self.connections = Connections(make_plan(connections, **changes))
        self.begun = [
            start
            for pid, worker in enumerate(("w1", "w2"), 1)
            for start in starts(self.connections.on_worker_up(worker, WorkerDouble(pid), self.now))
        ]

    def child(self, name: str) -> Any:
        """The row of ``name`` in the status."""
        rows, _ = self.connections.status(self.now)
        return next(row for row in rows if row.name == name)

    def state(self, name: str) -> str:
        state = self.child(name).state
        assert isinstance(state, str)
        return state

    def states(self) -> list[str]:
        return [row.state for row in self.connections.status(self.now)[0]]

    def region(self, name: str) -> Any:
        """The row of a region in the status."""
        _, rows = self.connections.status(self.now)
        return next(row for row in rows if row.name == name)

    def up(self, *names: str) -> list[SupervisionEffect]:
        """The connections log in. Returns the effects of that."""
        effects: list[SupervisionEffect] = []
        for name in names:
            row = self.child(name)
            effects += self.connections.on_up(ConnectionUp(name, row.epoch, row.region), self.now)
        return effects

    def down(self, name: str, reason: str = "cut", **fields: Any) -> list[SupervisionEffect]:
        """Its present life ends; ``was_ready`` is set if it was up."""
        row = self.child(name)
        fields = {"was_ready": row.state == "up"} | fields
        return self.connections.on_down(
            ConnectionDown(name, row.epoch, row.region, reason, **fields), self.now
        )

    def refused(self, name: str) -> list[SupervisionEffect]:
        return self.down(name, "NotAuthorized", terminal=True)

    def after_backoff(self, effects: list[SupervisionEffect]) -> list[SupervisionEffect]:
        """Let the backoff in ``effects`` elapse. Returns the effects of that."""
        (retry,) = only(Retry, effects)
        self.now += retry.delay
        return self.connections.on_backoff_elapsed(retry.timer, self.now)

    def dial_turn(self, after: float = 1.0) -> list[SupervisionEffect]:
        """Let ``after`` seconds pass, and the timer of the dial gate come. Returns the effects of that."""
        self.now += after
        return self.connections.on_dial_turn(self.now)
