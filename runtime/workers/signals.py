"""The signals that reach a whole process group; what they ask for, the main process alone decides.

Ctrl-C, a closed terminal and systemd (whose ``KillMode`` is the control group by default) signal every
process of a runtime. A worker ends with its link: when its connections are drained, or with the main process.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

NUMBERS: Final = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def ignore() -> None:
    """Only in the main thread."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def held_back() -> Iterator[None]:
    """A process that this thread starts meanwhile inherits that none of them reaches it.

    It takes a worker a third of a second to load and to ``ignore`` them, and the group may be signalled then.
    Other threads take what comes to this process.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
