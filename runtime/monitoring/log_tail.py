"""The lines of the log for a page."""

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from loguru import logger

from runtime.logs import printable
from runtime.logs.scrubber import Scrubber
from runtime.monitoring.history import TailLine

if TYPE_CHECKING:
    from loguru import Message

LEVEL = "INFO"
LONGEST = 1000
"""Characters of a line."""


class LogTail:
    """Hands on every line from INFO on, printable and without ``secrets``, in the thread that logs. With an
    ``account``, no line of another one."""

    def __init__(self, secrets: Iterable[str], account: str = "") -> None:
        self._account = account
        self._clean = Scrubber(secrets)
        self._handler: int | None = None
        self._take: Callable[[TailLine], object]

    def begin(self, take: Callable[[TailLine], object]) -> None:
        """``take`` must not wait."""
        self._take = take
        levels: dict[str | None, str | int | bool] = {"": LEVEL, "runtime.practice": "WARNING"}
        self._handler = logger.add(self._on_record, level=LEVEL, format="", filter=levels, diagnose=False)

    def end(self) -> None:
        """Idempotent."""
        handler, self._handler = self._handler, None
        if handler is not None:
            with contextlib.suppress(ValueError):  # the program has removed all handlers
                logger.remove(handler)

    def _on_record(self, message: "Message") -> None:
        record = message.record
        if self._account and record["extra"].get("account", self._account) != self._account:
            return
        worker = record["extra"].get("worker", "")
        text = self._clean(f"{worker}: {record['message']}" if worker else record["message"])
        self._take(TailLine(record["time"].timestamp(), record["level"].name, printable(text[:LONGEST])))
