"""What a supervisor remembers of each child, and how it looks in the status."""

import enum
import itertools
from collections.abc import Callable

from msgspec import Struct

from actors.messages.events import ConnectionDown, ConnectionUp, Heartbeat
from actors.messages.lifecycle import ConnectionSettings, Host, StartConnection
from actors.messages.status import ChildStatus, SupervisorPart, WorkerStatus
from actors.policy.backoff import Backoff
from actors.policy.selection import RegionTurn
from actors.values import Region


class Plan(Struct, frozen=True):
    """What is to be kept alive, and how; times in seconds.

    Connections are dealt out to ``hosts`` in turn: worker processes, or without ``workers`` the main one.
    """

    hosts: tuple[str, ...]
    connections: tuple[str, ...]
    regions: tuple[Region, ...]
    settings: ConnectionSettings
    new_backoff: Callable[[], Backoff]
    reset_after: float
    heartbeat_timeout: float
    workers: bool = True


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

    def stable(self, epoch: int) -> None:
        """Its failures count from zero again if life ``epoch`` has lasted."""
        if self.epoch == epoch and self.state is ChildState.UP:
            self.backoff.reset()


class ConnectionChild(Child):
    """A connection: where it lives and which region it is at."""

    def __init__(self, name: str, backoff: Backoff, regions: RegionTurn, host: str) -> None:
        super().__init__(name, backoff)
        self.regions = regions
        self.host = host

    def start(self, settings: ConnectionSettings) -> StartConnection:
        """What begins its next life, in the region whose turn it is."""
        self.epoch += 1
        self.state = ChildState.STARTING
        return StartConnection(self.name, self.epoch, self.regions.current, settings)

    def lost(self, reason: str) -> ConnectionDown:
        """The news of its end, where it cannot tell them itself."""
        was_ready = self.state is ChildState.UP
        return ConnectionDown(self.name, self.epoch, self.regions.current.name, reason, was_ready)


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


class Family:
    """All children of one plan, by name."""

    def __init__(self, plan: Plan) -> None:
        self._workers = plan.workers
        self.hosts = {name: HostChild(name, plan.new_backoff()) for name in plan.hosts}
        self.connections = {
            name: ConnectionChild(name, plan.new_backoff(), RegionTurn(plan.regions), host)
            for name, host in zip(plan.connections, itertools.cycle(plan.hosts), strict=False)
        }

    def __getitem__(self, name: str) -> Child:
        return self.connections.get(name) or self.hosts[name]

    def connection_up(self, up: ConnectionUp) -> ConnectionChild | None:
        """The connection that is up; ``None`` if the news is of an earlier life."""
        child = self.connections[up.connection]
        if up.epoch != child.epoch:
            return None
        child.state = ChildState.UP
        return child

    def heard(self, beat: Heartbeat, now: float) -> HostChild | None:
        """Take in a heartbeat; the host, if this is the first of its present life."""
        host = self.hosts[beat.worker]
        if host.process is None or host.process.pid != beat.pid:
            return None
        host.beat, host.heard_at = beat, now
        first = host.state is not ChildState.UP
        host.state = ChildState.UP
        return host if first else None

    def silent(self, since: float) -> list[tuple[HostChild, Host]]:
        """The worker processes not heard of since then."""
        return [
            (host, host.process)
            for host in self.hosts.values()
            if host.process is not None and host.process.pid and host.heard_at < since
        ]

    def host_down(self, host: HostChild, reason: str) -> list[ConnectionDown]:
        """Its connections went with it, to start again when it does; the news of those that had begun."""
        host.process = None
        news = []
        for child in self.living_on(host.name):
            if child.state in {ChildState.STARTING, ChildState.UP}:
                news.append(child.lost(reason))
            child.state = ChildState.STOPPED
            child.restarts += 1
            child.last_error = reason
        return news

    def processes(self) -> list[Host]:
        return [host.process for host in self.hosts.values() if host.process is not None]

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
        """The family as the status shows it."""
        return SupervisorPart(
            connections=tuple(_connection(child) for child in self.connections.values()),
            workers=tuple(map(_worker, self.hosts.values())) if self._workers else (),
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
