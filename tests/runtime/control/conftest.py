"""A runtime that has a control socket."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime import Runtime
from tests.doubles.engine_fixtures import duty, engine, engine_server, engine_url
from tests.doubles.played_owner import asker, own
from tests.journeys.journey import practice


@pytest.fixture
def runtime(place: Path, start_runtime: Callable[..., Runtime]) -> Runtime:
    """On the practice exchange, in this process alone, with its control socket at ``place``."""
    return start_runtime(practice(0, "EURUSD_otc", control={"socket": str(place)}))


__all__ = ["asker", "duty", "engine", "engine_server", "engine_url", "own", "runtime"]
