"""What a supervisor remembers of each child, and how it looks in the status."""

import enum
import itertools
from collections.abc import Callable

from msgspec import Struct

from actors.messages.events import Heartbeat
from actors.messages.lifecycle import ConnectionSettings, Host
from actors.messages.status import ChildStatus, SupervisorPart, WorkerStatus
from actors.policy.backoff import Backoff
from actors.policy.selection import RegionTurn
from actors.values import Region


class Plan(Struct, frozen=True):
    """What is to be kept alive, and how; connections are dealt out to ``hosts`` in turn; times in seconds."""

    hosts: tuple[str, ...]
    connections: tuple[str, ...]
    regions: tuple[Region, ...]
    settings: ConnectionSettings
    new_backoff: Callable[[], Backoff]
    reset_after: float
    heartbeat_timeout: float


class ChildState(enum.Enum):
    """Where in its life a child is."""

    STOPPED = "stopped"
    STARTING = "starting"
    UP = "up"
    WAITING = "waiting"
    """Failed; its restart is booked."""
    QUARANTINED = "quarantined"
    """Given up."""


class Child:
    """``epoch`` counts its lives, ``restarts`` those after a failure."""

    def __init__(self, name: str, backoff: Backoff) -> None:
        self.name = name
        self.backoff = backoff
        self.state = ChildState.STOPPED
        self.epoch = 0
        self.restarts = 0
        self.last_error = ""


class ConnectionChild(Child):
    """A connection: where it lives and which region it is at."""

    def __init__(self, name: str, backoff: Backoff, regions: RegionTurn, host: str) -> None:
        super().__init__(name, backoff)
        self.regions = regions
        self.host = host

    def started(self) -> None:
        self.epoch += 1
        self.state = ChildState.STARTING


class HostChild(Child):
    """A worker process, or this one (then its ``pid`` is 0 and it never fails)."""

    def __init__(self, name: str, backoff: Backoff) -> None:
        super().__init__(name, backoff)
        self.process: Host | None = None
        self.heard_at = 0.0
        self.beat: Heartbeat | None = None

    def started(self, process: Host, now: float) -> None:
        self.epoch += 1
        self.state = ChildState.STARTING
        self.process, self.heard_at, self.beat = process, now, None

    def heard(self, beat: Heartbeat, now: float) -> None:
        self.beat, self.heard_at = beat, now


class Family:
    """All children of one plan, by name."""

    def __init__(self, plan: Plan) -> None:
        self.hosts = {name: HostChild(name, plan.new_backoff()) for name in plan.hosts}
        self.connections = {
            name: ConnectionChild(name, plan.new_backoff(), RegionTurn(plan.regions), host)
            for name, host in zip(plan.connections, itertools.cycle(plan.hosts), strict=False)
        }

    def __getitem__(self, name: str) -> Child:
        return self.connections.get(name) or self.hosts[name]

    def living_on(self, host: str) -> list[ConnectionChild]:
        """The connections of one host that are not given up."""
        return [
            child
            for child in self.connections.values()
            if child.host == host and child.state is not ChildState.QUARANTINED
        ]

    def lost(self) -> bool:
        """Whether nothing can come back: every connection is given up, or a host is."""
        connections = [child.state is ChildState.QUARANTINED for child in self.connections.values()]
        hosts = [child.state is ChildState.QUARANTINED for child in self.hosts.values()]
        return all(connections) or any(hosts)

    def alive(self) -> bool:
        """Whether any connection is up or on its way there."""
        states = {child.state for child in self.connections.values()}
        return bool(states & {ChildState.STARTING, ChildState.UP})

    def part(self) -> SupervisorPart:
        """The family as the status shows it; the main process is not listed among the workers."""
        return SupervisorPart(
            connections=tuple(_connection(child) for child in self.connections.values()),
            workers=tuple(
                _worker(host) for host in self.hosts.values() if host.process is None or host.process.pid
            ),
        )


def _connection(child: ConnectionChild) -> ChildStatus:
    return ChildStatus(
        name=child.name,
        worker=child.host,
        region=child.regions.current.name,
        state=child.state.value,
        epoch=child.epoch,
        restarts=child.restarts,
        last_error=child.last_error,
    )


def _worker(host: HostChild) -> WorkerStatus:
    return WorkerStatus(
        name=host.name,
        pid=host.process.pid if host.process else 0,
        state=host.state.value,
        restarts=host.restarts,
        cpu_seconds=host.beat.cpu_seconds if host.beat else 0.0,
        rss_bytes=host.beat.rss_bytes if host.beat else 0,
    )
