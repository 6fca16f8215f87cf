"""Attaching by an engine that fails meanwhile."""

import pytest

from actors.errors import NoRuntime
from runtime import attach
from runtime.cluster.address import parse_address
from runtime.cluster.engine import Engine
from runtime.control import reach
from runtime.control.engine_line import EngineLine
from tests.doubles.engine_server import EngineServer


def test_an_engine_that_goes_away_before_the_hello_is_named(
    engine_server: EngineServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unlucky(EngineLine):
        def __init__(self, engine: Engine, duty: str) -> None:
            super().__init__(engine, duty)
            engine_server.kill()

    engine = Engine(parse_address(engine_server.url), 5.0)
    engine.prepare()
    engine.acquire("account:main", "h1", 60.0)
    engine.close()
    monkeypatch.setattr(reach, "EngineLine", Unlucky)
    with pytest.raises(NoRuntime, match="is away"):
        attach(engine_server.url, account="main", timeout=5.0)
