"""What all actors have in common: an inbox with timers and descriptors, and an end that is reported."""

import contextlib
from types import TracebackType
from typing import Any

import pykka
from loguru import logger

from actors.engine.clock import Clock, elapsed
from actors.engine.dispatcher import Dispatcher
from actors.engine.inbox import Inbox, Overflow
from actors.engine.pykka_internals import OF_PYKKA, ActorStop, AnyEnvelope, Ended, PlainEnvelope
from actors.engine.ref import RuntimeRef
from actors.engine.timers import Timer
from actors.engine.waker import HasFileno
from actors.errors import TransportError
from actors.messages.lifecycle import ActorEnded, ActorFailed, Begin, ConnectionEnded, Tellable
from actors.messages.status import Describe, Described, Part
from actors.messages.tasks import TaskStatus, task_name


class ReplySlot:
    """The reply slot of an ``ask``, taken off its envelope so that a later event can fill it."""

    __slots__ = ("_future",)

    def __init__(self, future: pykka.Future[Any]) -> None:
        self._future = future

    def set(self, value: Any) -> None:
        self._future.set(value)

    def fail(self, error: Exception) -> None:
        self._future.set_exception((type(error), error, None))


class RuntimeActor(pykka.ThreadingActor):
    """An actor whose first message is ``Begin``, and whose failure and end its ``guardian`` is told.

    It runs in the thread of its ``dispatcher``; without one, in a thread of its own, on ``clock``. Threads
    are daemons: they do not hold up the end of a program that does not call ``Runtime.stop``. pykka's
    ``on_start`` is not called, because an exception in it would call no hook.
    """

    def __init__(
        self,
        name: str,
        *,
        guardian: Tellable | None = None,
        dispatcher: Dispatcher | None = None,
        clock: Clock = elapsed,
        overflow: Overflow | None = None,
    ) -> None:
        self._dispatcher = dispatcher or Dispatcher(clock, name)
        self.inbox = Inbox(self._dispatcher, overflow)
        super().__init__()
        self.actor_stopped: Ended = Ended()
        self._actor_ref = RuntimeRef(self)
        self.name = name
        self.now = self._dispatcher.clock
        self.utc = self._dispatcher.wall_clock
        self.speed = self._dispatcher.speed
        self._guardian = guardian
        self._envelope: AnyEnvelope
        self.inbox.put(PlainEnvelope(Begin()))

    def _create_actor_inbox(self) -> Inbox:  # type: ignore[override]  # pykka calls it on the instance
        return self.inbox

    def _start_actor_loop(self) -> None:
        self.inbox.open(self._serve_envelope)

    def _serve_envelope(self, envelope: AnyEnvelope) -> None:
        """What pykka's loop does with an envelope; nothing is raised, because others may share the thread.

        Here ``SystemExit`` is an actor's failure like any other; pykka would stop every actor for it, and
        wait for them in a thread that they may need for their end.
        """
        if self.actor_stopped.raised:
            self._answer_after_end(envelope)
            return
        self._envelope = envelope
        message = envelope.message
        try:
            response = (
                self._handle_receive(message) if isinstance(message, OF_PYKKA) else self.on_receive(message)
            )
            if envelope.reply_to is not None:
                envelope.reply_to.set(response)
        except BaseException as error:  # noqa: BLE001
            if envelope.reply_to is not None:
                envelope.reply_to.set_exception()
            if envelope.reply_to is None or not isinstance(error, Exception):
                self._end_in_failure(error)
        if self.actor_stopped.raised:
            for left in self.inbox.end():
                self._answer_after_end(left)

    def _end_in_failure(self, error: BaseException) -> None:
        for step in (self._handle_failure, self.on_failure):
            try:
                step(type(error), error, error.__traceback__)
            except BaseException as another:  # noqa: BLE001  # also that of a program's own log handler
                logger.opt(exception=another).error(
                    "{} failed again while it reported a failure: report this with the log", self.name
                )

    def _answer_after_end(self, envelope: AnyEnvelope) -> None:
        """``envelope`` came in the moment of the end, or was left over: an ask is answered with the end."""
        if envelope.reply_to is None:
            return
        if isinstance(envelope.message, ActorStop):
            envelope.reply_to.set(None)
        else:
            dead = pykka.ActorDeadError(f"{self.actor_ref} stopped before handling the message")
            envelope.reply_to.set_exception((pykka.ActorDeadError, dead, None))

    def after(self, delay: float, message: Any) -> Timer:
        """Tell this actor ``message`` in ``delay`` seconds."""
        return self.inbox.after(delay, message)

    def at(self, moment: float, message: Any) -> Timer:
        """Tell this actor ``message`` at ``moment`` of its clock, at once if that has passed."""
        return self.after(max(0.0, moment - self.now()), message)

    def every(self, interval: float, message: Any) -> Timer:
        """Tell this actor ``message`` every ``interval`` seconds."""
        return self.inbox.every(interval, message)

    def watch(self, source: HasFileno, message: Any, *, writable: bool = False, gap: float = 0.0) -> None:
        """Tell this actor ``message`` whenever ``source`` can be read (or written, with ``writable``): at
        once after a pause, and not within ``gap`` seconds of the last time.

        Raises ``TransportError`` when the process may open no more descriptors: the first watch needs some.
        """
        try:
            self.inbox.watch(source, message, writable=writable, gap=gap)
        except OSError as error:
            raise TransportError(f"{error.strerror} while beginning to watch a socket") from error

    def tasks(self) -> tuple[TaskStatus, ...]:
        """The timers of ``every``, named after their messages."""
        now = self.now()
        return tuple(
            TaskStatus(
                owner=self.name,
                name=task_name(timer.message),
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

    def defer(self) -> ReplySlot | None:
        """Take over the reply to the message being handled; ``None`` if it was told, not asked."""
        envelope = self._envelope
        if isinstance(envelope, PlainEnvelope) or envelope.reply_to is None:
            return None
        future, envelope.reply_to = envelope.reply_to, None
        return ReplySlot(future)

    def unexpected(self, message: Any) -> None:
        """The last case of every actor's ``match``: logs the type of ``message``, unless it is ``Begin``."""
        if not isinstance(message, Begin):
            logger.warning(
                "{} cannot handle {}, and drops it: commands go to the router",
                self.name,
                type(message).__name__,
            )

    def on_stop(self) -> None:
        try:
            self.release(self.inbox.close())
        finally:
            self._tell_guardian(ActorEnded())

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.release(self.inbox.close())
        finally:
            try:
                reason = f"{type(exception_value).__name__}: {exception_value}"
                self._tell_guardian(ActorFailed(self.name, reason))
            finally:
                self._tell_guardian(ActorEnded())

    def release(self, unhandled: list[Any]) -> None:
        """Release what the actor holds; ``unhandled`` are the told messages it will not handle."""

    def _tell_guardian(self, message: ActorEnded | ActorFailed | ConnectionEnded) -> None:
        if self._guardian is not None:
            with contextlib.suppress(pykka.ActorDeadError):  # it ended first
                self._guardian.tell(message)
