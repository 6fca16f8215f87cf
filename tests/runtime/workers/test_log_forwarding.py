"""The way of a line from a worker process into the log of the main process."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from loguru import logger

from actors.messages.traffic import Downlink, Uplink
from actors.messages.workers import LogRecord
from runtime.logs import Line
from runtime.workers.link import Link
from runtime.workers.log_forwarding import Forwarding, log

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TRACE = ("Traceback (most recent call last):", "ValueError: ***")
LINE = Line(NOON, "ERROR", "it {broke}", TRACE, place="actors.engine.actor:86")
RECORD = LogRecord("worker-1", NOON.timestamp(), "ERROR", "actors.engine.actor:86", "it {broke}", TRACE)


@pytest.fixture
def links() -> Iterator[tuple[Link[Any], Link[Any]]]:
    """The main process's end and a worker's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Link(ours, Uplink, stall=1.0), Link(theirs, Downlink, stall=1.0)


@pytest.fixture
def records() -> Iterator[list[Any]]:
    """What loguru gives to a handler of the program's own."""
    seen: list[Any] = []
    handler = logger.add(lambda message: seen.append(message.record), level=0)
    yield seen
    logger.remove(handler)


def test_a_line_goes_over_the_link_with_the_workers_name(links: tuple[Link[Any], Link[Any]]) -> None:
    ours, theirs = links
    others: list[Line] = []
    Forwarding("worker-1", theirs, others.append)(LINE)
    assert ours.receive() == [RECORD]
    assert others == []


def test_without_a_main_process_a_line_is_written_elsewhere(links: tuple[Link[Any], Link[Any]]) -> None:
    ours, theirs = links
    ours.close()
    others: list[Line] = []
    forward = Forwarding("worker-1", theirs, others.append)
    forward(LINE)
    forward(LINE)
    assert others[-1] == LINE  # the first may have gone into the buffers of the system


def test_it_is_logged_as_of_its_own_time_place_and_process(records: list[Any]) -> None:
    log(RECORD)
    (record,) = records
    assert record["message"] == "it {broke}"
    assert (record["level"].name, record["name"], record["line"]) == ("ERROR", "actors.engine.actor", 86)
    assert record["time"].timestamp() == NOON.timestamp()
    assert record["extra"] == {"worker": "worker-1"}


def test_handlers_of_the_programs_own_show_time_and_trace_as_they_would_of_any_record() -> None:
    shown: list[str] = []
    handler = logger.add(shown.append, level=0, format="{time:YYYY-MM-DD} {name} {message}")
    log(RECORD)
    logger.remove(handler)
    today = time.strftime("%Y-%m-%d", time.localtime(RECORD.time))
    assert shown[0].startswith(f"{today} actors.engine.actor it {{broke}}\n")
    assert "ValueError: ***" in shown[0]
