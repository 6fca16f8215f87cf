"""The watchdog timer of a worker process: the kernel ends a worker that no longer serves."""

import math
import signal
from typing import Final

from actors.engine.clock import elapsed

AVAILABLE: Final = hasattr(signal, "setitimer")
"""``False`` on Windows."""

SOON: Final = 1e-6


class WatchdogTimer:
    """Ends this process by SIGALRM ``timeout`` seconds after the last ``rearm``, and at ``ends_at`` anyway.

    A process that cannot run cannot die either: that of a paused container, for one, ignores SIGKILL until it
    runs again. Then a signal that waits comes before its next instruction, so it writes nothing any more.

    The timer counts the monotonic clock: the time for which the machine is suspended does not count.
    """

    def __init__(self, timeout: float) -> None:
        """Only for the main thread, before there are others: a process inherits what its parent ignores and
        blocks, and a program may use SIGALRM in any way."""
        self._timeout = timeout
        self.ends_at = math.inf
        """By the clock of the actors; it counts from the next ``rearm``."""
        if AVAILABLE:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])

    def rearm(self) -> None:
        """Start the timer, or start it anew; for any thread."""
        if AVAILABLE:
            left = min(self._timeout, self.ends_at - elapsed())
            # 0 would stop it.
            signal.setitimer(signal.ITIMER_REAL, max(left, SOON) if left < math.inf else 0.0)
