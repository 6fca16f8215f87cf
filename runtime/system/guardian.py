"""The actors of a runtime in the order of their start: who has failed or ended, and the end of them all."""

import threading
from collections.abc import Callable
from typing import Any

import pykka
from loguru import logger

from actors.errors import TellwireError
from actors.messages.lifecycle import ActorEnded, ActorFailed

STOP_TIMEOUT = 2.0
"""Seconds that an actor may take to end; one that hangs must not hang the program."""


class Guardian:
    """The guardian of its actors: one of them that dies of an unforeseen error takes the runtime along."""

    def __init__(self, escalate: Callable[[Exception], None]) -> None:
        self._escalate = escalate
        self._actors: list[pykka.ActorRef[Any]] = []
        self._ended: dict[str, threading.Event] = {}

    def start(self, actor: Any, *args: Any, **kwargs: Any) -> pykka.ActorRef[Any]:
        ref: pykka.ActorRef[Any] = actor.start(*args, guardian=self, **kwargs)
        self._actors.append(ref)
        return ref

    def tell(self, message: ActorFailed | ActorEnded) -> None:
        """Any thread."""
        match message:
            case ActorEnded(urn=urn):
                self._end_of(urn).set()
            case ActorFailed(name="gateway"):
                logger.error("nobody can attach or operate the runtime any more: {}", message.reason)
            case ActorFailed():
                self._escalate(TellwireError(f"the {message.name} failed: {message.reason}"))

    def await_end(self, ref: pykka.ActorRef[Any], timeout: float) -> bool:
        """Whether the actor let go of all it held within ``timeout`` seconds."""
        return self._end_of(ref.actor_urn).wait(timeout)

    def end(self) -> None:
        """End every actor, the last first."""
        while self._actors:
            ref = self._actors.pop()
            ref.stop(block=False)
            if not self.await_end(ref, STOP_TIMEOUT):
                logger.error("{} does not end", ref.actor_class.__name__)

    def _end_of(self, urn: str) -> threading.Event:
        return self._ended.setdefault(urn, threading.Event())
