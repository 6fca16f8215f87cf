"""The records of the log as a stream of JSON texts, for threads and for event loops."""

import asyncio
import json
import threading
from collections import deque
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from loguru import Message, Record

CAPACITY: Final = 100_000
"""Records that wait for a reader; further ones replace the oldest."""

THEIR_LEVELS: Final = {"WARNING": "WARN", "CRITICAL": "ERROR", "SUCCESS": "INFO"}
"""Of those levels of loguru that have another name there."""


def stamp(record: "Record") -> str:
    """The time of a record, in UTC."""
    return record["time"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def their_level(record: "Record") -> str:
    """The name of a record's level."""
    name = record["level"].name
    return THEIR_LEVELS.get(name, name)


def as_json(record: "Record") -> str:
    """A record with their keys."""
    span = {"name": record["function"]}
    return json.dumps(
        {
            "level": their_level(record),
            "message": record["message"],
            "span": span,
            "spans": [span],
            "target": record["name"],
            "timestamp": stamp(record),
        }
    )


class StreamLogsIterator:
    """The records of the log, each as JSON; ``LogBuilder.create_logs_iterator`` makes one.

    Iterate it in one event loop or in one thread. It ends when no record has come for its timeout.
    """

    def __init__(self, timeout: timedelta | None) -> None:
        self._timeout = None if timeout is None else timeout.total_seconds()
        self._lines: deque[str] = deque(maxlen=CAPACITY)
        self._changed = threading.Condition()
        self._waiting: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def put(self, message: "Message") -> None:
        """A sink of loguru; any thread."""
        line = as_json(message.record)
        with self._changed:
            self._lines.append(line)
            self._changed.notify_all()
            waiting, self._waiting = self._waiting, None
        if waiting is not None:
            loop, event = waiting
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        try:
            async with asyncio.timeout(self._timeout):
                while (line := self._take()) is None:
                    await self._news()
        except TimeoutError:
            raise StopAsyncIteration from None
        return line

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._lines), self._timeout):
                raise StopIteration
            return self._lines.popleft()

    def _take(self) -> str | None:
        with self._changed:
            return self._lines.popleft() if self._lines else None

    async def _news(self) -> None:
        event = asyncio.Event()
        with self._changed:
            if self._lines:
                return
            self._waiting = asyncio.get_running_loop(), event
        await event.wait()


class StreamLogsLayer:
    """What ``start_tracing`` takes a list of. None can be made, there as here; use
    ``LogBuilder.create_logs_iterator``."""

    def __init__(self) -> None:
        raise TypeError("a StreamLogsLayer cannot be made: use LogBuilder().create_logs_iterator(level)")
