"""The thread that writes the lines of a log to one output, and its queue."""

import contextlib
import threading
import time
from collections import deque
from datetime import UTC, datetime

from runtime.logs.line import Line, Write, put_on_stderr

LINE_CAPACITY = 4096
"""Lines that may wait; a few MB, or 32 MB if each has the most characters that a line may have."""

MAX_STALL = 1.0
"""Seconds that an output may take for one line at the end; after that it counts as hung."""


class Writer:
    """Calls ``write`` with each line, in order and in a thread of its own; ``put`` never waits.

    A terminal can be halted, a reader can stop reading and a disk can hang; the thread that logs must not
    hang with them. Once ``capacity`` lines wait, further ones are dropped until all of these are written;
    then a line tells their number, so the gap is one and its place is known. A failed write affects no other.

    Not ``logging.handlers.QueueListener``: its ``stop`` fails on a full queue and waits without a limit.
    """

    def __init__(self, write: Write, capacity: int = LINE_CAPACITY) -> None:
        self._write = write
        self._capacity = capacity
        self._lines: deque[Line] = deque()
        self._changed = threading.Condition()
        self._lost = 0
        self._closed = False
        self._last = 0.0
        # A daemon: at its end, the interpreter waits for every other thread, also one that hangs.
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, line: Line) -> None:
        """Queue ``line``; any thread."""
        with self._changed:
            if self._lost or len(self._lines) >= self._capacity:
                self._lost += 1
                return
            self._lines.append(line)
            self._changed.notify()

    def close(self, begun: float) -> None:
        """Wait until all lines are written, or until none was for ``MAX_STALL`` since the last one and since
        ``begun``, a monotonic time. What is left then is lost."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        while (left := max(begun, self._last) + MAX_STALL - time.monotonic()) > 0 and self._thread.is_alive():
            self._thread.join(left)
        with self._changed:  # the output may be closed by the time it takes lines again
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
            pass  # no reader: a program does not end for that
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
    text = f"{lost} lines are missing here: the output did not take them in time"
    return Line(datetime.now(UTC), "WARNING", text, place=f"{__name__}:0")
