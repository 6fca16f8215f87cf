"""Carries log lines of a worker process into the log of the main process."""

from typing import TYPE_CHECKING, Any, cast

from loguru import logger

from actors.errors import WorkerDied
from actors.messages.workers import LogRecord
from actors.values import LogLevel
from runtime.logs.line import Line, Write
from runtime.logs.log import RemoteTrace
from runtime.workers.link import Link

if TYPE_CHECKING:
    from loguru import Record


class Forwarding:
    """Sends lines over ``link``; once that is broken, writes them with ``fallback``.

    It must not log anything itself: logging calls it.
    """

    def __init__(self, worker: str, link: Link[Any], fallback: Write) -> None:
        self._worker = worker
        self._link = link
        self._fallback = fallback

    def __call__(self, line: Line) -> None:
        level = cast("LogLevel", line.level)  # only the main process logs at PRACTICE
        record = LogRecord(self._worker, line.time.timestamp(), level, line.place, line.message, line.trace)
        try:
            self._link.send(record)
        except WorkerDied:
            self._fallback(line)


def log(record: LogRecord) -> None:
    """Log a worker's line with its own time and place; loguru's ``extra`` names the worker."""
    module, _, number = record.place.rpartition(":")

    def restore(own: "Record") -> None:
        # Of loguru's subclass of datetime, whose format method its handlers call.
        own["time"] = own["time"].fromtimestamp(record.time, own["time"].tzinfo)
        own["name"], own["line"] = module, int(number)

    trace = RemoteTrace("\n".join(record.trace)) if record.trace else None
    logger.bind(worker=record.worker).opt(exception=trace).patch(restore).log(
        record.level, "{}", record.message
    )
