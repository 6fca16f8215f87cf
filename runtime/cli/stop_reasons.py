"""The reasons for which a run stops, and the one place that waits for them."""

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

from runtime.cli.exit_codes import ExitCode

SIGNALS = (signal.SIGINT, signal.SIGTERM)

_LONGEST_WAIT = 1.0 if sys.platform == "win32" else threading.TIMEOUT_MAX
"""Seconds; Windows handles signals only between two waits."""


class StopReason(enum.Enum):
    """What stops a run; the value follows "because" in the log."""

    SIGNAL = "a signal asked for it"
    OPERATOR = "an operator asked for it"
    DURATION = "the time is up"
    DONE = "all is done"
    FAILURE = "it cannot go on"
    READER_GONE = "nobody reads the output any more"
    UNWRITTEN = "its output cannot be written"


class StopReasons:
    """Takes in reasons to stop, from signal handlers and from any thread; a context manager.

    The first SIGINT or SIGTERM is a ``StopReason``. The second ends the process at once, after
    ``last_act``, which must not wait; worker processes end with their links.
    """

    def __init__(self, last_act: Callable[[], object] = lambda: None) -> None:
        self._last_act = last_act
        # The only queue that a signal handler may put into: it may interrupt a ``get`` in its own thread.
        self._announced: queue.SimpleQueue[StopReason] = queue.SimpleQueue()
        self._signalled_before = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._previous = {number: signal.signal(number, self._signalled) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def announce(self, reason: StopReason) -> None:
        """Stop the run for ``reason``; without effect after the first."""
        self._announced.put(reason)

    def watch(self, wait: Callable[[], object], reason: StopReason = StopReason.FAILURE) -> None:
        """Call ``wait`` in a thread, and announce ``reason`` once it returns."""

        def run() -> None:
            wait()
            self.announce(reason)

        threading.Thread(target=run, name=f"{reason.name.lower()}-watch", daemon=True).start()

    def wait(self, interval: float, every: Callable[[], None], until: float | None) -> StopReason:
        """The first reason; ``DURATION`` at ``until``, a monotonic time. Calls ``every`` each ``interval``
        seconds."""
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
        if self._signalled_before:
            self._last_act()
            os._exit(ExitCode.INTERRUPTED)
        self._signalled_before = True
        self.announce(StopReason.SIGNAL)
