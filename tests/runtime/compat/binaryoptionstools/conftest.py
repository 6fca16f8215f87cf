"""A practice exchange with deals of a second, and clients of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from runtime.compat.binaryoptionstools import PocketOption, PocketOptionAsync
from runtime.practice import PracticeExchange, PracticeSettings

LIMIT = 30.0
"""Seconds that a test may take in a loop."""

Use = Callable[[PocketOptionAsync], Awaitable[object]]


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    settings = PracticeSettings(regions=("HERE",), tick_rate=20.0, minimum_duration=1, max_deals=100)
    with PracticeExchange(settings) as running:
        yield running


@pytest.fixture
def url(exchange: PracticeExchange) -> str:
    return exchange.regions[0].url


@pytest.fixture
def use_client(exchange: PracticeExchange, url: str) -> Callable[[Use], None]:
    """Runs a coroutine function with a client of the exchange."""

    def run(use: Use, **options: Any) -> None:
        async def whole() -> None:
            async with (
                asyncio.timeout(LIMIT),
                PocketOptionAsync(exchange.session, url=url, **options) as client,
            ):
                await use(client)

        asyncio.run(whole())

    return run


@pytest.fixture
def client(exchange: PracticeExchange, url: str) -> Iterator[PocketOption]:
    """The client that blocks."""
    with PocketOption(exchange.session, url=url) as made:
        yield made
