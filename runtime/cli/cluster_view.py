"""The cluster of a configuration as an operator sees it."""

from collections.abc import Collection
from types import TracebackType
from typing import Literal, Self

from msgspec import Struct

from runtime.cluster.engine import Engine
from runtime.cluster.host_directory import HostDirectory, HostSeen
from runtime.cluster.outcomes import Lease
from runtime.config import Config
from runtime.config.cluster_duties import cluster_duties, host_name

GIVEN_BACK_WITHIN = 10.0
"""Seconds more than ``supervision.drain_timeout`` and two leases."""


class OwnedDuty(Struct, frozen=True):
    """``lease_left`` is in seconds, unless it is renewed."""

    name: str
    kind: Literal["account", "feed"]
    epoch: int
    lease_left: float


class HostState(Struct, frozen=True):
    """``seen_ago`` is in seconds; ``stands_by`` has the names of feeds that it could take over."""

    name: str
    state: Literal["up", "maintenance", "gone"]
    seen_ago: float
    version: str
    duties: list[OwnedDuty]
    stands_by: list[str]


class ClusterView:
    """A context manager. Every method may raise ``EngineAway``."""

    def __init__(self, config: Config) -> None:
        assert config.cluster.address is not None, "no view without an engine"
        self.own_name = host_name(config)
        self.patience = config.supervision.drain_timeout + 2 * config.cluster.lease + GIVEN_BACK_WITHIN
        """Seconds within which a host gives back what it has, and another one takes it."""
        self._duties = cluster_duties(config)
        self._engine = Engine(config.cluster.address, config.cluster.renew)
        self.directory = HostDirectory(self._engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._engine.close()

    def leases(self) -> dict[str, Lease | None]:
        """Of all accounts and feeds of the file, by name."""
        found = self.directory.leases(duty.name for duty in self._duties.values())
        return {name: found[duty.name] for name, duty in self._duties.items()}

    def states(self, leases: dict[str, Lease | None]) -> list[HostState]:
        """Of all hosts, by what ``leases`` has returned."""
        hosts = self.directory.hosts()
        standing = self.directory.standing([host.name for host in hosts])
        return [self._state(host, leases, standing) for host in hosts]

    def owner(self, name: str) -> str:
        """The host that has it; ``""``: none."""
        lease = self.leases()[name]
        return "" if lease is None else lease.host

    def owned_by(self, host: str) -> list[str]:
        return [name for name, lease in self.leases().items() if lease is not None and lease.host == host]

    def unknown(self, host: str) -> str:
        """Why nothing can be asked of ``host``; ``""``: it is one of the cluster."""
        return _unknown(host, [each.name for each in self.directory.hosts()])

    def unmovable(self, name: str, host: str) -> str:
        """Why ``name`` cannot move to ``host``; ``""``: it can."""
        if name not in self._duties:
            return f"there is no account or feed {name} (there: {', '.join(self._duties)})"
        hosts = {each.name: each for each in self.directory.hosts()}
        if reason := _unknown(host, hosts):
            return reason
        allowed = self._duties[name].hosts
        if allowed and host not in allowed:
            return f"{host} may not have {name} (its hosts: {', '.join(allowed)})"
        seen = hosts[host]
        if seen.in_maintenance:
            return f"{host} is in maintenance: end that first"
        return "" if seen.present else f"{host} is not there: it was seen {seen.seen_ago:.0f} s ago"

    def without_another(self, host: str) -> list[str]:
        """What no host can take but ``host``, as things are."""
        there = {each.name for each in self.directory.hosts() if each.present and not each.in_maintenance}
        there -= {host}
        return [name for name, duty in self._duties.items() if not there.intersection(duty.hosts or there)]

    def move(self, name: str, host: str) -> None:
        self.directory.move(self._duties[name].name, host, self.patience)

    def _state(
        self, host: HostSeen, leases: dict[str, Lease | None], standing: dict[str, dict[str, bool]]
    ) -> HostState:
        duties = [
            OwnedDuty(name, self._kind(name), lease.epoch, lease.seconds)
            for name, lease in leases.items()
            if lease is not None and lease.host == host.name
        ]
        state: Literal["up", "maintenance", "gone"] = "up" if host.present else "gone"
        if host.in_maintenance:
            state = "maintenance"
        stands_by = [
            name
            for name, duty in self._duties.items()
            if host.present and host.name in standing.get(duty.name, {})
        ]
        return HostState(host.name, state, host.seen_ago, host.version, duties, stands_by)

    def _kind(self, name: str) -> Literal["account", "feed"]:
        return "account" if self._duties[name].name.startswith("account:") else "feed"


def _unknown(host: str, hosts: Collection[str]) -> str:
    return "" if host in hosts else f"there is no host {host} (there: {', '.join(hosts) or 'none'})"
