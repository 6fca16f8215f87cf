"""A look at the engine that changes nothing, for ``tellwire doctor``."""

import statistics
import time
from typing import Any, Final, Literal, NamedTuple

from runtime.cluster.connections import SentinelReport
from runtime.cluster.engine import LIBRARY, SOURCE, Engine, loaded_source
from runtime.cluster.facts import EngineFacts, facts_of
from runtime.cluster.outcomes import EngineAway

ROUND_TRIPS: Final = 20


Functions = Literal["absent", "loaded", "different"]


class EngineExamination(NamedTuple):
    """``syncs`` is its ``appendfsync``, ``""`` where it does not tell. ``functions`` is whether it has
    those of this build. ``typical`` and ``slowest`` are round trips, in seconds. ``reports`` are those of its
    sentinels."""

    facts: EngineFacts
    syncs: str
    functions: Functions
    typical: float
    slowest: float
    reports: list[SentinelReport]


def examine(engine: Engine) -> EngineExamination:
    """Raises ``EngineAway``."""
    connection: Any = engine.connect()

    def ask(*command: Any) -> Any:
        engine.ask_on(connection, [command])
        return engine.replies_on(connection, 1)[0]

    def timed() -> float:
        began = time.perf_counter()
        ask("PING")
        return time.perf_counter() - began

    try:
        facts = facts_of(ask("INFO"))
        libraries = [] if facts.is_too_old else ask("FUNCTION", "LIST", "LIBRARYNAME", LIBRARY, "WITHCODE")
        trips = [timed() for _ in range(ROUND_TRIPS)]
        try:
            told = ask("CONFIG", "GET", "appendfsync")
        except EngineAway:  # a service that somebody else runs may not say it
            told = []
    finally:
        connection.disconnect()
    syncs, typical = told[1].decode() if told else "", statistics.median(trips)
    return EngineExamination(facts, syncs, _functions(libraries), typical, max(trips), engine.sentinels())


def _functions(found: Any) -> Functions:
    if (code := loaded_source(found)) is None:
        return "absent"
    return "loaded" if code == SOURCE.read_text(encoding="utf-8") else "different"
