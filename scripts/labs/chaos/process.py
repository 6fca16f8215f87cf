"""A process of a chaos run: it gets a brief, its messages are recorded, it is killed or stopped."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from labs.chaos.child import Answered, Asked, Brief, Placed, Result, Settled, Started, Word
from labs.chaos.clocks import SHIFTED
from labs.chaos.faults import workers_of
from labs.chaos.score import Record

PROJECT = Path(__file__).resolve().parents[3]
EXIT = 10.0
ORPHANED = 3.0
"""Seconds that workers may outlive a main process that was killed; one that is just starting does not yet die
with it, and needs a while on a loaded machine to notice."""


class Child:
    """A process of the module ``program``; its messages are written into ``record`` under ``changed``."""

    def __init__(
        self, program: str, brief: Brief, record: Record, changed: threading.Condition, log: Path
    ) -> None:
        self.placed = self.settled = self.ended = False
        self.refuses: str | None = None
        """Why its runtime takes no order, ``""`` if it does; ``None`` until it has started."""
        self._record = record
        self._changed = changed
        # Other processes stay on their own machine: they do not stand still with this one.
        path = [*([str(SHIFTED)] if brief.clocks else []), str(PROJECT / "scripts"), str(PROJECT)]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(path),
            "TELLWIRE_CHAOS_CLOCKS": brief.clocks,
        }
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
            )
        self.pid = self._process.pid
        self._say(msgspec.json.encode(brief) + b"\n")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def kill(self) -> bool:
        """Kill it. Returns whether its workers ended too."""
        workers = workers_of(self.pid)
        self._process.kill()
        self._process.wait()
        self._reader.join(ORPHANED)  # until workers have closed standard output, which they inherit
        orphaned = self._reader.is_alive()
        for worker in workers if orphaned else ():
            with suppress(psutil.NoSuchProcess):
                worker.kill()
        self._end()
        return not orphaned

    def wait(self, timeout: float) -> int | None:
        """The exit code once it ends by itself; ``None`` if it does not within ``timeout`` seconds."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        self._end()
        return code

    def stop(self) -> int | None:
        """The exit code; ``None`` if it had to be killed."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            code = self._process.wait(EXIT)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        self._end()
        return code

    def _say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def _end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.wait()
        self._reader.join()
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._hear(msgspec.json.decode(line, type=Word))
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def _hear(self, word: Word) -> None:
        record, now = self._record, time.time()
        with self._changed:
            match word:
                case Started(refuses=refuses):
                    self.refuses = refuses
                case Asked(number=number):
                    record.asked.setdefault(number, now)
                case Answered(number=number, last=True):
                    record.answered[number] = word, now
                case Answered():
                    record.given_up.append(word)
                case Result():
                    record.results.append(word)
                case Placed():
                    self.placed = True
                case Settled():
                    self.settled = True
            self._changed.notify_all()
