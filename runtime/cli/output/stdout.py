"""Standard output, whose reader may leave before the program ends."""

import contextlib
import errno
import os
import sys
from collections.abc import Callable

LEFT = frozenset({errno.EPIPE, errno.EIO})
"""The errors of a write without a reader: to a pipe, and to a terminal that was closed."""

OnReaderGone = Callable[[OSError], None]
"""Called with the error of a write whose reader had left."""


def has_left(error: OSError) -> bool:
    """Whether ``error`` means that the reader has left."""
    return error.errno in LEFT


def discard() -> None:
    """Write nothing more: the interpreter flushes what is left as it ends, and would print an error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    with contextlib.suppress(OSError):  # a failed write leaves its text in the buffer
        sys.stdout.flush()
