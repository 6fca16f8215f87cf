"""What was recorded of a runtime on the practice exchange is replayed: the same events, in the same order."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.messages import (
    AssetsListed,
    BalanceChanged,
    ConnectionDown,
    ConnectionUp,
    LoadCandles,
    OrderClosed,
    OrderOpened,
    PlaceOrder,
    StreamConfirmed,
    StreamGap,
    Subscribe,
    SubscribeTicks,
)
from actors.values import Direction, Tick
from runtime import Runtime
from runtime.replay.replay import Replay
from tests.journeys.journey import DEADLINE, Notebook, ask, exchange_of, practice

SAID = (Tick, ConnectionUp, ConnectionDown, AssetsListed, StreamConfirmed, BalanceChanged)
"""What the venue said."""

DECIDED = (OrderOpened, OrderClosed, StreamGap)
"""What follows from it in an actor of another thread: at which of these moments differs from run to run."""


def replayed(path: Path, speed: float | None = None) -> tuple[list[Any], list[str]]:
    """The events, and what was complained about."""
    events: list[Any] = []
    complaints: list[str] = []
    with Replay(path, speed, events.extend, complaints.append) as replay:
        assert replay.wait(DEADLINE * 2)
    return events, complaints


def only(kinds: tuple[type[Any], ...], events: list[Any]) -> list[Any]:
    return [event for event in events if type(event) in kinds]


def by_subject(events: list[Any]) -> dict[str, list[Any]]:
    """The events of each stream and of the orders: which of two streams is told of first is by chance."""
    found: dict[str, list[Any]] = {}
    for event in events:
        found.setdefault(event.asset if isinstance(event, StreamGap) else "orders", []).append(event)
    return found


def record_a_day(start_runtime: Callable[..., Runtime], folder: Path, workers: int) -> list[Any]:
    """The events of a run with a program's stream, an order, a lost connection and a gap."""
    config = practice(
        workers,
        "EURUSD_otc",
        record={"folder": str(folder)},
        pool={"connections": 1},
        reconnect={"reconnect_delay": 0.3, "jitter": False},
    )
    runtime, notebook = start_runtime(config), Notebook()
    ask(runtime, Subscribe("", to=notebook, batch=True))
    ask(runtime, SubscribeTicks("AEDCNY_otc"))
    ask(runtime, PlaceOrder("EURUSD_otc", 5, Direction.CALL, 5, id="mine"))
    assert notebook.wait(lambda book: len(book.ticks("AEDCNY_otc")) > 20)
    exchange_of(runtime).drop_connections()
    notebook.first(StreamGap)
    ups = len(notebook.all(ConnectionUp))
    assert ups >= 1
    seen = len(notebook.ticks("EURUSD_otc"))
    assert notebook.wait(lambda book: len(book.ticks("EURUSD_otc")) > seen + 20)
    notebook.first(OrderClosed, timeout=2 * DEADLINE)
    exchange_of(runtime).mute()
    ask(
        runtime, LoadCandles("EURUSD_otc", 60, 5)
    )  # a tick that came before its answer is told before the stop
    runtime.stop()
    return [event for call in notebook.calls for event in call]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_replay_has_the_events_of_the_run_in_its_order_and_two_are_equal(
    start_runtime: Callable[..., Runtime], tmp_path: Path, workers: int
) -> None:
    original = record_a_day(start_runtime, tmp_path / "recording", workers)
    first, complaints = replayed(tmp_path / "recording")
    second, _ = replayed(tmp_path / "recording")
    assert first == second
    assert complaints == []
    ours, theirs = only(SAID, first), only(SAID, original)
    begin = next(at for at, event in enumerate(ours) if event == theirs[0])
    for one, other in itertools.zip_longest(ours[begin:], theirs):
        assert one == other
    assert by_subject(only(DECIDED, first)) == by_subject(only(DECIDED, original))
    assert {type(event) for event in first} >= {*SAID, *DECIDED}
