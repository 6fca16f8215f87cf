"""An ask that nobody waits for: its outcome is handed over."""

import sys
from collections.abc import Callable
from typing import Any

import pykka

from actors.engine.pykka_internals import Envelope

Callback = Callable[[Any, BaseException | None], None]
"""Is given the answer, or the error that the ask raised; in the answerer's thread, so it must only tell."""


def ask(ref: pykka.ActorRef[Any], message: Any, take: Callback) -> None:
    """Ask ``ref``; whatever comes of it, ``take`` is called once."""
    if ref.is_alive():
        ref.actor_inbox.put(Envelope(message, reply_to=_CallbackFuture(take)))
    else:
        take(None, pykka.ActorDeadError(f"{ref} has ended"))


class _CallbackFuture(pykka.Future[Any]):
    """A reply slot, as an actor sees it; it can be set, never waited for."""

    def __init__(self, take: Callback) -> None:
        super().__init__()
        self._take = take

    def set(self, value: Any = None) -> None:
        self._take(value, None)

    def set_exception(self, exc_info: Any = None) -> None:
        self._take(None, (exc_info or sys.exc_info())[1])
