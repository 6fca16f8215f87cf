"""The file of the log."""

import contextlib
import logging
import logging.handlers
import os
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Self

from runtime.logs.line import Line, LineFormat, Write


class LogFile:
    """Writes lines to ``path``; renames it before it exceeds ``rotation`` bytes, and keeps ``retention`` old
    files.

    A file that another program has renamed or removed, such as logrotate, is opened anew with the next line,
    or by ``renew``.

    When a line cannot be written, ``complain`` gets one line, and another once writing works again. This is
    the standard library's file: on a full disk, loguru's prints the record itself, with its secrets.
    """

    def __init__(
        self, path: Path, form: LineFormat, *, rotation: int, retention: int, complain: Write
    ) -> None:
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
        with contextlib.suppress(OSError):  # it failed before too
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
                reason = f"cannot be written ({error.strerror}); the log goes on without it"
                self._report("WARNING", f"{self._path} {reason}")
            return
        if self._failed:
            self._failed = False
            self._report("INFO", f"{self._path} is written again")

    def renew(self) -> None:
        """Release a file that was renamed or removed, and begin a new one; any thread. It may wait for a
        disk."""
        with contextlib.suppress(OSError):  # the next line complains; one that is just written has looked
            self._file.acquire()
            try:
                self._file.follow_path()
            finally:
                self._file.release()

    def _report(self, level: str, text: str) -> None:
        self._complain(Line(datetime.now(UTC), level, text))


class _RotatingFile(logging.handlers.RotatingFileHandler):
    """Raises the error of a write, and creates its folder.

    Closing it, as ``logging.shutdown`` also does, does not wait for a thread that hangs in a write.
    """

    def acquire(self) -> None:
        if self.lock is not None and not self.lock.acquire(blocking=False):
            raise BlockingIOError("it is being written")

    def release(self) -> None:
        with contextlib.suppress(RuntimeError):  # logging.shutdown also releases a lock that it did not get
            super().release()

    def emit(self, record: logging.LogRecord) -> None:
        self.follow_path()
        super().emit(record)

    def follow_path(self) -> None:
        """Open the file anew if the path leads to another one now. Raises ``OSError`` if it cannot."""
        if self.stream is None:
            return
        ours = os.fstat(self.stream.fileno())
        try:
            there = Path(self.baseFilename).stat()
        except FileNotFoundError:
            there = None
        if there is None or (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino):
            self.stream.close()
            self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the base class's name
        raise  # noqa: PLE0704  # logging calls this in its except block

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()
