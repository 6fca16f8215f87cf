"""What every actor of the house has in common: an inbox with timers and descriptors, and a reported death."""

import contextlib
import enum
import functools
import re
import time
from types import TracebackType
from typing import Any

import pykka
from loguru import logger
from pykka._envelope import Envelope

from actors.errors import TransportError
from actors.inbox import Bound, Clock, HasFileno, Inbox, Timer
from actors.messages.lifecycle import ActorEnded, ActorFailed, Begin, ConnectionEnded, Tellable
from actors.messages.status import Describe, Described, Part
from actors.messages.tasks import TaskStatus

_WORD = re.compile("[A-Z][a-z]*")


class Reply:
    """The reply slot of an ``ask``, taken off its envelope so that a later event can settle it."""

    __slots__ = ("_future",)

    def __init__(self, future: pykka.Future[Any]) -> None:
        self._future = future

    def set(self, value: Any) -> None:
        self._future.set(value)

    def fail(self, error: Exception) -> None:
        self._future.set_exception((type(error), error, None))


class RuntimeActor(pykka.ThreadingActor):
    """An actor whose first message is ``Begin``, and whose failure and end its ``guardian`` hears of.

    Threads are daemons: a program that ends without ``Runtime.stop`` is not held up by us.
    """

    use_daemon_thread = True

    def __init__(
        self,
        name: str,
        *,
        guardian: Tellable | None = None,
        clock: Clock = time.monotonic,
        bound: Bound | None = None,
    ) -> None:
        self._new_inbox = functools.partial(Inbox, clock, bound)
        super().__init__()
        self.name = name
        self.now = clock
        self._guardian = guardian
        self.actor_inbox.put(Envelope(Begin()))

    def _create_actor_inbox(self) -> Inbox:  # type: ignore[override]  # pykka calls it on the instance
        return self._new_inbox()

    @property
    def inbox(self) -> Inbox:
        assert isinstance(self.actor_inbox, Inbox)
        return self.actor_inbox

    def after(self, delay: float, message: Any) -> Timer:
        """Tell this actor ``message`` in ``delay`` seconds."""
        return self.inbox.after(delay, message)

    def every(self, interval: float, message: Any) -> Timer:
        """Tell this actor ``message`` every ``interval`` seconds."""
        return self.inbox.every(interval, message)

    def watch(self, source: HasFileno, message: Any, *, writable: bool = False) -> None:
        """Tell this actor ``message`` whenever ``source`` can be read (or written, with ``writable``).

        Raises ``TransportError`` where the process may open no more descriptors: the first watch needs some.
        """
        try:
            self.inbox.watch(source, message, writable=writable)
        except OSError as error:
            raise TransportError(f"{error.strerror} while beginning to watch a socket") from error

    def tasks(self) -> tuple[TaskStatus, ...]:
        """What ``every`` has booked, named after its message."""
        now = self.now()
        return tuple(
            TaskStatus(
                owner=self.name,
                name=_words(timer.message),
                interval=timer.interval or 0.0,
                last_run=None if timer.last_run is None else now - timer.last_run,
                next_run=timer.due - now,
                last_error=timer.last_error,
            )
            for timer in self.inbox.periodic()
        )

    def describe(self, wanted: Describe, part: Part) -> None:
        """Give this actor's part of the status, and its tasks."""
        wanted.to.tell(Described(wanted.id, part, self.tasks()))

    def defer(self) -> Reply | None:
        """Take over the answer to the present message; ``None`` if it was told, not asked."""
        envelope = self.inbox.current
        if envelope is None or envelope.reply_to is None:
            return None
        future, envelope.reply_to = envelope.reply_to, None
        return Reply(future)

    def unexpected(self, message: Any) -> None:
        """The last case of every actor's ``match``; to have nothing to begin with is no fault."""
        if not isinstance(message, Begin):
            logger.warning("{} cannot handle {}", self.name, type(message).__name__)

    def on_stop(self) -> None:
        try:
            self.release(self.inbox.close())
        finally:
            self._tell_guardian(ActorEnded(self.actor_urn))

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        reason = f"{type(exception_value).__name__}: {exception_value}"
        try:
            self.release(self.inbox.close())
        finally:
            self._tell_guardian(ActorFailed(self.name, reason))
            self._tell_guardian(ActorEnded(self.actor_urn))

    def release(self, unhandled: list[Any]) -> None:
        """Let go of what the actor holds; ``unhandled`` are the messages it will not get to."""

    def _tell_guardian(self, message: ActorEnded | ActorFailed | ConnectionEnded) -> None:
        if self._guardian is not None:
            with contextlib.suppress(pykka.ActorDeadError):  # ended before us
                self._guardian.tell(message)


def _words(message: Any) -> str:
    """``_Due.KEEP_ALIVE`` is "keep alive", ``CheckHeartbeats`` "check heartbeats"."""
    if isinstance(message, enum.Enum):
        return message.name.replace("_", " ").lower()
    return " ".join(_WORD.findall(type(message).__name__)).lower()
