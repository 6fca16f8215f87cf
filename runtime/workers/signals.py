"""The signals that reach a whole process group; only the main process acts on them.

Ctrl-C, a closed terminal and systemd (whose ``KillMode`` is the control group by default) signal every
process of a runtime. A worker ends with its link: once its connections are drained, or with the main process.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

NUMBERS: Final = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def ignore() -> None:
    """Ignore them. Only for the main thread."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def held_back() -> Iterator[None]:
    """A process that this thread starts in the meantime inherits a mask that blocks them.

    A worker needs a third of a second until it calls ``ignore``, and the group may be signalled before that.
    Other threads still receive the signals of this process.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
