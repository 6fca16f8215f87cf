"""What a log line lets through."""

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pykka
import pytest
from loguru import logger

from runtime import logs
from runtime.logs import Line
from runtime.logs.log import LONGEST

SECRET = '42["auth",{"session":"a1b2c3d4e5f6a7b8c9d0e1f2a3","isDemo":1,"uid":7}]'


@pytest.fixture(autouse=True)
def _others_find_their_logging_again() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    logger.remove()
    logger.add(sys.stderr)
    root.handlers[:] = before
    root.setLevel(level)


class Shown(list[Line]):
    """Lines that a thread of the log writes; the first access waits for one."""

    def __init__(self) -> None:
        super().__init__()
        self._any = threading.Event()

    def append(self, line: Line) -> None:
        super().append(line)
        self._any.set()

    def __getitem__(self, at: Any) -> Any:
        assert self._any.wait(5.0)
        return super().__getitem__(at)

    def __iter__(self) -> Iterator[Line]:
        assert self._any.wait(5.0)
        return super().__iter__()


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    """What the log of this process shows, from INFO on, with ``SECRET`` scrubbed."""
    shown = Shown()
    with logs.Log("INFO", shown.append, secrets=logs.secrets_in([SECRET], ())):
        yield shown


@pytest.mark.parametrize(
    "forged",
    [
        "x\n2026-01-01 ERROR fake",
        "x\r\x1b[2Kfake",
        "x\u2028fake",
        "x\x9b31mfake",
        "x\u202efake",
        "x\x00\udc80",
    ],
    ids=["newline", "rewritten line", "line separator", "C1 control", "reversed", "null"],
)
def test_a_message_stays_on_its_line(lines: list[Line], forged: str) -> None:
    logger.info("{}", forged)
    assert lines[0].message.isprintable()
    assert lines[0].message.startswith("x\\")
    assert len(logs.plain(lines[0]).splitlines()) == 1


def test_wire_text_with_braces_or_markup_is_shown_as_it_is(lines: list[Line]) -> None:
    logger.info("{}", "{0.__class__} <red>{missing}</red> %s [bold]")
    assert lines[0].message == "{0.__class__} <red>{missing}</red> %s [bold]"


def test_a_secret_is_taken_out_of_messages_and_traces_in_whatever_form(lines: list[Line]) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        logger.exception("sent {} or {!r} or {}", SECRET, SECRET, json.dumps(SECRET))
    text = logs.plain(lines[0]) + logs.as_json(lines[0])
    assert "a1b2c3" not in text
    assert logs.HIDDEN in lines[0].message
    assert f"ValueError: {logs.HIDDEN}" in lines[0].trace


def test_a_trace_is_indented_line_by_line(lines: list[Line]) -> None:
    try:
        raise ValueError("first\n2026-01-01 00:00:00.000 ERROR    forged")
    except ValueError:
        logger.exception("failed")
    head, *trace = logs.plain(lines[0]).splitlines()
    assert head.endswith("ERROR    failed")
    assert all(line.startswith("    | ") for line in trace)


def test_lines_for_programs_hold_the_same(lines: list[Line]) -> None:
    logger.warning("one\ntwo")
    told = json.loads(logs.as_json(lines[0]))
    assert (told["level"], told["message"], told["trace"]) == ("WARNING", "one\\ntwo", [])


def test_an_actor_that_dies_is_in_the_log_with_its_trace(lines: list[Line]) -> None:
    class Fragile(pykka.ThreadingActor):
        def on_receive(self, message: object) -> None:
            raise ValueError(f"{SECRET} {message}")

    ref = Fragile.start()
    ref.tell("broke it")
    assert ref.actor_stopped.wait(5.0)
    assert "Unhandled exception" in lines[0].message
    assert lines[0].level == "ERROR"
    assert lines[0].trace[-1] == f"ValueError: {logs.HIDDEN} broke it"


def test_a_librarys_text_is_no_format_and_its_chatter_is_left_out(lines: list[Line]) -> None:
    logging.getLogger("websocket").info("chatter")
    logging.getLogger("websocket").warning("%s", "{wire} text\n")
    assert [line.message for line in lines] == ["{wire} text\\n"]


def test_practice_is_said_even_where_only_critical_is_logged() -> None:
    lines: list[Line] = []
    with logs.Log("CRITICAL", lines.append):
        logger.error("not asked for")
        logger.log(logs.PRACTICE, "said")
    assert [line.message for line in lines] == ["said"]


def test_a_log_without_a_reader_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w", buffering=1) as broken:
        monkeypatch.setattr(sys, "stderr", broken)
        with logs.Log("INFO", logs.to_stderr(logs.plain)):
            logger.info("unheard")
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), write)  # for the flush that comes with the close
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("level", "heard"), [("DEBUG", ["debug", "info", "error"]), ("ERROR", ["error"])])
def test_the_level_can_be_changed_while_the_log_is_open(level: Any, heard: list[str]) -> None:
    lines: list[Line] = []
    with logs.Log("INFO", lines.append) as log:
        log.set_level(level)
        for name in ("debug", "info", "error"):
            getattr(logger, name)(name)
    assert [line.message for line in lines] == heard


def test_secrets_that_become_known_later_are_hidden_too() -> None:
    lines: list[Line] = []
    with logs.Log("INFO", lines.append) as log:
        log.hide(logs.secrets_in([SECRET], ["Bearer 9f8e7d"]))
        logger.info("{} and {}", SECRET, "Bearer 9f8e7d")
    assert lines[0].message == "*** and ***"


def test_lines_from_one_place_are_limited_and_the_others_counted_at_the_end() -> None:
    lines: list[Line] = []
    with logs.Log("INFO", lines.append, repeat_limit=2):
        for number in range(10):
            logger.info("flood {}", number)
        logger.info("calm")
    assert [line.message for line in lines] == ["flood 0", "flood 1", "calm", "flood 9 ... repeated 8 times"]


def test_a_table_of_lines_is_written_whole() -> None:
    lines: list[Line] = []
    with logs.Log("INFO", lines.append, repeat_limit=1):
        for number in range(5):
            logger.bind(**{logs.EVERY: True}).info("row {}", number)
    assert len(lines) == 5


def test_one_write_that_fails_takes_no_line_from_the_others() -> None:
    def fail(line: Line) -> None:
        raise OSError(28, "No space left on device")

    lines: list[Line] = []
    with logs.Log("INFO", fail, lines.append):
        logger.info("heard")
    assert [line.message for line in lines] == ["heard"]


def test_a_write_with_a_mistake_shows_no_secret_and_does_no_harm(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(line: Line) -> None:
        raise ValueError(SECRET)

    with logs.Log("INFO", fail, secrets=[SECRET]):
        logger.info("{}", SECRET)
    assert capfd.readouterr() == ("", "a line of the log is lost: ValueError\n")


def test_a_record_that_no_line_can_be_made_of_is_told_of(lines: list[Line]) -> None:
    def spoil(record: Any) -> None:
        record["time"] = SECRET

    logger.patch(spoil).info("unheard")
    assert (lines[0].level, lines[0].message) == ("ERROR", "a line of the log is lost: AttributeError")


def test_what_no_thread_catches_is_in_the_log_without_secrets(lines: list[Line]) -> None:
    def fail() -> None:
        raise ValueError(SECRET)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join(5.0)
    assert (lines[0].level, lines[0].trace[-1]) == ("CRITICAL", f"ValueError: {logs.HIDDEN}")


def test_megabytes_of_wire_text_are_cut_but_never_in_the_middle_of_a_secret(lines: list[Line]) -> None:
    logger.info("{}", "x" * (LONGEST - 10) + SECRET + "y" * 1_000_000)
    assert lines[0].message.endswith("xx***yyyyyyy... and 999993 characters more")


def test_a_library_with_levels_of_its_own_is_understood(lines: list[Line]) -> None:
    logging.getLogger("library").log(35, "loud")
    assert [(line.level, line.message, line.place.partition(":")[0]) for line in lines] == [
        ("WARNING", "loud", "library")
    ]


def test_tokens_are_long_runs_with_a_digit_and_not_words() -> None:
    assert logs.tokens(SECRET + "isFastHistory 12345678") == {"a1b2c3d4e5f6a7b8c9d0e1f2a3"}
