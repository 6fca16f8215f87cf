"""How many descriptors a pool needs, and what is said where the system allows fewer."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from loguru import logger

from runtime import Runtime
from runtime.config import Config
from runtime.config.sections.pool import MOST
from runtime.workers import descriptors

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")

Allow = Callable[[int, int], list[tuple[int, int]]]


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Allow:
    """Has the system allow so many, soft and hard; returns where new limits are put."""
    import resource  # noqa: PLC0415  # not there on Windows

    def allow(soft: int, hard: int) -> list[tuple[int, int]]:
        new: list[tuple[int, int]] = []
        monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
        monkeypatch.setattr(resource, "setrlimit", lambda _, limits: new.append(limits))
        return new

    return allow


def test_connections_in_the_main_process_need_its_soft_limit(limit: Allow) -> None:
    limit(1024, 4096)
    (shortage,) = descriptors.shortages(1024, 0)
    assert str(shortage) == "1408 may be needed, but the limit is 1024 (ulimit -n)"
    assert descriptors.shortages(600, 0) == []


def test_workers_share_the_connections_and_need_the_hard_limit(limit: Allow) -> None:
    limit(1024, 512)
    (shortage,) = descriptors.shortages(1024, 2)
    assert str(shortage) == "736 may be needed in each worker, but the limit is 512 (ulimit -n)"
    assert descriptors.shortages(1024, 4) == []


@pytest.mark.parametrize(
    ("soft", "hard", "raised"),
    [(1024, 4096, [(2048, 4096)]), (256, 1024, [(1024, 1024)]), (2048, 4096, []), (1024, -1, [(2048, -1)])],
)
def test_a_worker_allows_itself_what_the_largest_pool_needs_as_far_as_it_may(
    limit: Allow, soft: int, hard: int, raised: list[tuple[int, int]]
) -> None:
    new = limit(soft, hard)
    descriptors.raise_soft_limit()
    assert new == raised
    assert descriptors.need_of_a_worker(MOST, 1) <= descriptors.ENOUGH


@pytest.fixture
def lines() -> Iterator[list[str]]:
    found: list[str] = []
    sink = logger.add(found.append, level="WARNING", format="{message}")
    yield found
    logger.remove(sink)


def test_a_runtime_says_at_its_start_that_there_will_be_too_few(
    limit: Allow, lines: list[str], start_runtime: Callable[..., Runtime]
) -> None:
    limit(64, 64)
    settings: dict[str, Any] = {"pool": {"connections": 64, "workers": 0, "mode": "regular"}}
    start_runtime(Config.model_validate(settings), practice=True)
    (warning,) = [line for line in lines if "ulimit" in line]
    assert warning.startswith("the pool has up to 64 connections: 448 may be needed, but the limit is 64")


def test_many_accounts_of_one_process_need_more_than_the_usual_limit(limit: Allow) -> None:
    limit(1024, 4096)
    assert descriptors.shortage_of_a_host([(1, 0)] * 20) == []
    (shortage,) = descriptors.shortage_of_a_host([(1, 0)] * 60)
    assert (shortage.need > 1024, shortage.limit) == (True, 1024)
