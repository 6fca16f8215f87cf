"""An ask without a waiting thread: its outcome goes to a callback."""

import sys
from collections.abc import Callable
from typing import Any

import pykka

from actors.engine.pykka_internals import Envelope

Callback = Callable[[Any, BaseException | None], None]
"""Called once with the answer, or with the error that the ask raised. It runs in the thread of the actor that
answers, so it may only tell."""


def ask_then(ref: pykka.ActorRef[Any], message: Any, callback: Callback) -> None:
    """Ask ``ref``, and return at once."""
    if ref.is_alive():
        ref.actor_inbox.put(Envelope(message, reply_to=CallbackFuture(callback)))
    else:
        callback(None, pykka.ActorDeadError(f"{ref} has ended"))


class CallbackFuture(pykka.Future[Any]):
    """The reply slot of such an ask: an actor can set it, and no thread can wait for it."""

    def __init__(self, callback: Callback) -> None:
        super().__init__()
        self._callback = callback

    def set(self, value: Any = None) -> None:
        self._callback(value, None)

    def set_exception(self, exc_info: Any = None) -> None:
        self._callback(None, (exc_info or sys.exc_info())[1])
