"""Loads of candles for the house's own actors, asked of the router as a user would ask."""

import contextlib
import sys
from types import TracebackType
from typing import Any

import pykka
from pykka._envelope import Envelope

from actors.errors import RequestError
from actors.messages.traffic import Answer, Load, Refusal

_ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


class Loads:
    """Takes ``Load``, and has it answered as if a desk of the house had done it."""

    def __init__(self, router: pykka.ActorRef[Any]) -> None:
        self._router = router

    def tell(self, load: Load) -> None:
        """Raises ``pykka.ActorDeadError`` once the router has ended."""
        if not self._router.is_alive():
            raise pykka.ActorDeadError(f"{self._router} not found")
        self._router.actor_inbox.put(Envelope(load.command, reply_to=_ReplySlot(load)))


class _ReplySlot(pykka.Future[Any]):
    """Tells an answer on to whoever wants it, unless that has ended."""

    def __init__(self, load: Load) -> None:
        super().__init__()
        self._load = load

    def set(self, value: Any = None) -> None:
        self._tell(Answer(self._load.id, value))

    def set_exception(self, exc_info: _ExcInfo | None = None) -> None:
        error = (exc_info or sys.exc_info())[1]
        if not isinstance(error, RequestError):
            error = RequestError(f"the router has ended: {error}")
        self._tell(Refusal(self._load.id, error))

    def _tell(self, message: Answer | Refusal) -> None:
        with contextlib.suppress(pykka.ActorDeadError):
            self._load.to.tell(message)
