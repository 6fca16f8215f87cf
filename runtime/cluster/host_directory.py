"""Which host has what, and what operators want of it: kept in the engine, so that any host can be asked."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from msgspec import Struct, msgpack

from runtime.cluster.engine import HOSTS, Engine, key
from runtime.cluster.forms import ms
from runtime.cluster.outcomes import Lease

REMEMBERED: Final = 7 * 86_400.0
"""Seconds for which a host that is gone is still listed."""

_warm: Final = msgpack.Decoder(dict[str, bool])


class DutyAssignment(Struct, frozen=True):
    """``resting`` are the hosts in maintenance. By duty, ``moves`` has the host that an operator wants for
    it, ``owners`` the one that has it, ``standing`` those that stand by: true for those that are warm."""

    resting: frozenset[str] = frozenset()
    moves: dict[str, str] = {}
    owners: dict[str, str] = {}
    standing: dict[str, dict[str, bool]] = {}


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
        names = [[_maintenance(host) for host in hosts], [_standing(host) for host in hosts]]
        names += [[key(duty, name) for duty in duties] for name in ("move", "lease")]
        (values,) = self._engine.execute([("MGET", *(name for part in names for name in part))])
        found = iter(values)
        resting, standing, moves, leases = ([*islice(found, len(part))] for part in names)
        return DutyAssignment(
            frozenset(host for host, is_set in zip(hosts, resting, strict=True) if is_set is not None),
            {duty: to.decode() for duty, to in zip(duties, moves, strict=True) if to},
            {duty: _host_of(held) for duty, held in zip(duties, leases, strict=True) if held},
            _by_duty(zip(hosts, standing, strict=True)),
        )

    def stand(self, host: str, warm: Mapping[str, bool], seconds: float) -> None:
        """``host`` stands by for these duties, which are true if it is warm; the others learn it, and forget
        it after ``seconds``."""
        self._engine.execute([("SET", _standing(host), msgpack.encode(warm), "PX", ms(seconds))])

    def standing(self, hosts: Sequence[str]) -> dict[str, dict[str, bool]]:
        """By duty, which of ``hosts`` stand by for it."""
        if not hosts:
            return {}
        (found,) = self._engine.execute([("MGET", *map(_standing, hosts))])
        return _by_duty(zip(hosts, found, strict=True))

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


def _standing(host: str) -> str:
    return f"tw:host:{host}:standby"


def _by_duty(told: Iterable[tuple[str, bytes | None]]) -> dict[str, dict[str, bool]]:
    found: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for host, words in told:
        for duty, is_warm in {} if words is None else _warm.decode(words).items():
            found[duty][host] = is_warm
    return dict(found)


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
