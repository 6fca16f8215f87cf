"""Standard output, which may take nothing more before the program ends: its reader leaves, a disk is full."""

import contextlib
import errno
import os
import select
import sys
from collections.abc import Callable

LEFT = frozenset({errno.EPIPE, errno.EIO})
"""The errors of a write without a reader: to a pipe, and to a terminal that was closed."""

OnWriteFailed = Callable[[OSError], None]
"""Called with the error of the first write that failed; nothing more is written then."""


class OutputFailed(Exception):
    """Standard output takes nothing more, though its reader has not left."""


def has_left(error: OSError) -> bool:
    """Whether ``error`` means that the reader has left."""
    return error.errno in LEFT


def draws_tables() -> bool:
    """Whether standard output is a terminal that can draw in place; ``TERM=dumb`` says that it cannot."""
    return sys.stdout.isatty() and os.environ.get("TERM", "").lower() not in {"dumb", "unknown"}


def write_whole(descriptor: int, data: bytes) -> None:
    """Write all of ``data``, however little is taken at a time, and with no lock of ``sys.stdout``."""
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:  # another program has made it non-blocking
            select.select([], [descriptor], [])


def discard() -> None:
    """Write nothing more to standard output."""
    drop(sys.stdout.fileno())
    with contextlib.suppress(OSError):  # a failed write leaves its text in the buffer
        sys.stdout.flush()


def drop(descriptor: int) -> None:
    """Let ``descriptor`` take everything and keep nothing. The interpreter flushes its streams as it ends,
    and would print an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
