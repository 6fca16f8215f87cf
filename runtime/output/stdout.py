"""Standard output as something that its reader may leave."""

import os
import sys
from collections.abc import Callable

from rich.console import Console


def discard() -> None:
    """Let nothing more come out: the interpreter flushes what is left as it ends, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Terminal(Console):
    """Calls ``gone`` when nobody reads any more; rich itself would end the thread that happens to write."""

    def __init__(self, gone: Callable[[], None]) -> None:
        super().__init__(highlight=False)
        self._gone = gone

    def on_broken_pipe(self) -> None:
        discard()
        self._gone()
