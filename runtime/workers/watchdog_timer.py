"""The watchdog timer of a worker process: the kernel ends a worker that no longer serves."""

import signal
from typing import Final

AVAILABLE: Final = hasattr(signal, "setitimer")
"""``False`` on Windows."""


class WatchdogTimer:
    """Ends this process by SIGALRM ``timeout`` seconds after the last ``rearm``.

    A process that cannot run cannot die either: that of a paused container, for one, ignores SIGKILL until it
    runs again. Then a signal that waits comes before its next instruction, so it writes nothing any more.

    The timer counts the monotonic clock: the time for which the machine is suspended does not count.
    """

    def __init__(self, timeout: float) -> None:
        """Only for the main thread, before there are others: a process inherits what its parent ignores and
        blocks, and a program may use SIGALRM in any way."""
        self._timeout = timeout
        if AVAILABLE:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])

    def rearm(self) -> None:
        """Start the timer, or start it anew; for any thread."""
        if AVAILABLE:
            signal.setitimer(signal.ITIMER_REAL, self._timeout)
