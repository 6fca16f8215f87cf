"""The doctor's findings about the engine by which hosts share accounts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runtime.cli.findings import Finding, Level
from runtime.config import Config

if TYPE_CHECKING:
    from runtime.cluster.examination import EngineExamination

SLOW = 0.1
"""Seconds of a round trip that hold up each order by twice as much."""


def engine_findings(config: Config) -> Iterator[Finding]:
    """None without an engine."""
    address, cluster = config.cluster.address, config.cluster
    if address is None:
        return
    from runtime.cluster.address import missing_client  # noqa: PLC0415  # only with an engine

    if missing := missing_client():
        yield Finding(Level.FAIL, "engine", missing)
        return
    from runtime.cluster.engine import Engine  # noqa: PLC0415  # an extra
    from runtime.cluster.examination import examine  # noqa: PLC0415
    from runtime.cluster.outcomes import EngineAway  # noqa: PLC0415

    engine = Engine(address, min(cluster.renew, cluster.margin))
    try:
        found = examine(engine)
    except EngineAway as error:
        yield Finding(Level.FAIL, "engine", str(error))
        return
    finally:
        engine.close()
    yield _server(found, str(address))
    yield _memory(found)
    yield _disk(found)
    yield _replicas(found, cluster.replicas)
    if found.facts.replicas or found.reports:
        yield _group(found, cluster.lease)


def _server(found: "EngineExamination", address: str) -> Finding:
    facts = found.facts
    text = f"{address}: version {facts.version}, round trip {found.typical * 1000:.2f} ms"
    text += f" (slowest {found.slowest * 1000:.2f} ms)"
    if facts.is_too_old:
        return Finding(Level.FAIL, "engine", f"{text}; too old: it needs Valkey, or Redis from 7.0 on")
    if facts.is_replica:
        return Finding(Level.FAIL, "engine", f"{text}; it is a replica: write the address of its primary")
    if found.functions == "different":
        text += "; its functions differ from those of this host: use one release on all"
        return Finding(Level.FAIL, "engine", text)
    loaded = found.functions == "loaded"
    functions = "the functions of tellwire are loaded" if loaded else "the first host loads the functions"
    if found.typical > SLOW:
        return Finding(Level.WARN, "engine", f"{text}; {functions}; each order waits for two round trips")
    return Finding(Level.OK, "engine", f"{text}; {functions}")


def _memory(found: "EngineExamination") -> Finding:
    if found.facts.evicts:
        text = f"maxmemory-policy is {found.facts.evicts}: it may drop leases and orders, so nothing runs"
        return Finding(Level.FAIL, "engine's memory", f"{text} (set noeviction)")
    return Finding(Level.OK, "engine's memory", "it drops nothing (maxmemory-policy noeviction)")


def _disk(found: "EngineExamination") -> Finding:
    restored = "the files of the hosts put back what they have"
    if not found.facts.keeps_on_disk:
        text = f"it keeps nothing: a restart loses all leases and orders, and {restored}"
        return Finding(Level.WARN, "engine's disk", f"{text} (set appendonly yes, appendfsync always)")
    match found.syncs:
        case "always":
            return Finding(Level.OK, "engine's disk", "each order is on it before it is sent")
        case "":
            text = "it does not tell appendfsync, without which a crash may lose the last orders"
            return Finding(Level.WARN, "engine's disk", f"{text} (ask its operator for always)")
        case other:
            some = "those of the last second" if other == "everysec" else "the last orders"
            text = f"appendfsync is {other}: a crash of its machine loses {some}, and {restored}"
            return Finding(Level.WARN, "engine's disk", f"{text} (set always)")


def _replicas(found: "EngineExamination", wanted: int) -> Finding:
    there = found.facts.replicas
    text = f"{there} connected, {wanted} must confirm an order (cluster.replicas)"
    if there < wanted:
        return Finding(Level.FAIL, "engine's replicas", f"{text}: no order is sent")
    return Finding(Level.OK, "engine's replicas", text)


def _group(found: "EngineExamination", lease: float) -> Finding:
    from runtime.cluster import fitness  # noqa: PLC0415  # an extra

    weak = [*fitness.weaknesses_of_the_group(found.facts, found.reports, lease)]
    if several := fitness.disagreement(found.reports):
        weak.append(f"{several}: if a minute later too, see their logs")
    if weak:
        return Finding(Level.WARN, "engine's failover", "; ".join(weak))
    if not found.reports:
        return Finding(Level.OK, "engine's failover", "by hand: the URL names one server")
    text = f"{len(found.reports)} sentinels name {found.reports[0].primary}"
    text += f"; a lease outlives a failover ({fitness.least_lease(found.reports):g} s)"
    return Finding(Level.OK, "engine's failover", text)
