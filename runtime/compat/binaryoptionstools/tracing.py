"""Logging with the names of BinaryOptionsToolsV2: outputs of loguru for what the runtime and a script log."""

import json
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from loguru import logger

from runtime.compat.binaryoptionstools._log_records import (
    StreamLogsIterator,
    StreamLogsLayer,
    stamp,
    their_level,
)
from runtime.compat.binaryoptionstools.errors import InvalidParameterError, UninitializedError
from runtime.logs.embedded import OURS, quieten_first_handler

if TYPE_CHECKING:
    from loguru import Record

LEVELS: Final = {"TRACE": "TRACE", "DEBUG": "DEBUG", "INFO": "INFO", "WARN": "WARNING", "ERROR": "ERROR"}
"""Theirs, and what loguru calls them."""

_ONCE: Final = threading.Lock()
_SET_UP: Final[list[str]] = []
"""The folder of ``start_tracing``, once that was called."""


def _ours(record: "Record") -> bool:
    return (record["name"] or "").startswith(OURS)


def _line(record: "Record") -> str:
    record["extra"]["stamp"], record["extra"]["their_level"] = stamp(record), their_level(record)
    return "{extra[stamp]} {extra[their_level]: >5} {name}: {message}\n{exception}"


def _level(name: str) -> str:
    spelt = name.upper()
    if spelt == "WARNING":
        spelt = "WARN"
    if spelt not in LEVELS:
        raise InvalidParameterError(f"{name!r} is no level: use one of {', '.join(LEVELS)}")
    return LEVELS[spelt]


def _add(sink: Any, level: str) -> None:
    logger.add(sink, level=level, format=_line, filter=_ours)


class Logger:
    """Writes to the outputs that ``start_logs`` or a ``LogBuilder`` has set up."""

    def __init__(self) -> None:
        quieten_first_handler()
        self._logger = logger.opt(depth=1)

    def debug(self, message: str) -> None:
        self._write("DEBUG", message)

    def info(self, message: str) -> None:
        self._write("INFO", message)

    def warn(self, message: str) -> None:
        self._write("WARNING", message)

    def error(self, message: str) -> None:
        self._write("ERROR", message)

    def _write(self, level: str, message: str) -> None:
        # The name of this module: a filter by name then takes the script's lines with the runtime's.
        self._logger.log(level, "{}", message)


class LogBuilder:
    """Collects outputs of the log; ``build`` sets them up."""

    def __init__(self) -> None:
        self._outputs: list[tuple[Any, str]] = []

    def create_logs_iterator(
        self, level: str = "DEBUG", timeout: timedelta | None = None
    ) -> StreamLogsIterator:
        """The records from ``level`` on, each as JSON. ``timeout``: the iterator ends when none has come for
        so long."""
        records = StreamLogsIterator(timeout)
        self._outputs.append((records.put, _level(level)))
        return records

    def log_file(self, path: str = "logs.log", level: str = "DEBUG") -> None:
        """A file, to which lines are added."""
        self._outputs.append((Path(path), _level(level)))

    def terminal(self, level: str = "DEBUG") -> None:
        """Standard output."""
        self._outputs.append((sys.stdout, _level(level)))

    def build(self) -> None:
        """Write to these outputs from now on."""
        outputs, self._outputs = self._outputs, []
        for sink, level in outputs:
            _add(sink, level)


class LogSubscription:
    """The records of a ``StreamLogsIterator`` as dicts: ``level``, ``message``, ``target``, ``timestamp``
    (UTC) and ``span``."""

    def __init__(self, subscription: StreamLogsIterator) -> None:
        self.subscription = subscription

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        return _record(await anext(self.subscription))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self

    def __next__(self) -> dict[str, Any]:
        return _record(next(self.subscription))


def _record(line: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(line)
    return record


def start_tracing(path: str, level: str, terminal: bool, layers: Sequence[StreamLogsLayer]) -> None:
    """Write to ``logs.log`` (from ``level`` on), to ``error.log`` (from WARN on), both in the folder
    ``path``, and to standard output. Raises ``UninitializedError`` the second time."""
    if layers:
        raise InvalidParameterError("layers has to be empty: use LogBuilder().create_logs_iterator(level)")
    lowest = _level(level)
    with _ONCE:
        if _SET_UP:
            raise UninitializedError(
                f"the log is set up already, in {_SET_UP[0]}; it cannot be a second time"
            )
        folder = Path(path)
        _add(folder / "logs.log", lowest)
        _add(folder / "error.log", "WARNING")
        if terminal:
            _add(sys.stdout, lowest)
        _SET_UP.append(str(folder))


def start_logs(
    path: str, level: str = "DEBUG", terminal: bool = True, layers: Sequence[StreamLogsLayer] | None = None
) -> None:
    """``start_tracing`` in a folder that is made if it is not there. A second call changes nothing and warns,
    as theirs does."""
    Path(path).mkdir(parents=True, exist_ok=True)
    try:
        start_tracing(path, level, terminal, layers or ())
    except UninitializedError as error:
        warnings.warn(f"start_logs: {error}", RuntimeWarning, stacklevel=2)


__all__ = [
    "LogBuilder",
    "LogSubscription",
    "Logger",
    "StreamLogsIterator",
    "StreamLogsLayer",
    "start_logs",
    "start_tracing",
]
