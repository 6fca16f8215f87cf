"""Requests that the venue leaves unanswered must not keep orders from leaving."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.messages import ConnectionUp, Subscribe, SubscribeTicks
from actors.values import Deal
from runtime.practice import PracticeExchange
from tests.journeys.journey import ASSETS, DEADLINE, Notebook, Start
from tests.journeys.trader import bet, trading, venue


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


def test_an_order_leaves_though_the_venue_confirms_no_stream(
    exchange: PracticeExchange, tmp_path: Path, start_runtime: Start
) -> None:
    limits = {"messages": ["1000/s"], "max_concurrent_operations": 4}
    runtime = start_runtime(trading(exchange, tmp_path / "orders.sqlite", limits=limits))
    notebook = Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    notebook.first(ConnectionUp)
    exchange.fault("unanswered")
    for asset in ASSETS:
        runtime.router.tell(SubscribeTicks(asset, deadline=math.inf))  # as configured streams are asked for
    deal = runtime.router.ask(bet(1, deadline=DEADLINE), timeout=2 * DEADLINE)
    assert isinstance(deal, Deal)
