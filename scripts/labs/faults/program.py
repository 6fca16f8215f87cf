"""The runtime as a program of its own, with its workers: started, measured and ended."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from actors.errors import NoRuntime, RequestRefused
from runtime import attach
from runtime.control.attachment import Attachment

PROJECT = Path(__file__).resolve().parents[3]
STARTING = 60.0
"""Seconds until it can be attached to, on a busy machine."""

PAUSE = 0.02
"""Seconds between two checks of another process, whose changes are not reported."""


class Figures(NamedTuple):
    """The sums over all its processes; ``memory`` is resident bytes."""

    threads: int
    descriptors: int
    memory: int


class Program:
    """``settings`` become its configuration file; ``prefix`` stands before its command line."""

    def __init__(self, folder: Path, settings: dict[str, Any], prefix: tuple[str, ...] = ()) -> None:
        self.config = folder / "config.yaml"
        self.log = folder / "log"
        self._socket = folder / "tellwire.sock"
        self.write(settings)
        command = (*prefix, sys.executable, "-m", "runtime.main", str(self.config), "--output", "log")
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=errors)

    def write(self, settings: dict[str, Any]) -> None:
        """Replace the configuration in one step."""
        journal = {"journal": str(self.config.with_name("orders.sqlite"))}
        control = {"control": {"socket": str(self._socket)}}
        whole = settings | control | {"orders": settings.get("orders", {}) | journal}
        draft = self.config.with_suffix(".new")
        draft.write_text(json.dumps({"config_version": 1} | whole), encoding="utf-8")  # which is YAML too
        draft.replace(self.config)

    def attach(self) -> Attachment:
        """Raises ``RuntimeError`` with its last words if it has ended."""
        due = time.monotonic() + STARTING
        while True:
            try:
                return attach(self._socket)
            except (NoRuntime, RequestRefused):
                if (code := self.process.poll()) is not None:
                    last = last_line(self.log.read_text(encoding="utf-8"))
                    raise RuntimeError(f"the program has ended with {code}: {last}") from None
                if time.monotonic() > due:
                    raise
                time.sleep(PAUSE)

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def figures(self) -> Figures:
        """Raises ``psutil.NoSuchProcess`` if one ends meanwhile."""
        main = psutil.Process(self.process.pid)
        each = [
            (process.num_threads(), descriptors_of(process), process.memory_info().rss)
            for process in (main, *main.children())
        ]
        return Figures(*(sum(column) for column in zip(*each, strict=True)))

    def end(self) -> None:
        """Kill it, in any state."""
        with suppress(psutil.NoSuchProcess):
            for worker in self.workers():
                with suppress(psutil.NoSuchProcess):
                    worker.kill()
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGCONT)
        self.process.kill()
        self.process.wait()


def last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def descriptors_of(process: psutil.Process) -> int:
    """0 for a user who is not root: Linux tells nobody else about a process that holds a session."""
    try:
        return process.num_fds()
    except psutil.AccessDenied:
        return 0


@contextmanager
def program(settings: dict[str, Any], prefix: tuple[str, ...] = ()) -> Iterator[Program]:
    with tempfile.TemporaryDirectory(prefix="tw-") as folder:
        running = Program(Path(folder), settings, prefix)
        try:
            yield running
        finally:
            running.end()
