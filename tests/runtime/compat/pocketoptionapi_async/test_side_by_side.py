"""One bot through pocketoptionapi-async itself and through the layer, at once, on one exchange: it makes the
same trades, with the same results.

It needs an interpreter that has pocketoptionapi-async: this one, or the one that ``TELLWIRE_PEER_PYTHON``
names. ``TELLWIRE_PEER_ROUNDS`` makes it longer.
"""

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import pytest

from runtime.practice import ExchangeLedger, PracticeExchange

ROOT = Path(__file__).parents[4]
BOT = Path(__file__).with_name("bot.py")
THEIRS = "pocketoptionapi_async"
OURS = "runtime.compat.pocketoptionapi_async"
VARIABLE = "TELLWIRE_PEER_PYTHON"
ROUNDS = int(os.environ.get("TELLWIRE_PEER_ROUNDS", "3"))
OUTCOMES: tuple[Literal["win", "loss", "draw"], ...] = ("loss", "loss", "win")
LIMIT = 30.0 + 12.0 * ROUNDS
"""Seconds for a start and for the rounds."""

CLOCK = 7200
"""Seconds by which the stamps of the original's candles are ahead."""


PROBE = f"""
import {THEIRS}
from importlib.metadata import version
raise SystemExit(int(version("websockets").partition(".")[0]) >= 14)
"""
"""It can be imported with any websockets, but connects only with those before 14."""


def has_theirs(python: str) -> bool:
    return subprocess.run([python, "-c", PROBE], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def peer() -> str:
    """The interpreter for the original package."""
    for python in (os.environ.get(VARIABLE), sys.executable):
        if python and has_theirs(python):
            return python
    missing = f"{THEIRS} is not installed: it needs websockets before 14; {VARIABLE} names a Python with it"
    if os.environ.get("CI"):  # .ci/run makes one
        pytest.fail(missing)
    pytest.skip(missing)


def run(python: str, package: str, exchange: PracticeExchange, rounds: int) -> Iterator[dict[str, Any]]:
    """The lines of one bot."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors,
        subprocess.Popen(
            [python, str(BOT), package, exchange.regions[0].url, str(rounds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT) if package == OURS else ""},
        ) as bot,
    ):
        assert bot.stdin is not None
        assert bot.stdout is not None
        bot.stdin.write(exchange.session)
        bot.stdin.close()
        try:
            yield from map(json.loads, bot.stdout)
        finally:
            bot.kill()
        bot.wait()
        errors.seek(0)
        assert bot.returncode == 0, f"{package} ended with {bot.returncode}: {errors.read()[-2000:]}"


def have_placed(count: int, ledger: ExchangeLedger) -> bool:
    return len(ledger.deals()) >= count


def await_orders(count: int, exchange: PracticeExchange, bots: list[Future[Any]]) -> None:
    """Raises the error of a bot that ends before."""
    deadline = time.monotonic() + LIMIT
    while not exchange.ledger.wait_until(functools.partial(have_placed, count), 0.5):
        for bot in bots:
            if bot.done():
                bot.result()
        assert time.monotonic() < deadline, f"fewer than {count} orders"


def both(peer: str, exchange: PracticeExchange, outcomes: tuple[Any, ...]) -> list[list[dict[str, Any]]]:
    """The lines of the original and of the layer. Round by round both get the same outcome: the next one is
    set once both have placed their order, before either has its result."""
    exchange.force_outcome(outcomes[0])
    with ThreadPoolExecutor(2) as threads:
        futures = [
            threads.submit(list, run(python, package, exchange, len(outcomes)))
            for python, package in ((peer, THEIRS), (sys.executable, OURS))
        ]
        for number, outcome in enumerate((*outcomes[1:], None), start=1):
            await_orders(2 * number, exchange, futures)
            exchange.force_outcome(outcome)
        return [future.result(LIMIT) for future in futures]


def trades_of(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if "order" in line]


def without_ids(trades: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in trade.items() if name != "order"} for trade in trades]


@pytest.mark.timeout(LIMIT + 60)
def test_a_bot_makes_the_same_trades_with_the_same_results(peer: str, exchange: PracticeExchange) -> None:
    outcomes = tuple(OUTCOMES[number % len(OUTCOMES)] for number in range(ROUNDS))
    theirs, ours = both(peer, exchange, outcomes)
    assert without_ids(trades_of(ours)) == without_ids(trades_of(theirs))
    assert [trade["result"] for trade in trades_of(ours)] == list(outcomes)
    assert ours[-1] == theirs[-1] == {"open": 0}
    assert {**ours[0], "balance": 0} == {**theirs[0], "balance": 0}
    assert ours[1]["closes"] == theirs[1]["closes"]
    assert [stamp + CLOCK for stamp in ours[1]["stamps"]] == theirs[1]["stamps"]
    for lines in (theirs, ours):  # what the exchange executed is what the bot was told
        for trade in trades_of(lines):
            deal = exchange.ledger.deal_for(trade["order"])
            assert deal is not None
            assert (deal.asset, float(deal.amount), deal.direction.value, float(deal.profit or 0)) == (
                trade["asset"],
                trade["stake"],
                trade["direction"],
                trade["profit"],
            )
    assert len(exchange.ledger.orders()) == 2 * ROUNDS


def test_a_draw_is_a_loss_there_and_a_draw_here(peer: str, exchange: PracticeExchange) -> None:
    theirs, ours = both(peer, exchange, ("draw",))
    [their_trade], [our_trade] = trades_of(theirs), trades_of(ours)
    assert (their_trade["result"], their_trade["status"], their_trade["profit"]) == ("loss", "lose", 0)
    assert (our_trade["result"], our_trade["status"], our_trade["profit"]) == ("draw", "closed", 0)
