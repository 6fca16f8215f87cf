"""A terminal that may be closed while the program runs."""

import errno
import os

from rich.console import Console

from runtime.cli.output.stdout import OnWriteFailed, discard


class Terminal(Console):
    """Calls ``on_write_failed`` when a write fails, and writes nothing more; rich itself would end the thread
    that writes."""

    def __init__(self, on_write_failed: OnWriteFailed) -> None:
        super().__init__(highlight=False)
        self._on_write_failed = on_write_failed

    def on_broken_pipe(self) -> None:
        self._leave(BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)))

    def _check_buffer(self) -> None:
        # rich handles pipes only. For isatty a closed terminal is no terminal, so rich does not refresh it:
        # the first write to fail may be a line of the log, or the last dashboard.
        try:
            super()._check_buffer()
        except OSError as error:
            self._leave(error)

    def _leave(self, error: OSError) -> None:
        discard()
        self._on_write_failed(error)
