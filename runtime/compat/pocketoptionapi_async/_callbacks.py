"""The callbacks of a client or a monitor, by the name of the event."""

import difflib
import inspect
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

from loguru import logger

from runtime.compat.pocketoptionapi_async.exceptions import InvalidParameterError

Callback = Callable[..., object]
"""A function or a coroutine function of the event's data. One without parameters is called without."""


class Callbacks:
    """Calls functions and coroutine functions, one after another; what one raises is logged."""

    def __init__(self, events: Collection[str]) -> None:
        self._events = events
        self._callbacks: dict[str, list[Callback]] = defaultdict(list)

    def add(self, event: str, callback: Callback) -> None:
        """Raises ``InvalidParameterError`` for an event that never comes."""
        if event not in self._events:
            near = difflib.get_close_matches(event, self._events, 1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise InvalidParameterError(
                f"no event {event!r} ever comes{hint}: there are {', '.join(sorted(self._events))}"
            )
        self._callbacks[event].append(callback)

    def remove(self, event: str, callback: Callback) -> None:
        """Without effect for one that was not added."""
        if callback in self._callbacks.get(event, ()):
            self._callbacks[event].remove(callback)

    def has(self, event: str) -> bool:
        """Whether anybody waits for ``event``."""
        return bool(self._callbacks.get(event))

    async def emit(self, event: str, data: Any) -> None:
        """Returns once all callbacks have."""
        for callback in tuple(self._callbacks.get(event, ())):
            try:
                answer = callback(data) if _takes_data(callback) else callback()
                if inspect.isawaitable(answer):
                    await answer
            except Exception as error:  # noqa: BLE001  # of the user's code
                logger.opt(exception=error).error("a callback of {} raised", event)


def _takes_data(callback: Callback) -> bool:
    """Some events have no data in other releases, so that callbacks without a parameter are about."""
    try:
        inspect.signature(callback).bind(None)
    except TypeError:
        return False
    except ValueError:  # a function in C that does not tell
        return True
    return True
