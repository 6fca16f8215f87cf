"""The way of a line from a worker process into the log of the main process."""

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
    """Writes lines by sending them over ``link``; when there is nobody at its end, ``otherwise``.

    It must never log itself: it is what logging does.
    """

    def __init__(self, worker: str, link: Link[Any], otherwise: Write) -> None:
        self._worker = worker
        self._link = link
        self._otherwise = otherwise

    def __call__(self, line: Line) -> None:
        level = cast("LogLevel", line.level)  # PRACTICE is said by the main process alone
        record = LogRecord(self._worker, line.time.timestamp(), level, line.place, line.message, line.trace)
        try:
            self._link.send(record)
        except WorkerDied:
            self._otherwise(line)


def log(record: LogRecord) -> None:
    """Log what a worker has logged, as of its own time and place; loguru's ``extra`` names the worker."""
    module, _, number = record.place.rpartition(":")

    def as_it_was(own: "Record") -> None:
        # Of loguru's own kind of datetime, which knows the formats that its handlers ask for.
        own["time"] = own["time"].fromtimestamp(record.time, own["time"].tzinfo)
        own["name"], own["line"] = module, int(number)

    trace = RemoteTrace("\n".join(record.trace)) if record.trace else None
    logger.bind(worker=record.worker).opt(exception=trace).patch(as_it_was).log(
        record.level, "{}", record.message
    )
