"""Processes under test: started, read line by line, and measured with all their children."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

SCRIPTS = Path(__file__).resolve().parents[2]
PROJECT = SCRIPTS.parent
EXIT = 5.0


class Failed(Exception):
    """A client under test ended or did not answer in time; the text has its name and its last output."""


class Child:
    """``python -m module`` with the project and these scripts importable; a context manager that kills it.

    On a ``terminal`` its standard output is one, and no line of it is heard.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        python: str = sys.executable,
        brief: Mapping[str, object] | None = None,
        terminal: bool = False,
        project: Path = PROJECT,
    ) -> None:
        """``project`` has the code of tellwire that is imported, of another version perhaps."""
        self._module = module
        self._terminal: int | None = None
        output = subprocess.PIPE
        if terminal:
            self._terminal, output = _open_terminal()
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        path = os.pathsep.join([str(SCRIPTS), str(project)])
        self._process = subprocess.Popen(
            [python, "-P", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path} | ({"TERM": "xterm-256color"} if terminal else {}),
        )
        if terminal:
            os.close(output)
        self._errors: list[str] = []
        self._spoken = threading.Event()
        self._threads = [
            threading.Thread(target=read, daemon=True) for read in (self._read_lines, self._read_errors)
        ]
        for thread in self._threads:
            thread.start()
        if brief is not None:
            assert self._process.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # it has ended: the next line says why
                self._process.stdin.write(json.dumps(brief) + "\n")
                self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        children = self._family()[1:]
        try:
            self._process.wait(EXIT if error is None else 0.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        for thread in self._threads:
            thread.join(EXIT)

    def line(self, timeout: float) -> Any:
        """The next line of its standard output, as JSON; raises ``Failed`` if none comes."""
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            raise Failed(f"{self._module} has said nothing for {timeout:g} s") from None
        if not line:
            raise Failed(f"{self._module} ended: {self.last_words}")
        return json.loads(line)

    @property
    def last_words(self) -> str:
        """The end of its standard error, all of which has been read if it has ended."""
        self._threads[-1].join(EXIT)
        return " ".join(self._errors[-3:]) or "without a word"

    def has_spoken(self, timeout: float) -> bool:
        """Whether a line or the end comes within ``timeout`` seconds."""
        return self._spoken.wait(timeout)

    def cpu_seconds(self) -> list[float]:
        """User and system time in seconds: its own, then that of each child."""
        times = [process.cpu_times() for process in self._family()]
        return [each.user + each.system for each in times]

    def resident(self) -> list[int]:
        """Memory in bytes: its own, then that of each child."""
        return [process.memory_info().rss for process in self._family()]

    def _family(self) -> list[psutil.Process]:
        try:
            process = psutil.Process(self._process.pid)
            return [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _read_lines(self) -> None:
        if self._terminal is not None:
            self._drain(self._terminal)
            return
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
                self._spoken.set()
        self._lines.put("")
        self._spoken.set()

    def _drain(self, terminal: int) -> None:
        with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
            while os.read(terminal, 1 << 16):
                pass
        os.close(terminal)

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self._errors.append(line.strip())
                del self._errors[:-50]


def _open_terminal() -> tuple[int, int]:
    """A terminal of 50 lines: the end to read, and the end of the program."""
    import pty  # noqa: PLC0415  # Windows has none
    import termios  # noqa: PLC0415

    reader, writer = pty.openpty()
    termios.tcsetwinsize(writer, (50, 160))
    return reader, writer
