"""A runtime on a practice exchange whose clock is faster than ours, and the runtime's with it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from actors.messages import (
    AwaitResult,
    BalanceChanged,
    BarClosed,
    ClockReport,
    ConnectionDown,
    GetBalance,
    GetStatus,
    OrderClosed,
    PlaceOrder,
    PlacePendingOrder,
    StreamGap,
    StreamStale,
    Subscribe,
    SubscribeCandles,
)
from actors.values import Direction
from runtime import Runtime
from runtime.config import Config
from tests.journeys.journey import ASSETS, DEADLINE, Notebook, ask, exchange_of, practice

START = 1_767_603_600  # 2026-01-05T09:00Z


@contextmanager
def at(speed: int, **sections: dict[str, Any]) -> Iterator[tuple[Runtime, Notebook]]:
    """A runtime that knows the exchange's clock."""
    fast = {"speed": speed, "start": "2026-01-05T09:00Z"}
    config = practice(0, ASSETS[0], tick_rate=2, pool={"connections": 2}, practice=fast, **sections)
    notes = Notebook()
    with Runtime(config) as runtime:
        runtime.router.tell(Subscribe("", to=notes))
        assert notes.first(ClockReport)
        yield runtime, notes
        assert notes.all(ConnectionDown) == []


@pytest.mark.parametrize(("speed", "seconds"), [(10, 5), (60, 60)])
def test_a_deal_lasts_for_the_seconds_of_the_exchange(speed: int, seconds: int) -> None:
    with at(speed) as (runtime, notes):
        began, opened = time.monotonic(), ask(runtime, GetBalance()).amount
        deal = runtime.router.ask(PlaceOrder(ASSETS[0], 10, Direction.CALL, seconds), timeout=DEADLINE)
        assert deal.closes_at - deal.opened_at == pytest.approx(seconds, abs=1)
        assert deal.opened_at >= START
        result = runtime.router.ask(AwaitResult(deal.id), timeout=3 * DEADLINE)
        assert time.monotonic() - began >= (seconds - 2) / speed
        assert result.profit is not None
        left = opened + result.profit
        assert notes.wait(lambda book: book.all(BalanceChanged)[-1].balance.amount == left)
        status = ask(runtime, GetStatus())
        assert status.speed == speed
        assert status.clock_offset is not None
        venue_now = status.now() + status.clock_offset
        assert exchange_of(runtime).now == pytest.approx(venue_now, abs=2 * speed)
        assert notes.all(StreamStale) == []


def test_minutes_of_pending_orders_and_candles_pass_in_seconds() -> None:
    with at(60) as (runtime, notes):
        at_time = START + 120
        order = PlacePendingOrder(ASSETS[0], Decimal(3), Direction.PUT, 60, open_at=at_time)
        assert runtime.router.ask(order, timeout=DEADLINE).open_at == at_time
        ask(runtime, SubscribeCandles(ASSETS[0], 60))
        closed = notes.first(OrderClosed, 6 * DEADLINE).deal
        assert closed.opened_at == pytest.approx(at_time, abs=2)
        bars = runtime.client.candles(ASSETS[0], minutes=1, count=5, timeout=DEADLINE)
        assert [bar.time % 60 for bar in bars] == [0] * 5
        assert exchange_of(runtime).now - bars[-1].time < 240
        assert notes.wait(lambda book: len(book.all(BarClosed)) >= 2)
        assert ask(runtime, GetStatus()).streams[0].seen.rate == pytest.approx(2, rel=0.3)
        assert notes.all(StreamStale) == []


def test_a_stream_is_stale_by_the_exchanges_clock() -> None:
    health = {"stale_after": 120, "stale_floor": 120, "check_interval": 10}
    config = practice(0, ASSETS[0], tick_rate=1, practice={"speed": 60}, health=health)
    notes = Notebook()
    with Runtime(config) as runtime:
        runtime.router.tell(Subscribe("", to=notes))
        assert notes.wait(lambda book: len(book.ticks()) > 4)
        muted = time.monotonic()
        exchange_of(runtime).mute()
        stale = notes.first(StreamStale, timeout=3 * DEADLINE)
        assert time.monotonic() - muted >= 120 / 60 - 0.5
        assert stale.silent_for >= 120
        exchange_of(runtime).unmute()
        gap = notes.first(StreamGap, timeout=3 * DEADLINE)
        assert gap.to_time - gap.from_time >= 60


def test_a_rate_is_per_second_of_the_exchange() -> None:
    limits = {"messages": ["4/s"], "max_concurrent_operations": 100}
    config = practice(0, ASSETS[0], tick_rate=1, practice={"speed": 20}, limits=limits)
    with Runtime(config) as runtime:
        began = time.monotonic()
        for _ in range(40):  # ten seconds of it
            runtime.client.candles(ASSETS[0], minutes=1, count=3, timeout=DEADLINE)
        assert time.monotonic() - began < 8


def test_workers_have_no_other_clock() -> None:
    with pytest.raises(ValueError, match=r"speed is 60, and workers .*pool\.workers: 0"):
        Config.model_validate({"practice": {"speed": 60}})
