"""How a host claims leases of an engine whose failover may lose some."""

from collections.abc import Collection

from loguru import logger

from actors.tenancy.tenure import Tenure
from runtime.cluster.engine import Engine
from runtime.cluster.epoch_memory import EpochMemory
from runtime.cluster.outcomes import Acquired


class Claims:
    """``memory`` has the epochs that this host has seen, which the engine may have lost.

    A lease that the promoted replica lacks is given out again, maybe by the same epoch. So an owner sends
    orders only once ``replicas`` of them have its lease; all else goes on meanwhile. If there are more
    replicas, one of the others may be promoted: then two hosts own the duty until the first one renews.
    """

    def __init__(self, engine: Engine, seconds: float, memory: EpochMemory, replicas: int) -> None:
        """``seconds`` is how long a lease is."""
        self._engine = engine
        self._seconds = seconds
        self._memory = memory
        self._replicas = replicas
        self._misses_some = False

    def __repr__(self) -> str:
        return f"<Claims by {self._memory!r} and {self._replicas} replicas>"

    def acquire(self, duty: str, holder: str, at_least: int) -> Acquired:
        """As that of the engine, which waits for no replica while one is missing: ``confirm`` asks again, for
        all leases at once. Raises ``EngineAway``."""
        replicas = 0 if self._misses_some else self._replicas
        known = max(at_least, self._memory.newest(duty))
        got = self._engine.acquire(duty, holder, self._seconds, known, replicas=replicas)
        self._memory.keep(duty, got.newest)
        if got.epoch and replicas:
            self._note(got.replicas)
        return got

    def is_confirmed(self, got: Acquired) -> bool:
        """Whether orders may be sent by it."""
        return got.replicas >= self._replicas

    def confirm(self, holder: str, tenures: Collection[Tenure]) -> None:
        """Those that are not. Raises ``EngineAway``."""
        if not (asked := [tenure for tenure in tenures if not tenure.confirmed]):
            return
        epochs = {tenure.duty: tenure.epoch for tenure in asked}
        found = self._engine.confirm(holder, epochs, self._seconds, self._replicas)
        if found.held:  # the count is of nothing else
            self._note(found.replicas)
        for tenure in asked:  # a lease that is lost says nothing about the replicas: the next renewal ends it
            tenure.confirmed = tenure.duty in found.held and found.replicas >= self._replicas

    def _note(self, replicas: int) -> None:
        missed, self._misses_some = self._misses_some, replicas < self._replicas
        if self._misses_some and not missed:
            text = (
                "{} of {} replicas of the engine have the leases of this host, and no account of it sends an"
                " order by one that they lack: look at the replicas"
            )
            logger.warning(text, replicas, self._replicas)
        elif missed and not self._misses_some:
            logger.info("the replicas of the engine have confirmed all leases of this host")
