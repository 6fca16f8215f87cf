"""How many descriptors the connections of one process need, and whether the system allows so many."""

import contextlib
import sys
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from loguru import logger

OF_A_CONNECTION: Final = 4
"""While it dials; one, once it is up."""

OF_A_WORKER: Final = 4
OTHERS: Final = 192
"""Those of the main process, and those of the processes that may attach."""

OF_AN_ACCOUNT: Final = 14
"""Those of a further account without its connections: sockets, wakers and files of its actors."""

OTHERS_OF_A_WORKER: Final = 32
DIALING: Final = 64
"""Connections of one process that may dial at once, at the usual pace."""


ENOUGH: Final = 2048
"""More than one process needs for the largest pool."""


class Shortage(NamedTuple):
    """A process may need ``need`` descriptors, but have no more than ``limit``; ``where`` names a worker."""

    where: str
    need: int
    limit: int

    def __str__(self) -> str:
        return f"{self.need} may be needed{self.where}, but the limit is {self.limit} (ulimit -n)"


def need_of_main(connections: int, workers: int) -> int:
    """The most descriptors of the main process."""
    return OTHERS + workers * OF_A_WORKER + (0 if workers else _need(connections))


def need_of_a_worker(connections: int, workers: int) -> int:
    """The most descriptors of one worker process; 0 if there is none."""
    return OTHERS_OF_A_WORKER + _need(-(-connections // workers)) if workers else 0


def shortages(connections: int, workers: int) -> list[Shortage]:
    """The processes that may need more than the system allows. A worker raises its soft limit itself."""
    if sys.platform == "win32":
        return []
    import resource  # noqa: PLC0415  # not there on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = [
        Shortage("", need_of_main(connections, workers), soft),
        Shortage(" in each worker", need_of_a_worker(connections, workers), hard),
    ]
    return [each for each in found if each.limit != resource.RLIM_INFINITY and each.need > each.limit]


def raise_soft_limit() -> None:
    """Allow this worker process ``ENOUGH``, as far as the hard limit permits.

    Not for the main process: a program's own ``select`` takes no descriptor above 1023.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # not there on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # some systems allow less than their hard limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def shortage_of_a_host(pools: Iterable[tuple[int, int]]) -> list[Shortage]:
    """As ``shortages``, for a process with several accounts, of which each has so many connections and
    workers."""
    if sys.platform == "win32":
        return []
    import resource  # noqa: PLC0415  # not there on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = OTHERS + sum(OF_AN_ACCOUNT + need_of_main(*pool) - OTHERS for pool in pools)
    return [Shortage("", need, soft)] if soft != resource.RLIM_INFINITY and need > soft else []


def warn_of_shortage(pools: Sequence[tuple[int, int]]) -> None:
    """Log what ``shortage_of_a_host`` says."""
    for shortage in shortage_of_a_host(pools):
        text = "there are {} accounts and feeds: {}; raise the limit, or some will wait for room"
        logger.warning(text, len(pools), shortage)


def _need(connections: int) -> int:
    dialing = min(connections, DIALING)
    return connections + dialing * (OF_A_CONNECTION - 1)
