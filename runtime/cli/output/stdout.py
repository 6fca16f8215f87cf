"""Standard output as something that its reader may leave."""

import contextlib
import errno
import os
import sys
from collections.abc import Callable

from rich.console import Console

LEFT = frozenset({errno.EPIPE, errno.EIO})
"""What a write says once nobody reads: of a pipe, and of a terminal that was closed."""

Gone = Callable[[OSError], None]
"""Called with what a write said when the reader had left."""


def has_left(error: OSError) -> bool:
    """Whether ``error`` says that the reader has left, and nothing worse."""
    return error.errno in LEFT


def discard() -> None:
    """Let nothing more come out: the interpreter flushes what is left as it ends, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    with contextlib.suppress(OSError):  # a write that failed leaves its text behind
        sys.stdout.flush()


class Terminal(Console):
    """Calls ``gone`` when nobody reads any more; rich itself would end the thread that happens to write."""

    def __init__(self, gone: Gone) -> None:
        super().__init__(highlight=False)
        self._gone = gone

    def on_broken_pipe(self) -> None:
        self._leave(BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)))

    def _check_buffer(self) -> None:
        # rich knows of pipes only. To isatty a closed terminal is none any more, so rich does not refresh it:
        # the first to notice may be a line of the log, or the last picture.
        try:
            super()._check_buffer()
        except OSError as error:
            if not has_left(error):
                raise
            self._leave(error)

    def _leave(self, error: OSError) -> None:
        discard()
        self._gone(error)
