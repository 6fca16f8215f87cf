"""The file of the log."""

import contextlib
import logging
import logging.handlers
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Self

from runtime.logs.line import Form, Line, Write


class LogFile:
    """Writes lines to ``path``, begun anew before it exceeds ``rotation`` bytes; ``retention`` old ones stay.

    A file that cannot be written is complained of once, until it can be again; nobody is held up by it.
    The standard library's file, since loguru's answers a full disk with the record as it came: with secrets.
    """

    def __init__(self, path: Path, form: Form, *, rotation: int, retention: int, complain: Write) -> None:
        self._path = path
        self._form = form
        self._complain = complain
        self._failed = False
        self._file = _RotatingFile(
            path, maxBytes=rotation, backupCount=retention, encoding="utf-8", delay=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # what could not be written before cannot be now
            self._file.acquire()
            try:
                self._file.close()
            finally:
                self._file.release()

    def __call__(self, line: Line) -> None:
        try:
            self._file.handle(logging.makeLogRecord({"msg": self._form(line)}))
        except OSError as error:
            if not self._failed:
                self._failed = True
                self._say(
                    "WARNING", f"{self._path} cannot be written ({error.strerror}); we go on without it"
                )
            return
        if self._failed:
            self._failed = False
            self._say("INFO", f"{self._path} is written again")

    def _say(self, level: str, text: str) -> None:
        self._complain(Line(datetime.now().astimezone(), level, text))


class _RotatingFile(logging.handlers.RotatingFileHandler):
    """Raises what keeps a line from being written, and makes its own folder.

    Whoever closes it, as ``logging.shutdown`` does too, does not wait for a thread that is stuck in a write.
    """

    def acquire(self) -> None:
        if self.lock is not None and not self.lock.acquire(blocking=False):
            raise BlockingIOError("it is being written")

    def release(self) -> None:
        with contextlib.suppress(RuntimeError):  # logging.shutdown releases what it was refused, too
            super().release()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the parent's name
        raise  # noqa: PLE0704  # called while the error is handled

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()
