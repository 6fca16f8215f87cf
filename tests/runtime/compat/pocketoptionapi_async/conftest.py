"""A practice exchange, and clients of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runtime.compat.pocketoptionapi_async import AsyncPocketOptionClient
from runtime.practice import PracticeExchange, PracticeSettings

MakeClient = Callable[..., AsyncPocketOptionClient]


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with PracticeExchange(PracticeSettings(regions=("ONE",), tick_rate=20)) as exchange:
        yield exchange


@pytest.fixture
def make(exchange: PracticeExchange, monkeypatch: pytest.MonkeyPatch) -> MakeClient:
    """The constructor, with the session of the exchange, which is the region DEMO."""
    monkeypatch.setattr(
        "runtime.compat.pocketoptionapi_async.constants.Regions._REGIONS", {"DEMO": exchange.regions[0].url}
    )

    def make(**arguments: Any) -> AsyncPocketOptionClient:
        return AsyncPocketOptionClient(**{"ssid": exchange.session, "is_demo": True, **arguments})

    return make
