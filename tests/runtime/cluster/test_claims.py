"""How a host claims leases of an engine with a replica."""

from collections.abc import Iterator

import pytest
from loguru import logger

from actors.tenancy.tenure import Tenure
from runtime.cluster.address import parse_address
from runtime.cluster.claims import Claims
from runtime.cluster.engine import Engine
from runtime.cluster.epoch_memory import EpochMemory
from tests.doubles.engine_group import EngineGroup
from tests.waiting import eventually

LONG = 60.0


@pytest.fixture
def using(group: EngineGroup) -> Iterator[Engine]:
    group.replica()
    engine = Engine(parse_address(group.url), timeout=10.0)
    yield engine
    engine.close()


@pytest.fixture
def lines() -> Iterator[list[str]]:
    lines: list[str] = []
    heard = logger.add(lines.append, level="INFO", format="{message}")
    yield lines
    logger.remove(heard)


def provisional(engine: Engine, duty: str) -> Tenure:
    tenure = Tenure(duty, engine.acquire(duty, "h1/1", LONG).epoch, LONG)
    tenure.confirmed = False
    return tenure


def test_a_lease_that_is_lost_leaves_the_others_to_be_confirmed(
    using: Engine, duty: str, lines: list[str]
) -> None:
    claims = Claims(using, LONG, EpochMemory(None), replicas=1)
    lost, _ = tenures = [provisional(using, f"{duty}-{name}") for name in ("lost", "held")]
    using.release("h1/1", {lost.duty: lost.epoch})
    claims.confirm("h1/1", tenures)
    assert [tenure.confirmed for tenure in tenures] == [False, True]
    claims.confirm("h1/1", tenures)  # which asks for the lost one alone
    assert not lost.confirmed
    assert lines == []


def test_replicas_that_are_missing_are_told_once_and_when_they_are_back(
    group: EngineGroup, duty: str, lines: list[str]
) -> None:
    replica = group.replica()
    using = Engine(parse_address(group.url), timeout=1.0)
    claims = Claims(using, LONG, EpochMemory(None), replicas=1)
    tenure = provisional(using, duty)

    def is_confirmed() -> bool:
        claims.confirm("h1/1", [tenure])
        return tenure.confirmed

    replica.stop()
    try:
        assert not is_confirmed()
        assert not is_confirmed()
        [line] = lines
        assert line.startswith("0 of 1 replicas of the engine have the leases of this host")
        replica.thaw()
        eventually(is_confirmed)
        assert lines[1:] == ["the replicas of the engine have confirmed all leases of this host\n"]
    finally:
        replica.thaw()
        using.close()
