"""The command line's log: one line per record, which neither the wire can forge nor a secret slip through.

Only a program of ours configures it. ``Runtime`` leaves the log of the program that it is part of alone.
"""

import contextlib
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from loguru import logger

if TYPE_CHECKING:
    from loguru import Message, Record

PRACTICE = "PRACTICE"
"""A level above all others, since everybody must see that nothing here is real."""

HIDDEN = "***"

# Control characters end, overwrite or recolour a line; the others reorder it (Unicode TR 9) or break it.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_TOKEN = re.compile(r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]{10,}")
_NOISY: dict[str | None, str | int | bool] = {"runtime.practice": "WARNING"}
"""The embedded exchange's own view of every connection is for those who look for it."""


class Line(msgspec.Struct, frozen=True):
    """A record as it may be shown: printable, without secrets; ``trace`` is an exception's, line by line."""

    time: datetime
    level: str
    message: str
    trace: tuple[str, ...] = ()


Write = Callable[[Line], None]


def printable(text: str) -> str:
    """``text`` on one line, with what a terminal would act upon in its escaped form."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def tokens(secret: str) -> set[str]:
    """The long runs of letters and digits in ``secret``: they stay the same however it is quoted or cut."""
    return set(_TOKEN.findall(secret))


class Scrubber:
    """Takes secrets out of text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        longest_first = sorted(filter(None, secrets), key=len, reverse=True)
        self._secret = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        return self._secret.sub(HIDDEN, text) if self._secret else text


def configure(level: str, secrets: Iterable[str], write: Write) -> None:
    """Send this process's log to ``write``, from ``level`` on, the libraries' warnings included."""
    clean = Scrubber(secrets)

    def sink(message: "Message") -> None:
        with contextlib.suppress(OSError):  # nobody reads: that must not end what the log only tells of
            write(_line(message.record, clean))

    with contextlib.suppress(ValueError):  # it can be made once only
        logger.level(PRACTICE, no=100)
    quieter: dict[str | None, str | int | bool] = {"": level}
    if logger.level(level).no >= logging.INFO:
        quieter |= _NOISY
    logger.remove()
    logger.add(sink, level=level, format="{message}", filter=quieter, diagnose=False, backtrace=False)
    logging.basicConfig(
        handlers=[_Libraries()], level=max(logger.level(level).no, logging.WARNING), force=True
    )


class _Libraries(logging.Handler):
    """Hands what pykka, aiohttp and other libraries log over to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        known = record.levelname in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
        level = record.levelname if known else record.levelno
        logger.opt(exception=record.exc_info).log(level, "{}", record.getMessage())


def _line(record: "Record", clean: Scrubber) -> Line:
    caught = record["exception"]
    trace: list[str] = []
    if caught is not None:
        trace = "".join(traceback.format_exception(caught.type, caught.value, caught.traceback)).splitlines()
    return Line(
        datetime.fromtimestamp(record["time"].timestamp(), record["time"].tzinfo),  # loguru's is its own kind
        record["level"].name,
        printable(clean(record["message"])),
        tuple(printable(clean(line)) for line in trace),
    )


def plain(line: Line) -> str:
    """For people; an exception's trace is indented, so that no part of it looks like a line of the log."""
    head = f"{line.time:%Y-%m-%d %H:%M:%S}.{line.time.microsecond // 1000:03} {line.level:<8} {line.message}"
    return "\n".join([head, *(f"    | {step}" for step in line.trace)])


def as_json(line: Line) -> str:
    """For programs."""
    return msgspec.json.encode(line).decode()


def to_stderr(form: Callable[[Line], str]) -> Write:
    """Writes each line at once."""

    def write(line: Line) -> None:
        sys.stderr.write(form(line) + "\n")
        sys.stderr.flush()

    return write
