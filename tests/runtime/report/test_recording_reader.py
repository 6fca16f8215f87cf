"""What a recording says of a session that was really recorded; and when no connection was up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from actors.errors import RequestRefused
from actors.messages import ConnectionDown, ConnectionUp, GetBalance, PlaceOrder, Subscribe
from actors.values import Direction
from runtime import Runtime
from runtime.report.recorded import ConnectionSpan, OutageSpan, RecordedSession
from runtime.report.recording_reader import outages, recorded_session
from tests.journeys.journey import ASSETS, DEADLINE, Notebook, ask, exchange_of, practice


def record(start_runtime: Callable[..., Runtime], folder: Path) -> tuple[Notebook, list[str]]:
    """A run with three orders, one of which is refused, and an outage of more than a second."""
    config = practice(
        0,
        ASSETS[0],
        tick_rate=20.0,
        record={"folder": str(folder)},
        pool={"connections": 1},
        health={"outage_after": "1s"},
        reconnect={"reconnect_delay": 0.1, "max_delay": 0.1, "jitter": False},
    )
    runtime, notebook = start_runtime(config), Notebook()
    ask(runtime, Subscribe("", to=notebook, batch=True))
    ask(runtime, GetBalance())
    for id in ("one", "two"):
        ask(runtime, PlaceOrder(ASSETS[0], len(id), Direction.CALL, 60, id=id))
        ask(runtime, GetBalance())
    exchange = exchange_of(runtime)
    assert notebook.wait(lambda book: len(book.ticks()) > 100, 2 * DEADLINE)
    for region in exchange.regions:
        exchange.close_region(region.name)
    notebook.first(ConnectionDown)
    runtime.stop()
    return notebook, ["one", "two"]


def test_a_recording_tells_connections_reactions_and_ticks(
    start_runtime: Callable[..., Runtime], tmp_path: Path
) -> None:
    notebook, orders = record(start_runtime, tmp_path / "recording")
    session = recorded_session(tmp_path / "recording")
    assert (session.name, session.complaints, session.orders) == ("recording", [], 2)
    assert [each.order for each in session.reactions] == orders
    assert all(0 <= each.seconds < DEADLINE for each in session.reactions)
    assert (session.refused, session.unanswered) == (0, 0)
    first = session.connections[0]
    [up] = notebook.all(ConnectionUp)
    down = notebook.all(ConnectionDown)[0]
    assert (first.connection, first.region, first.reason) == (up.connection, up.region, down.reason)
    assert first.ended is not None
    assert session.began <= first.began < first.ended <= session.ended
    assert session.ticks >= len({tick.time for tick in notebook.ticks()})
    assert session.silences == []


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestRefused, match=r"has no recording: no file \*.jsonl.zst"):
        recorded_session(tmp_path)
    with pytest.raises(RequestRefused, match="does not exist"):
        recorded_session(tmp_path / "nothing")


def up(began: float, ended: float | None) -> ConnectionSpan:
    return ConnectionSpan("connection-1", "region", began, ended)


def test_an_outage_is_the_time_without_any_connection() -> None:
    spans = [up(1.0, 10.0), up(2.0, 20.0), up(30.0, 40.0), up(31.0, None)]
    ends = [(10.0, "a: reset"), (20.0, "b: reset"), (25.0, "b: refused"), (40.0, "a: reset")]
    assert list(outages(spans, [(0.0, 60.0)], ends, 5.0)) == [
        OutageSpan(20.0, 30.0, ["b: reset", "b: refused"])
    ]
    assert list(outages(spans, [(0.0, 60.0)], ends, 11.0)) == []


def test_an_outage_lasts_to_the_end_if_nothing_came_back() -> None:
    assert list(outages([up(1.0, 10.0)], [(0.0, 60.0)], [(10.0, "a: reset")], 5.0)) == [
        OutageSpan(10.0, 60.0, ["a: reset"])
    ]


def test_what_was_closed_on_purpose_is_no_outage() -> None:
    assert list(outages([up(1.0, 10.0), up(50.0, None)], [(0.0, 60.0)], [(10.0, "a: stopped")], 5.0)) == []


def test_the_time_between_two_runs_is_none() -> None:
    spans = [up(1.0, 10.0), up(101.0, 110.0)]
    ends = [(10.0, "a: reset"), (110.0, "a: reset")]
    assert list(outages(spans, [(0.0, 10.5), (100.0, 110.5)], ends, 5.0)) == []


def test_times_of_a_recording_are_those_of_its_runs() -> None:
    session = RecordedSession("r", [(1.0, 2.0), (5.0, 9.0)], 0, 3, [], 1, [], [], [], [])
    assert (session.began, session.ended, session.unanswered) == (1.0, 9.0, 2)
