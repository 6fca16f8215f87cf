"""Why a run ends, and the one place where that is waited for."""

import contextlib
import enum
import math
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)

INTERRUPTED = 130
"""Exit code of a run that a second signal cut short: 128 and SIGINT's number."""

_LONGEST_WAIT = 1.0 if sys.platform == "win32" else threading.TIMEOUT_MAX
"""Seconds; Windows looks for signals only between two waits."""


class StopReason(enum.Enum):
    """What ended a run."""

    SIGNAL = "a signal asked for it"
    OPERATOR = "an operator asked for it"
    DURATION = "the time is up"
    DONE = "all is done"
    FAILURE = "it cannot go on"
    READER_GONE = "nobody reads the output any more"


class StopReasons:
    """Collects what may end a run, from signal handlers and from any thread; a context manager.

    The first signal is an ``StopReason``. The second ends the process on the spot, after ``farewell`` has
    been written to the terminal; worker processes end with their links.
    """

    def __init__(self, farewell: bytes = b"") -> None:
        self._farewell = farewell
        # The only queue that a signal handler may put into: it can interrupt its own thread's get.
        self._announced: queue.SimpleQueue[StopReason] = queue.SimpleQueue()
        self._asked = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._previous = {number: signal.signal(number, self._signalled) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def announce(self, ending: StopReason) -> None:
        """End the run, unless it is ending already."""
        self._announced.put(ending)

    def watch(self, returns: Callable[[], object], ending: StopReason = StopReason.FAILURE) -> None:
        """Announce ``ending``, by default that the run cannot go on, when ``returns`` does."""

        def wait() -> None:
            returns()
            self.announce(ending)

        threading.Thread(target=wait, name=f"{ending.name.lower()}-watch", daemon=True).start()

    def wait(self, interval: float, every: Callable[[], None], until: float | None) -> StopReason:
        """The first ending; ``every`` is called each ``interval`` seconds, ``until`` a monotonic time."""
        due = time.monotonic() + interval
        end = math.inf if until is None else until
        while (now := time.monotonic()) < end:
            if now >= due:
                every()
                due = max(due + interval, now)
            try:
                return self._announced.get(timeout=min(due - now, end - now, _LONGEST_WAIT))
            except queue.Empty:
                continue
        return StopReason.DURATION

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            if self._farewell:
                with contextlib.suppress(OSError):  # the terminal may be closed
                    os.write(sys.stdout.fileno(), self._farewell)
            os._exit(INTERRUPTED)
        self._asked = True
        self.announce(StopReason.SIGNAL)
