"""The venue's clock and ours apart: pending orders open, and candles end, by the venue's."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.messages import (
    ClockReport,
    Direction,
    GetServerTime,
    LoadCandles,
    OrderOrphan,
    PlacePendingOrder,
    SubscribeTicks,
)
from runtime.practice import PracticeExchange
from tests.journeys.journey import ask
from tests.journeys.trader import listening, trading, venue

ASSET = "EURUSD_otc"


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.mark.parametrize("ahead", [-86_400.0, -20.0, 20.0, 7_200.0, 86_400.0])
def test_now_is_the_venues_now(exchange: PracticeExchange, tmp_path: Path, ahead: float) -> None:
    exchange.fault("clock_jump", seconds=ahead)
    with listening(trading(exchange, tmp_path / "orders.sqlite")) as (runtime, notebook):
        ask(runtime, SubscribeTicks(ASSET))
        assert notebook.wait(lambda book: any(abs(each.offset - ahead) < 2 for each in book.all(ClockReport)))
        venue_now = ask(runtime, GetServerTime()).time
        assert venue_now == pytest.approx(time.time() + ahead, abs=2.0)
        last = ask(runtime, LoadCandles(ASSET, 5, 4))[-1]
        assert 0 <= venue_now - (last.time + 5) < 10  # it is the last bar that has ended
        opens_at = int(venue_now) + 2
        wish = PlacePendingOrder(ASSET, 5, Direction.CALL, 60, open_at=opens_at)
        assert ask(runtime, wish).open_at == opens_at
        assert notebook.first(OrderOrphan).deal.opened_at == pytest.approx(opens_at, abs=1.0)
