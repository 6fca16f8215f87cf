"""loguru and the standard library's logging as one log, set up once per process."""

import contextlib
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, get_args

import msgspec
from loguru import logger

from actors.values import LogLevel
from runtime.logs.line import AccountLine, Line, Write, printable
from runtime.logs.repeats import Repeats
from runtime.logs.scrubber import Scrubber
from runtime.logs.writer import Writer

if TYPE_CHECKING:
    from loguru import Message, Record

PRACTICE = "PRACTICE"
"""A level above all others: every reader must see that nothing here is real."""

EVERY = "every"
"""A key of loguru's ``extra``: a record with it is exempt from the limit on repeated lines."""

LONGEST = 8192
"""Characters of a message; text from a server may have millions."""

_NOISY: dict[str | None, str | int | bool] = {"runtime.practice": "WARNING"}
"""What the embedded exchange logs of every connection shows at DEBUG and below only."""


class RemoteTrace(Exception):
    """The traceback of an exception in another process, as text: the exception itself cannot travel."""


class Log:
    """This process's log while it is open: records from ``level`` on go to all ``writes`` as lines.

    ``repeat_limit`` lines of one kind are written in a minute (see :class:`Repeats`). Warnings of libraries
    and uncaught exceptions of threads are lines too.

    The thread that logs makes the line, so that no record with a secret waits in a queue. Each write has a
    :class:`Writer`, so that a slow one holds up neither that thread nor another write. What is not yet
    written is lost if the process is killed or ends by ``os._exit``, whatever its level.
    """

    def __init__(
        self, level: LogLevel, *writes: Write, secrets: Iterable[str] = (), repeat_limit: int = 0
    ) -> None:
        self._level = level
        self._writers = [Writer(write) for write in writes]
        self._clean = Scrubber(secrets)
        self._repeats = Repeats(repeat_limit)
        self._lock = threading.Lock()
        self._handler: int
        self._hook: Callable[[threading.ExceptHookArgs], Any]

    def __enter__(self) -> Self:
        with contextlib.suppress(ValueError):  # the level exists already
            logger.level(PRACTICE, no=100)
        logger.remove()
        for writer in self._writers:
            writer.start()
        self._handler = self._listen()
        self._hook, threading.excepthook = threading.excepthook, _log_uncaught
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        threading.excepthook = self._hook
        logger.remove(self._handler)
        for line in self._repeats.rest():
            self._put(line)
        begun = time.monotonic()
        for writer in self._writers:  # those that hang share one ``MAX_STALL``
            writer.close(begun)

    def set_level(self, level: LogLevel) -> None:
        """Log from ``level`` on."""
        self._level = level
        before, self._handler = self._handler, self._listen()
        logger.remove(before)  # after ``add``: a record in between is written twice rather than never

    def hide(self, secrets: Iterable[str]) -> None:
        """Hide these in every line too."""
        self._clean.hide(secrets)

    def _listen(self) -> int:
        number = logger.level(self._level).no
        quieter: dict[str | None, str | int | bool] = {"": self._level}
        if number >= logging.INFO:
            quieter |= _NOISY
        logging.basicConfig(handlers=[_Libraries()], level=max(number, logging.WARNING), force=True)
        return logger.add(
            self._on_record, level=self._level, format="", filter=quieter, diagnose=False, backtrace=False
        )

    def _on_record(self, message: "Message") -> None:
        """Must not wait: loguru holds a lock, for which every other thread that logs would wait."""
        try:
            line = self._line(message.record)
        except Exception as error:  # noqa: BLE001  # loguru would print the record itself, with its secrets
            text = f"a line of the log is lost: {type(error).__name__}"
            line = Line(datetime.now(UTC), "ERROR", text, place=f"{__name__}:0")
        with self._lock:
            every = EVERY in message.record["extra"]
            for kept in [line] if every else self._repeats.take(line, time.monotonic()):
                self._put(kept)

    def _put(self, line: Line) -> None:
        for writer in self._writers:
            writer.put(line)

    def _line(self, record: "Record") -> Line:
        at = record["time"]
        line = Line(
            datetime.fromtimestamp(at.timestamp(), UTC),  # not loguru's subclass
            record["level"].name,
            self._shown(record["message"]),
            tuple(map(self._shown, _trace(record["exception"]))),
            record["extra"].get("worker", ""),
            f"{record['name']}:{record['line']}",
        )
        account = record["extra"].get("account", "")
        return AccountLine(**msgspec.structs.asdict(line), account=account) if account else line

    def _shown(self, text: str) -> str:
        clean = self._clean(text)  # before the cut: half a secret is not recognised
        cut = len(clean) - LONGEST
        return printable(clean if cut <= 0 else f"{clean[:LONGEST]}... and {cut} characters more")


class _Libraries(logging.Handler):
    """Hands records of pykka, aiohttp and other libraries to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        def restore(own: "Record") -> None:
            own["name"], own["line"] = record.name, record.lineno

        patched = logger.opt(exception=record.exc_info).patch(restore)
        patched.log(_level_of(record.levelno), "{}", record.getMessage())


def _level_of(number: int) -> str:
    """The most severe of our levels that ``number`` reaches."""
    return max(
        (name for name in get_args(LogLevel) if logger.level(name).no <= number),
        key=lambda name: logger.level(name).no,
        default="TRACE",
    )


def _log_uncaught(lost: threading.ExceptHookArgs) -> None:
    if lost.exc_type is SystemExit:  # ends a thread without an error
        return
    caught = (lost.exc_type, lost.exc_value, lost.exc_traceback)
    logger.opt(exception=caught).critical(
        "an uncaught exception: report this with the log, unless it is your code's"
    )


def _trace(caught: Any) -> list[str]:
    if caught is None:
        return []
    if isinstance(caught.value, RemoteTrace):
        return str(caught.value).splitlines()
    return "".join(traceback.format_exception(caught.type, caught.value, caught.traceback)).splitlines()
