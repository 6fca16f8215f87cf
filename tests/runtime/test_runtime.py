"""``Runtime`` used in a wrong way."""

from typing import Any

import pytest

from actors.errors import RequestRefused
from actors.messages import GetBalance
from runtime import Runtime
from tests.journeys.journey import DEADLINE, practice


def test_a_second_start_is_refused_and_what_runs_goes_on() -> None:
    with Runtime(practice(0)) as runtime:
        exchange, router = runtime.exchange, runtime.router
        with pytest.raises(RequestRefused, match="this runtime runs already"):
            runtime.start()
        assert (runtime.exchange, runtime.router) == (exchange, router)
        assert router.ask(GetBalance(), timeout=DEADLINE).amount > 0


def test_the_router_is_there_from_the_start_on() -> None:
    runtime = Runtime(practice(0))
    with pytest.raises(AttributeError, match="has no router yet: use `with Runtime"):
        _ = runtime.router
    assert not hasattr(runtime, "something")


@pytest.mark.parametrize("config", [{"pool": {"workers": 0}}, "config.yaml", None])
def test_what_is_no_configuration_is_refused_with_what_makes_one(config: Any) -> None:
    with pytest.raises(TypeError, match=r"Runtime takes a Config, not a \w+: Runtime\.from_yaml"):
        Runtime(config)
