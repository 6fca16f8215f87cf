"""The log of a program that embeds a runtime and has not set up loguru.

loguru begins with one handler, which shows everything on standard error. A library's INFO and DEBUG lines
have no place on the terminal of a program that has not asked for them, but its warnings have.
``logger.disable``, which loguru advises to libraries, would take the warnings too, and from every handler of
the program's own.
"""

import os
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from loguru import _defaults, logger

if TYPE_CHECKING:
    from loguru import Record

OURS: Final = ("actors.", "runtime.")

LINES_OF_A_KIND: Final = 100
"""Those of one place in the code that are shown in a minute, as by default with a log of our own."""

MINUTE: Final = 60.0

_FIRST_HANDLER: Final = 0


class _Filter:
    """Passes what is not ours, and our warnings, each kind so many times in a minute."""

    def __init__(self) -> None:
        self._began = 0.0
        self._shown: Counter[tuple[str | None, int]] = Counter()

    def __call__(self, record: "Record") -> bool:
        if not (record["name"] or "").startswith(OURS):
            return True
        if record["level"].no < logger.level("WARNING").no:
            return False
        if (now := time.monotonic()) - self._began >= MINUTE:
            self._began = now
            self._shown.clear()
        kind = record["name"], record["line"]
        self._shown[kind] += 1
        return self._shown[kind] <= LINES_OF_A_KIND


def quieten_first_handler() -> None:
    """Let loguru's first handler, if the program has left it as it was, show only warnings of ours. Handlers
    of the program's own get every record."""
    if "LOGURU_LEVEL" in os.environ or not _defaults.LOGURU_AUTOINIT:  # the program has asked for it
        return
    # loguru has no call for it: to remove this handler and add another one would give it another number, and
    # `logger.remove(0)`, by which programs begin their own set-up, would raise.
    handlers: dict[int, Any] = getattr(getattr(logger, "_core", None), "handlers", {})
    handler = handlers.get(_FIRST_HANDLER)
    if handler is not None and getattr(handler, "_filter", ...) is None:
        handler._filter = _Filter()  # noqa: SLF001
