"""A line of the log, and its two written forms."""

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

# Control characters end, overwrite or recolour a line; the others reorder it (Unicode TR 9) or break it.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class Line(msgspec.Struct, frozen=True):
    """A record that may be shown: printable, without secrets; ``trace`` has the lines of a traceback.

    ``worker`` names the process that logged it, empty for this one; ``place`` is the place in the code,
    ``module:line``.
    """

    time: datetime
    level: str
    message: str
    trace: tuple[str, ...] = ()
    worker: str = ""
    place: str = ""

    @property
    def text(self) -> str:
        """The message, after the name of the process if that is a worker."""
        return f"{self.worker}: {self.message}" if self.worker else self.message

    @property
    def source(self) -> str:
        """What tells lines of the same place in the code apart."""
        return self.worker


class AccountLine(Line, frozen=True):
    """A line about one of several accounts of this process, or about a feed."""

    account: str = ""

    @property
    def text(self) -> str:
        """After the name of the account."""
        return (
            f"{self.account}: {self.worker}: {self.message}"
            if self.worker
            else f"{self.account}: {self.message}"
        )

    @property
    def source(self) -> str:
        return f"{self.account} {self.worker}"


Write = Callable[[Line], None]
LineFormat = Callable[[Line], str]


def printable(text: str) -> str:
    """``text`` on one line; characters that a terminal would act on are escaped."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def plain(line: Line) -> str:
    """For people, in UTC; a traceback is indented, so that no part of it looks like a line of the log."""
    at = line.time.astimezone(UTC)
    head = f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}Z {line.level:<8} {line.text}"
    return "\n".join([head, *(f"    | {step}" for step in line.trace)])


def as_json(line: Line) -> str:
    """For programs."""
    return msgspec.json.encode(line).decode()


def to_stderr(form: LineFormat) -> Write:
    """Writes each line at once."""

    def write(line: Line) -> None:
        put_on_stderr(form(line) + "\n")

    return write


def put_on_stderr(text: str) -> None:
    """Bypasses the buffer of ``sys.stderr``: a thread that hangs in it holds its lock, and the interpreter,
    which flushes it at its end, would abort."""
    if sys.stderr is None:  # pythonw has none
        return
    buffer: Any = getattr(sys.stderr, "buffer", None)
    if buffer is None:  # a stream of a notebook or of another host
        sys.stderr.write(text)
        return
    raw = getattr(buffer, "raw", buffer)  # with python -u the buffer is raw itself
    left = memoryview(text.encode(sys.stderr.encoding or "utf-8", "backslashreplace"))
    while left:
        taken = raw.write(left)
        if taken is None:  # another program has made it non-blocking
            raise BlockingIOError("standard error takes no more")
        left = left[taken:]
