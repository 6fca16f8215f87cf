"""What the server of an engine says of itself."""

from typing import Final, NamedTuple

OLDEST_SERVER: Final = 7
NEVER_EVICTS: Final = "noeviction"


class EngineFacts(NamedTuple):
    version: str
    evicts: str
    """The policy by which it would drop a lease or a journal for want of memory; ``""``: by none."""
    keeps_on_disk: bool
    replicas: int
    is_replica: bool
    needs_replicas: bool
    """Whether it refuses writes while too few replicas follow it."""

    @property
    def is_too_old(self) -> bool:
        return is_too_old(self.version)


def is_too_old(version: str) -> bool:
    return int(version.partition(".")[0]) < OLDEST_SERVER


def facts_of(info: bytes) -> EngineFacts:
    """From its answer to ``INFO``."""
    facts = dict(line.split(":", 1) for line in info.decode().splitlines() if ":" in line)
    policy = facts.get("maxmemory_policy", "")
    return EngineFacts(
        version=facts.get("valkey_version") or facts.get("redis_version", "0"),
        evicts="" if policy == NEVER_EVICTS else policy,
        keeps_on_disk=facts.get("aof_enabled") == "1",
        replicas=int(facts.get("connected_slaves", 0)),
        is_replica=facts.get("role", "master") != "master",
        needs_replicas="min_slaves_good_slaves" in facts,
    )
