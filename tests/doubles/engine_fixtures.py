"""Fixtures of an engine: a real server for the session; each test has names of its own on it."""

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.cluster.address import parse_address
from runtime.cluster.engine import Engine
from tests.doubles.engine_group import EngineGroup
from tests.doubles.engine_server import EngineServer

_numbers = itertools.count(1)


@contextlib.contextmanager
def connected(url: str, timeout: float = 10.0) -> Iterator[Engine]:
    engine = Engine(parse_address(url), timeout)
    try:
        yield engine
    finally:
        engine.close()


@pytest.fixture(scope="session")
def engine_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``TELLWIRE_ENGINE``, or a server of this session alone."""
    if url := os.environ.get("TELLWIRE_ENGINE"):
        yield url
        return
    with EngineServer(tmp_path_factory.mktemp("engine")) as server:
        yield server.url


@pytest.fixture(scope="session")
def engine(engine_url: str) -> Iterator[Engine]:
    with connected(engine_url) as engine:
        engine.prepare()
        yield engine


@pytest.fixture
def engine_server(tmp_path: Path) -> Iterator[EngineServer]:
    """A server of the test's own, to be stopped and started."""
    (folder := tmp_path / "engine").mkdir()
    with EngineServer(folder) as server:
        yield server


@pytest.fixture(scope="session")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineGroup]:
    """Two servers and a sentinel, for all tests: each leaves a primary and its replica."""
    with EngineGroup(tmp_path_factory.mktemp("group")) as group:
        yield group


@pytest.fixture
def duty() -> str:
    """The name of an account that no other test has, in this run or another."""
    return f"account:{os.getpid()}-{os.urandom(4).hex()}-{next(_numbers)}"
