"""The thread that writes the lines of a log to one output, and the queue before it."""

import contextlib
import threading
import time
from collections import deque
from datetime import datetime

from runtime.logs.line import Line, Write, put_on_stderr

CAPACITY = 4096
"""Lines that may wait; some MB, or 32 if each quotes as much of the wire as a line may."""

PATIENCE = 1.0
"""Seconds that an output may take for a line at the end; one that takes none is stuck."""


class Writer:
    """Calls ``write`` with each line, in order and in a thread of its own; to hand it a line never waits.

    Terminals can be halted, readers can stop to read and disks can hang, and whoever logs must not hang with
    them. Once ``capacity`` lines wait, further ones are dropped until all of these are written; then a line
    says how many were. So the hole is one, and lies where that line says. A write that fails fails alone.

    Not ``logging.handlers.QueueListener``, whose ``stop`` fails on a full queue and waits without a limit.
    """

    def __init__(self, write: Write, capacity: int = CAPACITY) -> None:
        self._write = write
        self._capacity = capacity
        self._lines: deque[Line] = deque()
        self._changed = threading.Condition()
        self._lost = 0
        self._closed = False
        self._last = 0.0
        # A daemon, since the interpreter waits at its end for all others, however stuck.
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, line: Line) -> None:
        """Have ``line`` written; any thread."""
        with self._changed:
            if self._lost or len(self._lines) >= self._capacity:
                self._lost += 1
                return
            self._lines.append(line)
            self._changed.notify()

    def close(self, begun: float) -> None:
        """Wait until all is written, or no line was for ``PATIENCE`` since ``begun``, a monotonic time, and
        since the last one. What is left then is lost."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        while (left := max(begun, self._last) + PATIENCE - time.monotonic()) > 0 and self._thread.is_alive():
            self._thread.join(left)
        with self._changed:  # an output that takes lines again later may be closed by then
            self._lines.clear()
            self._lost = 0

    def _run(self) -> None:
        while (line := self._next()) is not None:
            self._attempt(line)
            self._last = time.monotonic()

    def _attempt(self, line: Line) -> None:
        try:
            self._write(line)
        except OSError:
            pass  # nobody reads, which must not end what the log only tells of
        except Exception as error:  # noqa: BLE001  # its text may hold a secret
            with contextlib.suppress(OSError):
                put_on_stderr(f"a line of the log is lost: {type(error).__name__}\n")

    def _next(self) -> Line | None:
        with self._changed:
            while not self._lines:
                if self._lost:
                    lost, self._lost = self._lost, 0
                    return _missing(lost)
                if self._closed:
                    return None
                self._changed.wait()
            return self._lines.popleft()


def _missing(lost: int) -> Line:
    told = f"{lost} lines are missing here: the output did not take them in time"
    return Line(datetime.now().astimezone(), "WARNING", told, place=f"{__name__}:0")
