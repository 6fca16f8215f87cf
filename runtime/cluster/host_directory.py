"""Which host has what, and what operators want of it: kept in the engine, so that any host can be asked."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from msgspec import Struct

from runtime.cluster.engine import HOSTS, Engine, key
from runtime.cluster.forms import ms
from runtime.cluster.outcomes import Lease

REMEMBERED: Final = 7 * 86_400.0
"""Seconds for which a host that is gone is still listed."""


class DutyAssignment(Struct, frozen=True):
    """``resting`` are the hosts in maintenance. By duty, ``moves`` has the host that an operator wants for
    it, ``owners`` the one that has it."""

    resting: frozenset[str] = frozenset()
    moves: dict[str, str] = {}
    owners: dict[str, str] = {}


class HostSeen(Struct, frozen=True):
    """``seen_ago`` is in seconds, by the engine's clock; ``present`` is whether others count with it."""

    name: str
    version: str
    seen_ago: float
    present: bool
    in_maintenance: bool


class HostDirectory:
    """Any thread may call it. Every method may raise ``EngineAway``, and nothing else."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def sign(self, host: str, version: str) -> None:
        """``host``, which attends, has this version of tellwire."""
        self._engine.execute([("SET", f"tw:host:{host}:seen", version, "PX", ms(REMEMBERED))])

    def assignment(self, hosts: Collection[str], duties: Collection[str]) -> DutyAssignment:
        """That of these ``hosts`` and ``duties``."""
        flags = [_maintenance(host) for host in hosts]
        asked = flags + [key(duty, name) for name in ("move", "lease") for duty in duties]
        (found,) = self._engine.execute([("MGET", *asked)])
        resting, texts = found[: len(hosts)], found[len(hosts) :]
        return DutyAssignment(
            frozenset(host for host, is_set in zip(hosts, resting, strict=True) if is_set is not None),
            {duty: to.decode() for duty, to in zip(duties, texts[: len(duties)], strict=True) if to},
            {duty: _host_of(held) for duty, held in zip(duties, texts[len(duties) :], strict=True) if held},
        )

    def rest(self, host: str, *, resting: bool) -> None:
        """``host`` gives back all that it has and takes nothing, until it is no more ``resting``; also after
        a restart."""
        name = _maintenance(host)
        self._engine.execute([("SET", name, "1") if resting else ("DEL", name)])

    def move(self, duty: str, host: str, seconds: float) -> None:
        """The owner of ``duty`` gives it back, and for ``seconds`` no other than ``host`` can take it."""
        self._engine.execute([("SET", key(duty, "move"), host, "PX", ms(seconds))])

    def hosts(self) -> list[HostSeen]:
        """All that there are or were, by name."""
        (members,) = self._engine.execute([("SMEMBERS", HOSTS)])
        names = sorted(member.decode() for member in members)
        found = self._engine.execute([command for name in names for command in _looks(name)])
        looks = {name: found[4 * i : 4 * i + 4] for i, name in enumerate(names)}
        unsigned = {name: present for name, (version, _, present, _) in looks.items() if version is None}
        if forgotten := [name for name, present in unsigned.items() if not present]:
            self._engine.execute([("SREM", HOSTS, *forgotten)])
        return [_seen(name, *look) for name, look in looks.items() if name not in unsigned]

    def leases(self, duties: Iterable[str]) -> dict[str, Lease | None]:
        """That of each; ``None`` where no host owns it."""
        names = list(duties)
        looks = [(verb, key(duty, "lease")) for duty in names for verb in ("GET", "PTTL")]
        found = self._engine.execute(looks)
        return {duty: _lease(found[2 * i], found[2 * i + 1]) for i, duty in enumerate(names)}


def _maintenance(host: str) -> str:
    return f"tw:host:{host}:maintenance"


def _looks(host: str) -> Sequence[tuple[str, str]]:
    seen = f"tw:host:{host}:seen"
    return ("GET", seen), ("PTTL", seen), ("EXISTS", f"tw:host:{host}"), ("EXISTS", _maintenance(host))


def _seen(host: str, version: bytes, left: int, present: int, resting: int) -> HostSeen:
    return HostSeen(host, version.decode(), max(0.0, REMEMBERED - left / 1000), bool(present), bool(resting))


def _lease(held: bytes | None, left: int) -> Lease | None:
    if held is None:
        return None
    _, _, epoch = held.decode().rpartition(" ")
    return Lease(_host_of(held), int(epoch), max(0, left) / 1000)


def _host_of(held: bytes) -> str:
    return held.decode().rpartition("/")[0]
