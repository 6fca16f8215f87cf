"""Runs one handler in the event loop: with one event after another, whatever it raises."""

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

from loguru import logger

from actors.routing.subscriber import ERRORS_AT_FIRST, MINUTE
from runtime.aio.event_stream import EventStream

Handler = Callable[[Any], object]
"""A function, or a coroutine function."""


class HandlerTask:
    """The task that calls ``handler`` with the events of ``stream`` until that ends."""

    def __init__(self, topic: str, handler: Handler, stream: EventStream[Any]) -> None:
        self.topic = topic
        self.handler = handler
        self._stream = stream
        self._errors = 0
        self._next_error_at = 0.0
        self.task = asyncio.get_running_loop().create_task(self._run(), name=f"subscriber {topic or '*'}")

    async def close(self) -> None:
        """End the subscription; the handler finishes the event that it has."""
        await self._stream.aclose()

    async def _run(self) -> None:
        try:
            async for event in self._stream:
                await self._call(event)
        except Exception as error:
            if error is not self._stream.failure:  # which `wait` raises; this task is not looked at
                raise

    async def _call(self, event: Any) -> None:
        try:
            result = self.handler(event)
            if inspect.isawaitable(result):
                await result
        except Exception as error:  # noqa: BLE001  # of the user's code, as in Subscriber
            self._on_error(error)

    def _on_error(self, error: Exception) -> None:
        """As ``Subscriber`` logs the errors of a handler: it may raise with every tick."""
        name = f"subscriber {self.topic or '*'}"
        self._errors += 1
        if self._errors == 1:
            logger.opt(exception=error).error(
                "the handler of {} raised; it gets the next events all the same", name
            )
        elif self._errors <= ERRORS_AT_FIRST or time.monotonic() >= self._next_error_at:
            self._next_error_at = time.monotonic() + MINUTE
            text = "the handler of {} raised {} ({} so far): mend it, the first are logged with where"
            logger.error(text, name, type(error).__name__, self._errors)
