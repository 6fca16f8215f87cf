"""The log of a run: its output, its file, and the secrets that are in neither."""

import contextlib
import threading
from types import TracebackType
from typing import Self

from actors.values import LogLevel
from runtime import logs
from runtime.config import Config
from runtime.logs import Write
from runtime.logs.log_file import LogFile


class RunLog:
    """A context manager; ``write`` shows a line in the output of the run."""

    def __init__(self, config: Config, write: Write) -> None:
        self._config = config
        self._write = write
        self._opened = contextlib.ExitStack()
        self._file: LogFile | None = None
        self._log: logs.Log

    def __enter__(self) -> Self:
        log, writes = self._config.log, [self._write]
        with contextlib.ExitStack() as opened:
            if log.file:
                self._file = LogFile(
                    self._config.path(log.file),
                    logs.as_json if log.json_lines else logs.plain,
                    rotation=log.rotation,
                    retention=log.retention,
                    complain=self._write,
                )
                writes.append(opened.enter_context(self._file))
            secrets, limit = self._config.unlogged, log.repeat_limit
            self._log = logs.Log(log.level, *writes, secrets=secrets, repeat_limit=limit)
            opened.enter_context(self._log)
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def set_level(self, level: LogLevel) -> None:
        """Write what is at least as severe from now on."""
        self._log.set_level(level)

    def hide(self, config: Config) -> None:
        """No secret of ``config``, which has been read anew, is shown from now on."""
        self._log.hide(config.unlogged)

    def renew(self) -> None:
        """Begin a new file if another program has renamed this one; returns at once."""
        if self._file is not None:  # in a thread: the handler of a signal must not wait for a disk
            threading.Thread(target=self._file.renew, name="log file", daemon=True).start()
