"""Starts the actors of a runtime, acts on their failures, and ends them in reverse order."""

import contextlib
import enum
import threading
from collections.abc import Callable
from typing import Any

import pykka
from loguru import logger

from actors.errors import TellwireError
from actors.messages.lifecycle import ActorEnded, ActorFailed

STOP_TIMEOUT = 2.0
"""Seconds that an actor may take to end; one that hangs must not hang the program."""

OnEscalation = Callable[[Exception], None]


class OnFailure(enum.Enum):
    """What the failure of an actor means for the runtime (OTP: whether a child is significant)."""

    ESCALATE = "escalate"
    """The runtime fails too."""
    LOG = "log"
    """The runtime goes on without the actor; the log has an error."""


class Guardian:
    """Owns the actors that are not restarted. ``escalate`` is called with the failure of one that the runtime
    cannot do without, in that actor's thread."""

    def __init__(self, escalate: OnEscalation) -> None:
        self._escalate = escalate
        self._children: list[_Child] = []

    def start(
        self, actor: Any, *args: Any, on_failure: OnFailure = OnFailure.ESCALATE, **kwargs: Any
    ) -> pykka.ActorRef[Any]:
        """Start an actor of the class ``actor``, which takes these arguments and ``guardian``."""
        child = _Child(on_failure, self._escalate)
        child.ref = actor.start(*args, guardian=child, **kwargs)
        self._children.append(child)
        return child.ref

    def await_end(self, ref: pykka.ActorRef[Any], timeout: float) -> bool:
        """Whether an actor that ``start`` returned has released all it held within ``timeout`` seconds."""
        return next(child for child in self._children if child.ref == ref).ended.wait(timeout)

    def end(self, ref: pykka.ActorRef[Any]) -> None:
        """End one actor that ``start`` returned, unless ``stop`` has; any thread."""
        for child in [each for each in self._children if each.ref == ref]:
            with contextlib.suppress(ValueError):  # ``stop`` has taken it meanwhile
                self._children.remove(child)
            _end(child)

    def stop(self) -> None:
        """End every actor, the last one first; idempotent."""
        while self._children:
            _end(self._children.pop())


class _Child:
    """One actor, and what that actor has for a guardian."""

    def __init__(self, on_failure: OnFailure, escalate: OnEscalation) -> None:
        self._on_failure = on_failure
        self._escalate = escalate
        self.ref: pykka.ActorRef[Any]
        self.ended = threading.Event()

    def tell(self, message: ActorFailed | ActorEnded) -> None:
        """Any thread; ``ref`` may not be set yet."""
        match message:
            case ActorEnded():
                self.ended.set()
            case ActorFailed(name=name, reason=reason) if self._on_failure is OnFailure.LOG:
                logger.error(
                    "the {} failed, and the runtime goes on without it: {}; a restart brings it back",
                    name,
                    reason,
                )
            case ActorFailed(name=name, reason=reason):
                self._escalate(TellwireError(f"the {name} failed: {reason}: report this with the log"))


def _end(child: _Child) -> None:
    child.ref.stop(block=False)
    if not child.ended.wait(STOP_TIMEOUT):
        logger.error("{} does not end, and is left: report this with the log", child.ref.actor_class.__name__)
