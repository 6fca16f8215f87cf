"""What the tests of the supervisor's policies share: a plan, and a stand-in for a worker process."""

from typing import Any, TypeVar

from actors.messages.events import ConnectionDown, ConnectionUp
from actors.messages.workers import ConnectionSettings, StartConnection
from actors.rates import Rate
from actors.supervision.backoff import Backoff, linear
from actors.supervision.children import Plan
from actors.supervision.connections import Connections
from actors.supervision.effects import Announce, SupervisionEffect, TellWorker
from actors.supervision.regions import DialSettings
from actors.supervision.restart_intensity import RestartIntensity
from actors.values import Region, Secret

SETTINGS = ConnectionSettings("venue", Secret("s"), "", {}, True, 1, 1, 1, 1, 1, 0, 1)
EU, US, ASIA = (
    Region(name, f"wss://{name.lower()}.example/", turn) for turn, name in enumerate(("EU", "US", "ASIA"))
)
RESET_AFTER = 10.0

S = TypeVar("S")


class Process:
    """Stands for a worker process by its number alone."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def tell(self, message: Any) -> None:
        raise AssertionError("a policy tells nobody anything")

    def kill(self, patience: float = 0.0) -> str:
        raise AssertionError("a policy kills nobody")


def a_plan(connections: int = 2, **changes: Any) -> Plan:
    """Two hosts and three regions; delays of 1, 2, 3 ... seconds, and a gate that holds nobody up."""
    usual: dict[str, Any] = {
        "hosts": ("w1", "w2"),
        "connections": tuple(f"c{number}" for number in range(1, connections + 1)),
        "kept": connections,
        "settings": SETTINGS,
        "new_backoff": lambda: Backoff(linear(1, 60, jitter=False), login_attempts=2),
        "new_intensity": lambda: RestartIntensity(100, 60),
        "reset_after": RESET_AFTER,
        "heartbeat_timeout": 5.0,
        "login_attempts": 2,
    }
    regions = changes.pop("regions", (EU, US, ASIA))
    connects = changes.pop("connects", (Rate(1000, 1.0),))
    return Plan(access=DialSettings(regions, connects), **usual | changes)


def only(kind: type[S], steps: list[SupervisionEffect]) -> list[S]:
    """Those of the steps that are of this kind."""
    return [step for step in steps if isinstance(step, kind)]


def news(steps: list[SupervisionEffect]) -> list[Any]:
    return [step.event for step in only(Announce, steps)]


def told(steps: list[SupervisionEffect]) -> list[Any]:
    """What hosts are told."""
    return [step.message for step in only(TellWorker, steps)]


def starts(steps: list[SupervisionEffect]) -> list[StartConnection]:
    return [message for message in told(steps) if isinstance(message, StartConnection)]


class Scene:
    """Connections whose hosts are there, and what is heard of them; ``now`` goes on by hand."""

    def __init__(self, connections: int = 2, **changes: Any) -> None:
        self.now = 1000.0
        self.connections = Connections(a_plan(connections, **changes))
        self.begun = [
            start
            for pid, host in enumerate(("w1", "w2"), 1)
            for start in starts(self.connections.housed(host, Process(pid), self.now))
        ]

    def child(self, name: str) -> Any:
        """The row of ``name`` in the status."""
        rows, _ = self.connections.part(self.now)
        return next(row for row in rows if row.name == name)

    def state(self, name: str) -> str:
        state = self.child(name).state
        assert isinstance(state, str)
        return state

    def states(self) -> list[str]:
        return [row.state for row in self.connections.part(self.now)[0]]

    def region(self, name: str) -> Any:
        """The row of a region in the status."""
        _, rows = self.connections.part(self.now)
        return next(row for row in rows if row.name == name)

    def up(self, *names: str) -> None:
        """These log in."""
        for name in names:
            row = self.child(name)
            self.connections.up(ConnectionUp(name, row.epoch, row.region))

    def down(self, name: str, reason: str = "cut", **fields: Any) -> list[SupervisionEffect]:
        """Its present life ends; it had been ready if it was up."""
        row = self.child(name)
        fields = {"was_ready": row.state == "up"} | fields
        return self.connections.down(ConnectionDown(name, row.epoch, row.region, reason, **fields), self.now)

    def refused(self, name: str) -> list[SupervisionEffect]:
        return self.down(name, "NotAuthorized", terminal=True)
