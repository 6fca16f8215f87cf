"""Fixtures for the tests of a bot: ``pytest_plugins = ["runtime.testing"]`` in a test file or a conftest.py.

``exchange`` is a practice exchange whose clock the test moves, ``runtime`` a runtime that trades on it. Both
are real and in this process: sockets, logins, orders, results. A minute passes in a few milliseconds.

A test file imports this before pytest does, so it is none whose asserts pytest rewrites: PYTEST_DONT_REWRITE.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.config import Config
from runtime.practice import PracticeSettings
from runtime.runtime import Runtime
from runtime.testing.exchange import SETTINGS, START, ManualExchange

__all__ = [
    "SETTINGS",
    "START",
    "ManualExchange",
    "exchange",
    "practice_settings",
    "runtime",
    "runtime_settings",
]


@pytest.fixture
def practice_settings() -> PracticeSettings:
    """How the exchange begins; override it for another seed, start or file of prices. ``speed`` stays 0."""
    return SETTINGS


@pytest.fixture
def exchange(practice_settings: PracticeSettings) -> Iterator[ManualExchange]:
    """An exchange of its own for each test."""
    with ManualExchange(practice_settings) as running:
        yield running


@pytest.fixture
def runtime_settings(exchange: ManualExchange, tmp_path: Path) -> dict[str, Any]:
    """The configuration of ``runtime``; override it to change a section, such as ``orders``."""
    return exchange.runtime_settings(tmp_path / "orders.sqlite")


@pytest.fixture
def runtime(exchange: ManualExchange, runtime_settings: dict[str, Any]) -> Iterator[Runtime]:
    """A runtime on ``exchange``, logged in."""
    with Runtime(Config.model_validate(runtime_settings)) as running, exchange.followed_by(running):
        yield running
