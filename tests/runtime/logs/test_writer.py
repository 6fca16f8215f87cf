"""The thread that writes a log, before outputs that take no lines."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from loguru import logger

from runtime import logs
from runtime.logs import Line
from runtime.logs.writer import LINE_CAPACITY, MAX_STALL, Writer

ROOT = Path(__file__).resolve().parents[3]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECRET = "a1b2c3d4e5f6a7b8c9d0"
MORE_THAN_A_PIPE_HOLDS = 1_000_000
DEADLINE = 5.0
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
"""How programs run in general: a thread that is stuck in a buffered file holds its lock."""


def line(message: str) -> Line:
    return Line(NOON, "INFO", message)


class Pipe:
    """An output that takes lines while ``read`` runs, and no more than the system's own buffer else."""

    def __init__(self) -> None:
        self.source, self.end = os.pipe()
        self.stream = os.fdopen(self.end, "w", encoding="utf-8")
        self.text = b""

    def write(self, line: Line) -> None:
        left = memoryview(f"{line.message}\n".encode())
        while left:
            left = left[os.write(self.end, left) :]

    def read(self, until: bytes) -> list[str]:
        """The lines up to the one that contains ``until``."""
        while not (until in self.text and self.text.endswith(b"\n")):
            self.text += os.read(self.source, 65536)
        return self.text.decode().splitlines()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """Its end closes both, so that a thread that is stuck in it comes free."""
    pipe = Pipe()
    yield pipe
    os.close(pipe.source)
    with contextlib.suppress(OSError):
        pipe.stream.close()


@pytest.fixture
def stuck(pipe: Pipe) -> Callable[[int], Writer]:
    """Starts a writer with so much room, which hangs in its first line."""

    def start(capacity: int) -> Writer:
        writer = Writer(pipe.write, capacity)
        writer.start()
        writer.put(line("x" * MORE_THAN_A_PIPE_HOLDS))
        pipe.text = os.read(pipe.source, 1)  # so it has taken that line out of its queue
        return writer

    return start


def closed(writer: Writer) -> float:
    """The seconds that its end took."""
    begun = time.monotonic()
    writer.close(begun)
    return time.monotonic() - begun


def test_an_output_that_takes_no_line_holds_up_no_thread_and_gets_all_lines_later(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", pipe.stream)
    logged = [threading.Event() for _ in range(4)]

    def work(name: int) -> None:
        for number in range(50):
            logger.info("{} {} {}", name, number, "x" * 8000)
        logged[name].set()

    with logs.Log("INFO", logs.to_stderr(logs.plain)):
        for name in range(4):
            threading.Thread(target=work, args=(name,), daemon=True).start()
        assert all(done.wait(DEADLINE) for done in logged)
        logger.info("the last")
        shown = [text.split()[3:5] for text in pipe.read(b"the last")]
    assert len(shown) == 201
    for name in range(4):
        assert [told[1] for told in shown if told[0] == str(name)] == [str(number) for number in range(50)]


def test_what_does_not_fit_is_counted_and_told_where_it_is_missing(
    pipe: Pipe, stuck: Callable[[int], Writer]
) -> None:
    writer = stuck(3)
    for number in range(10):
        writer.put(line(str(number)))
    _, *shown = pipe.read(b"missing")
    writer.put(line("after"))
    writer.close(time.monotonic())
    told = "7 lines are missing here: the output did not take them in time"
    assert shown == ["0", "1", "2", told]
    assert pipe.read(b"after")[-1] == "after"


def test_what_is_missing_is_told_as_a_warning_also_at_the_end() -> None:
    written: list[Line] = []
    begun, free = threading.Event(), threading.Event()

    def write(line: Line) -> None:
        begun.set()
        assert free.wait(DEADLINE)
        written.append(line)

    writer = Writer(write, 1)
    writer.start()
    writer.put(line("first"))
    assert begun.wait(DEADLINE)
    for number in range(3):
        writer.put(line(str(number)))
    closing = threading.Thread(target=writer.close, args=(time.monotonic(),))
    closing.start()
    free.set()
    closing.join(DEADLINE)
    assert [(told.level, told.message.split(":")[0]) for told in written] == [
        ("INFO", "first"),
        ("INFO", "0"),
        ("WARNING", "2 lines are missing here"),
    ]
    assert written[2].place.rpartition(":")[2].isdigit()  # the main process reads it of a worker's line


def test_a_stuck_output_holds_up_the_end_for_a_second_and_gets_nothing_any_more(
    pipe: Pipe, stuck: Callable[[int], Writer]
) -> None:
    writer = stuck(10)
    for number in range(20):
        writer.put(line(str(number)))
    assert MAX_STALL <= closed(writer) < MAX_STALL + 1.0
    (shown,) = pipe.read(b"\n")
    assert set(shown) == {"x"}


def test_an_output_that_is_slow_but_takes_lines_gets_all_of_them_at_the_end() -> None:
    written: list[str] = []

    def write(line: Line) -> None:
        threading.Event().wait(0.3 * MAX_STALL)
        written.append(line.message)

    writer = Writer(write)
    writer.start()
    for number in range(6):
        writer.put(line(str(number)))
    assert closed(writer) > MAX_STALL
    assert written == list("012345")


def test_one_output_that_is_stuck_takes_no_line_from_another(pipe: Pipe) -> None:
    heard: list[str] = []
    told = threading.Event()

    def hear(line: Line) -> None:
        heard.append(line.message)
        if line.message == "the last":
            told.set()

    with logs.Log("INFO", pipe.write, hear):
        logger.info("{}", "x" * 8000)
        for number in range(200):
            logger.info("{} {}", number, "x" * 8000)
        logger.info("the last")
        assert told.wait(DEADLINE)
        pipe.read(b"the last")
    assert len(heard) == 202


def test_a_secret_is_taken_out_before_a_line_waits(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", pipe.stream)
    with logs.Log("INFO", logs.to_stderr(logs.as_json), secrets=[SECRET]):
        for _ in range(MORE_THAN_A_PIPE_HOLDS // 8000):
            logger.info("{} {}", SECRET, "x" * 8000)
        for number in range(LINE_CAPACITY):
            logger.info("{} {}", number, SECRET)
        pipe.read(b"missing")
    text = pipe.text.decode()
    assert SECRET not in text
    assert f"1000 {logs.HIDDEN}" in text


STUCK = """
import sys
from pathlib import Path
from loguru import logger
from runtime import logs
from runtime.logs.log_file import LogFile

on_stderr = logs.to_stderr(logs.plain)
with LogFile(Path(sys.argv[1]), logs.plain, rotation=0, retention=1, complain=on_stderr) as file:
    with logs.Log("INFO", on_stderr, file):
        for number in range(200):
            logger.info("{} {}", number, "x" * 8000)
        sys.stdout.write("logged\\n")
        sys.stdout.flush()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes")
@pytest.mark.parametrize("stderr_is_read", [False, True])
def test_neither_a_log_file_that_hangs_nor_standard_error_keeps_a_program_from_its_end(
    tmp_path: Path, stderr_is_read: bool
) -> None:
    path = tmp_path / "tellwire.log"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # or it could not be opened for writing
    command = [sys.executable, "-c", STUCK, str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, env=BUFFERED, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"logged\n"
        if stderr_is_read:
            assert len(process.stderr.readlines()) == 200
        begun = time.monotonic()
        assert process.wait(DEADLINE) == 0
        assert time.monotonic() - begun < MAX_STALL + 1.0  # both have the same second
    os.close(reader)


@pytest.mark.parametrize("ending", ["", "sys.exit(3)", "raise ValueError('as foreseen')"])
@pytest.mark.parametrize("unbuffered", [[], ["-u"]], ids=["", "unbuffered"])
def test_nothing_is_lost_however_a_program_ends(ending: str, unbuffered: list[str]) -> None:
    program = (
        "import sys\n"
        "from loguru import logger\n"
        "from runtime import logs\n"
        "with logs.Log('INFO', logs.to_stderr(logs.plain)):\n"
        "    for number in range(2000): logger.info('zwölf {}', number)\n"
        f"    {ending}\n"
    )
    done = subprocess.run(
        [sys.executable, *unbuffered, "-X", "utf8", "-c", program],
        cwd=ROOT,
        env=BUFFERED,
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )
    shown = [text for text in done.stderr.splitlines() if "INFO" in text]
    assert [text.rpartition("INFO     ")[2] for text in shown] == [
        f"zwölf {number}" for number in range(2000)
    ]
    assert ("as foreseen" in done.stderr) is ("raise" in ending)
