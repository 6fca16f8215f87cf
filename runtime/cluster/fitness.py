"""Whether an engine may be used, and what of it loses orders or leases."""

from collections.abc import Iterator, Sequence
from typing import Final

from runtime.cluster.connections import SentinelReport
from runtime.cluster.facts import EngineFacts

ELECTION: Final = 2.0
"""Seconds for which sentinels agree and promote, once they take a primary for dead: 1 to 2 s in trials."""

LEASES_PER_FAILOVER: Final = 2


def hindrance_of(facts: EngineFacts) -> str:
    """Why nothing runs on it; ``""``: it may be used."""
    if not facts.evicts:
        return ""
    remedy = f"set maxmemory-policy noeviction in place of {facts.evicts}"
    return f"the engine may drop leases: nothing runs; {remedy}"


def disagreement(reports: Sequence[SentinelReport]) -> str:
    """Of sentinels that answer; some seconds after a failover they agree again. ``""``: there is none."""
    primaries = sorted({report.primary for report in reports if not report.problem})
    several = f"the sentinels name several primaries of the engine ({', '.join(primaries)})"
    return several if len(primaries) > 1 else ""


def least_lease(reports: Sequence[SentinelReport]) -> float:
    """Seconds that a lease has to last so that a failover moves nothing; 0 without sentinels."""
    waits = [report.down_after for report in reports if not report.problem]
    return LEASES_PER_FAILOVER * (max(waits) + ELECTION) if waits else 0.0


def weaknesses(facts: EngineFacts, reports: Sequence[SentinelReport], lease: float) -> Iterator[str]:
    """What goes on, but not as it should; each with what to do."""
    if not facts.keeps_on_disk:
        yield "the engine keeps nothing on its disk: set appendonly yes, appendfsync always"
    yield from weaknesses_of_the_group(facts, reports, lease)


def weaknesses_of_the_group(
    facts: EngineFacts, reports: Sequence[SentinelReport], lease: float
) -> Iterator[str]:
    """Those of several servers."""
    if facts.replicas == 1:
        yield "the engine has two servers: without the other one no order leaves; run one, or three"
    if facts.replicas and not facts.needs_replicas:
        text = "a primary of the engine that is cut off from its replicas goes on"
        yield f"{text}: set min-replicas-to-write 1, min-replicas-max-lag 10"
    if silent := [f"{report.place}: {report.problem}" for report in reports if report.problem]:
        yield f"{len(silent)} of {len(reports)} sentinels of the engine do not know it ({'; '.join(silent)})"
    if lease < (least := least_lease(reports)):
        text = f"a failover of the engine takes up to {least / LEASES_PER_FAILOVER:g} s"
        yield f"{text}, and moves all accounts: set cluster.lease to {least:g} s at least"
