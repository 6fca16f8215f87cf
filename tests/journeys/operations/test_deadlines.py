"""Asks that the venue cannot answer in time, and one that waits until it can.

Without a deadline of its own a request has the configured one, 30 s: no test here waits for so long.
"""

import time

import pytest

from actors.errors import RequestTimeout
from actors.messages import Command, GetAssets, GetBalance, LoadCandles, SendRaw, Subscribe, SubscribeTicks
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.journeys.journey import (
    ASSETS,
    AT_ONCE,
    DEADLINE,
    WITH_WORKERS,
    Notebook,
    Start,
    ask,
    cut_off,
    exchange_of,
    practice,
    towards,
)


@WITH_WORKERS
def test_an_ask_while_no_region_is_reachable_times_out_at_its_deadline_and_is_never_sent(
    start_runtime: Start, workers: int
) -> None:
    runtime = start_runtime(practice(workers, reconnect=AT_ONCE))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.ask(Subscribe("connection.", to=notebook))
    ask(runtime, GetAssets())
    cut_off(runtime, notebook)
    commands: list[Command] = [
        LoadCandles(ASSETS[0], 60, deadline=0.3),
        SubscribeTicks(ASSETS[0], deadline=0.3),
        SendRaw('42["expired"]', deadline=0.3),
    ]
    asked_at = time.monotonic()
    futures = [runtime.router.ask(command, block=False) for command in commands]
    for future in futures:
        with pytest.raises(RequestTimeout):
            future.get(timeout=DEADLINE)
        assert time.monotonic() - asked_at >= 0.3
    exchange.open_region(exchange.regions[0].name)
    ask(runtime, LoadCandles(ASSETS[0], 60))
    ask(runtime, SendRaw('42["fresh"]'))
    assert exchange.ledger.wait_until(lambda book: book.count("fresh") == 1, DEADLINE)
    assert exchange.ledger.count("expired") == 0


@pytest.mark.parametrize("workers", [0, 1])
def test_an_ask_before_the_venue_was_ever_reached_times_out_at_its_deadline(
    start_runtime: Start, exchange: PracticeExchange, nobody: str, workers: int
) -> None:
    runtime = start_runtime(Config.model_validate(towards(exchange.session, [nobody], workers)))
    asked_at = time.monotonic()
    commands: tuple[Command, ...] = (
        GetBalance(deadline=0.2),
        LoadCandles(ASSETS[0], 60, deadline=0.2),
        SendRaw('42["early"]', deadline=0.2),
    )
    for future in [runtime.router.ask(command, block=False) for command in commands]:
        with pytest.raises(RequestTimeout):
            future.get(timeout=DEADLINE)
        assert time.monotonic() - asked_at >= 0.2


def test_what_was_asked_during_an_outage_is_answered_after_it(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1, reconnect=AT_ONCE))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.ask(Subscribe("connection.", to=notebook))
    ask(runtime, GetAssets())
    cut_off(runtime, notebook)
    asked = runtime.router.ask(LoadCandles(ASSETS[0], 60, count=30), block=False)
    wished = runtime.router.ask(SubscribeTicks(ASSETS[0]), block=False)
    exchange.open_region(exchange.regions[1].name)
    assert len(asked.get(timeout=DEADLINE)) == 30
    assert wished.get(timeout=DEADLINE).asset == ASSETS[0]
