"""The order in which hosts try for a duty. All compute the same one, so that they need not agree on it."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from hashlib import blake2b


def ranking(duty: str, hosts: Collection[str]) -> list[str]:
    """``hosts``, the first in line for ``duty`` first: rendezvous hashing. If a host leaves or joins, the
    order of the others stays."""
    return sorted(hosts, key=lambda host: blake2b(f"{duty}\0{host}".encode()).digest())


def rank(duty: str, host: str, hosts: Collection[str]) -> int:
    """How many of ``hosts`` are in line before ``host``."""
    return _rank(duty, host, frozenset(hosts))


@lru_cache(4096)
def _rank(duty: str, host: str, hosts: frozenset[str]) -> int:
    return ranking(duty, hosts | {host}).index(host)


def fair_share(duties: int, hosts: int) -> int:
    """The most duties that a host has if all have about as many."""
    return -(-duties // max(1, hosts))


def standbys(line: Sequence[str], owner: str, count: int) -> list[str]:
    """Those of ``line``, the first one first, that stand by behind ``owner``."""
    return [host for host in line if host != owner][:count]
