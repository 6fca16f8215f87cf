"""Logging with the names of BinaryOptionsToolsV2."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from loguru import logger

from runtime.compat.binaryoptionstools import (
    InvalidParameterError,
    LogBuilder,
    Logger,
    LogSubscription,
    StreamLogsLayer,
    UninitializedError,
    start_logs,
    start_tracing,
    tracing,
)


@pytest.fixture(autouse=True)
def _outputs_are_removed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    added: list[int] = []
    add = logger.add

    def counted(*arguments: object, **options: object) -> int:
        added.append(add(*arguments, **options))  # type: ignore[call-overload]
        return added[-1]

    monkeypatch.setattr(logger, "add", counted)
    monkeypatch.setattr(tracing, "_SET_UP", [])
    yield
    for handler in added:
        logger.remove(handler)


def write() -> None:
    log = Logger()
    log.debug("one {}")
    log.info("two")
    log.warn("three")  # noqa: G010  # their name
    log.error("four")


def messages(path: Path) -> list[str]:
    return [line.rpartition(": ")[2] for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_builder_writes_to_a_file_to_the_terminal_and_to_an_iterator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = LogBuilder()
    records = builder.create_logs_iterator(level="INFO", timeout=timedelta(seconds=0.1))
    builder.log_file(path=str(tmp_path / "own.log"), level="debug")
    builder.terminal(level="WARN")
    write()  # nothing is set up yet
    builder.build()
    write()
    assert messages(tmp_path / "own.log") == ["one {}", "two", "three", "four"]
    shown = capsys.readouterr().out
    assert "three" in shown
    assert "two" not in shown

    async def read() -> list[dict[str, str]]:
        return [record async for record in LogSubscription(records)]

    found = asyncio.run(read())  # it ends, since nothing comes for the timeout
    assert [(each["level"], each["message"]) for each in found] == [
        ("INFO", "two"),
        ("WARN", "three"),
        ("ERROR", "four"),
    ]
    assert set(found[0]) == {"level", "message", "span", "spans", "target", "timestamp"}
    assert found[0]["timestamp"].endswith("Z")


def test_an_iterator_of_records_waits_in_a_thread_and_in_a_loop() -> None:
    builder = LogBuilder()
    records = builder.create_logs_iterator("INFO")
    builder.build()
    later = threading.Timer(0.05, Logger().info, ["from a thread"])
    later.start()
    assert json.loads(next(records))["message"] == "from a thread"
    later.join()

    async def read() -> str:
        asyncio.get_running_loop().call_later(0.05, Logger().info, "from a loop")
        return str(json.loads(await asyncio.wait_for(anext(records), 5))["message"])

    assert asyncio.run(read()) == "from a loop"
    short = LogBuilder().create_logs_iterator("INFO", timedelta(seconds=0.01))
    assert list(short) == []


def test_start_logs_writes_two_files_and_warns_the_second_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logs(str(tmp_path / "logs"), "INFO", terminal=False)
    write()
    assert messages(tmp_path / "logs" / "logs.log") == ["two", "three", "four"]
    assert messages(tmp_path / "logs" / "error.log") == ["three", "four"]
    assert capsys.readouterr().out == ""
    with pytest.warns(RuntimeWarning, match="set up already"):
        start_logs(str(tmp_path), "INFO", True, [])
    with pytest.raises(UninitializedError, match="set up already"):
        start_tracing(str(tmp_path), "INFO", True, [])


def test_start_tracing_shows_the_lines_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_tracing(str(tmp_path), "info", True, [])
    write()
    assert [line.split(": ")[-1] for line in capsys.readouterr().out.splitlines()] == ["two", "three", "four"]


def test_what_cannot_be_set_up_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterError, match="use one of TRACE"):
        start_tracing(str(tmp_path), "LOUD", True, [])
    with pytest.raises(InvalidParameterError, match="create_logs_iterator"):
        start_tracing(str(tmp_path), "INFO", True, ["layer"])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="create_logs_iterator"):
        StreamLogsLayer()
