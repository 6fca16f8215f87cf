"""A terminal that may be closed while the program runs."""

import errno
import os

from rich.console import Console

from runtime.cli.output.stdout import OnReaderGone, discard, has_left


class Terminal(Console):
    """Calls ``on_reader_gone`` once nobody reads; rich itself would end the thread that writes."""

    def __init__(self, on_reader_gone: OnReaderGone) -> None:
        super().__init__(highlight=False)
        self._on_reader_gone = on_reader_gone

    def on_broken_pipe(self) -> None:
        self._leave(BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)))

    def _check_buffer(self) -> None:
        # rich handles pipes only. For isatty a closed terminal is no terminal, so rich does not refresh it:
        # the first write to fail may be a line of the log, or the last dashboard.
        try:
            super()._check_buffer()
        except OSError as error:
            if not has_left(error):
                raise
            self._leave(error)

    def _leave(self, error: OSError) -> None:
        discard()
        self._on_reader_gone(error)
