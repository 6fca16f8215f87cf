"""The reference to a router: an ask takes its deadline along, and what is awaited no longer is withdrawn."""

import datetime as dt
import itertools
import math
import os
import reprlib
import sys
import threading
from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar, overload

import pykka

from actors.engine.callback_ask import Callback, CallbackFuture
from actors.engine.pykka_internals import OF_PYKKA, Envelope
from actors.engine.ref import RuntimeRef
from actors.errors import OrderUnknown, RequestError, RequestTimeout, TellwireError
from actors.messages.commands import Command, OrderCommand, no_command, order_id, unsent
from actors.messages.conversion import seconds
from actors.messages.owners import PROGRAM, Owner
from actors.messages.routing import Asked, GivenUp

GRACE: Final = 2.0
"""Seconds after its timeout that a caller still waits for what became of its request. The router answers at
the same moment; only a process that is not scheduled, or a disk that stalls, takes longer."""

A = TypeVar("A")

ENDED: Final = "the runtime has ended"

FORKED: Final = "this process was forked from that of the runtime, and has none (attach to it here)"

new_ask: Final[Callable[[], int]] = itertools.count(1).__next__
"""The number of the next ask of this process; any thread may call it."""


def never_handled(command: object, ended: str = ENDED, order: str = "") -> RequestError:
    """The error for a command that no router has handled, because it has ended."""
    if isinstance(command, OrderCommand):
        return unsent(command, f"{ended}, so it was not sent", order)
    return RequestError(ended)


def _unanswered(command: object, order: str) -> RequestError:
    if isinstance(command, OrderCommand):
        return OrderUnknown("the runtime does not answer, so it may have been sent", order)
    return RequestTimeout("the runtime does not answer")


Timeout = float | dt.timedelta | None
"""How long to wait: seconds, also as a number of NumPy, or a length of time; ``None``: without limit."""


def _seconds(timeout: Timeout) -> float | None:
    """Raises ``ValueError`` for what is no length of time."""
    if timeout is None:
        return None
    value = timeout if type(timeout) is float or type(timeout) is int else seconds(timeout)
    if type(value) is not int and (type(value) is not float or math.isnan(value)):
        raise ValueError(
            f"timeout must be a number of seconds, a timedelta or None, not {reprlib.repr(timeout)}"
        )
    return min(float(threading.TIMEOUT_MAX), value)


class RouterRef(RuntimeRef):
    """The reference to a router, of this process or of an attached runtime.

    It is used as any ``pykka.ActorRef``, but for ``ask``. The ``timeout`` of an ask is the deadline of its
    command too, if that is sooner. An order that has not left when its caller waits no longer is withdrawn:
    after the timeout, after an exception that ends the wait (``KeyboardInterrupt``), and when the future of
    ``block=False`` is dropped, or its ``get`` times out.
    """

    def __init__(self, actor: Any, kinds: frozenset[type], ended: str = ENDED) -> None:
        """``actor`` takes ``Asked``, with commands of exactly the types of ``kinds``, and ``GivenUp``.

        ``ended`` is what an ask is told once it has ended. Its clock may be faster than that of the caller,
        whose seconds a timeout is in.
        """
        super().__init__(actor)
        self.ended = ended
        self._kinds = kinds
        self._now: Callable[[], float] = actor.now
        self._utc: Callable[[], float] = actor.utc
        self._speed: float = actor.speed
        self._process = os.getpid()

    @property
    def _gone(self) -> str:
        """Why a message would not be handled, ``""`` if the router would."""
        if os.getpid() != self._process:
            return FORKED
        return self.ended if self._ended.raised else ""

    @overload
    def ask(
        self, message: Command[A], *, block: Literal[False], timeout: Timeout = None
    ) -> pykka.Future[A]: ...

    @overload
    def ask(self, message: Command[A], *, block: Literal[True] = True, timeout: Timeout = None) -> A: ...

    @overload
    def ask(
        self, message: Command[A], *, block: bool = True, timeout: Timeout = None
    ) -> A | pykka.Future[A]: ...

    def ask(self, message: Any, *, block: bool = True, timeout: Timeout = None) -> Any:
        """Ask the router to carry out a command.

        Raises ``RequestTimeout`` (a ``pykka.Timeout``) if there is no answer within ``timeout`` seconds. For
        an order it raises ``NotSent`` instead if the order has not left, and never will, and ``OrderUnknown``
        (a ``pykka.Timeout``) if it has left or may have. To know which, it may take up to ``GRACE`` seconds
        longer.

        Raises ``RequestRefused`` for what is no command, and ``RequestError`` once the runtime has ended (for
        an order ``NotSent``). With ``block=False`` the future raises these errors. A ``timeout`` that is no
        length of time raises ``ValueError``, and nothing is asked.
        """
        timeout = _seconds(timeout)
        if isinstance(message, OF_PYKKA):
            return super().ask(message, block=block, timeout=timeout)
        expires_at = math.inf if timeout is None else self._now() + timeout * self._speed
        future = AskFuture(self, message, expires_at)
        try:
            if type(message) not in self._kinds:
                future.fail(no_command(message))
            elif gone := self._gone:
                future.fail(never_handled(message, gone, order_id(message)))
            else:
                self.actor_inbox.put(future.envelope())
            return future.wait(self, timeout) if block else future
        except BaseException:
            future.give_up()
            raise

    def ask_then(
        self, message: Any, callback: Callback, *, timeout: Timeout = None, owner: Owner = PROGRAM
    ) -> "CallbackAsk":
        """Ask, and return at once: ``callback`` gets the answer, or the error that ``ask`` raises.

        It is called once, in the thread of the actor or, where nothing is asked, in this one; it must not
        wait. The caller of this watches the ``timeout``. A stream is kept for ``owner``. Raises
        ``ValueError`` as ``ask`` does.
        """
        timeout = _seconds(timeout)
        expires_at = math.inf if timeout is None else self._now() + timeout * self._speed
        ask = CallbackAsk(self, message, timeout)
        if type(message) not in self._kinds:
            callback(None, no_command(message))
        elif gone := self._gone:
            callback(None, never_handled(message, gone, order_id(message)))
        else:
            self.actor_inbox.put(ask.envelope(expires_at, callback, owner))
        return ask

    def give_up(self, ask: int) -> None:
        """The caller waits for ``ask`` no longer."""
        if self.is_alive():
            self.actor_inbox.put(Envelope(GivenUp(ask)))

    def now(self) -> float:
        """The clock of the actor, monotonic."""
        return self._now()

    def utc(self) -> float:
        """The wall clock of the actor, in Unix seconds."""
        return self._utc()


class CallbackAsk:
    """One ask whose outcome goes to a callback. ``timeout`` is in seconds."""

    def __init__(self, ref: RouterRef, command: Any, timeout: float | None) -> None:
        self.timeout = timeout
        self._ref = ref
        self._command = command
        self._number = 0
        self._order = ""

    def envelope(self, expires_at: float, callback: Callback, owner: Owner) -> Envelope[Any]:
        """What the inbox of the router is given."""
        self._number = new_ask()
        if isinstance(self._command, OrderCommand):
            self._order = order_id(self._command)

        def done(value: Any, error: BaseException | None) -> None:
            if isinstance(error, pykka.ActorDeadError):  # the router ended before it handled the message
                error = never_handled(self._command, self._ref.ended, self._order)
            callback(value, error)

        asked = Asked(self._command, self._number, expires_at, self._order, owner)
        return Envelope(asked, reply_to=CallbackFuture(done))

    def give_up(self) -> None:
        """The caller waits no longer: what has not left is withdrawn, and what only reads ends."""
        if self._number:
            self._ref.give_up(self._number)

    def unanswered(self) -> RequestError:
        """The error where no answer has come ``GRACE`` seconds after the timeout."""
        return _unanswered(self._command, self._order)


class _Reply(pykka.Future[Any]):
    """What the router fills in, once. It is apart from the caller's future, so that this one can be dropped.

    HOT: a lock that is released with the answer takes a fifth of the calls of a ``pykka.ThreadingFuture``.
    Each look that waits has a lock of its own: one that is interrupted holds up no other.
    """

    def __init__(self) -> None:
        super().__init__()
        self.given = False
        self._value: Any = None
        self._error: Any = None
        self._waiting: list[threading.Lock] = []

    def set(self, value: Any = None) -> None:
        self._value, self.given = value, True
        for waiting in tuple(self._waiting):
            waiting.release()

    def set_exception(self, exc_info: Any = None) -> None:
        self._error, self.given = exc_info or sys.exc_info(), True
        for waiting in tuple(self._waiting):
            waiting.release()

    def get(self, *, timeout: float | None = None) -> Any:
        if not self.given:
            waiting = threading.Lock()
            waiting.acquire()
            self._waiting.append(waiting)  # before the second look: an answer after that releases it
            if not self.given and not waiting.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
                self._waiting.remove(waiting)
                if not self.given:
                    raise pykka.Timeout(f"{timeout} seconds")
        if self._error is not None:
            _, error, traceback = self._error
            raise error.with_traceback(traceback)  # not longer with each look
        return self._value


class AskFuture(pykka.Future[Any]):
    """The future of one ask of a router.

    ``map``, ``filter``, ``join`` and ``reduce`` make one without an ask, which gets its value from this one.
    """

    def __init__(
        self, ref: RouterRef | None = None, command: Any = None, expires_at: float = math.inf
    ) -> None:
        super().__init__()
        self._ref = ref
        self._command = command
        self._expires_at = expires_at
        self._reply = _Reply()
        self._ask = 0
        self._order = ""
        self._given_up = False

    def __del__(self) -> None:
        self.give_up()

    def envelope(self) -> Envelope[Any]:
        """What the inbox of the router is given."""
        self._ask = new_ask()
        if isinstance(self._command, OrderCommand):
            self._order = order_id(self._command)
        asked = Asked(self._command, self._ask, self._expires_at, self._order)
        return Envelope(asked, reply_to=self._reply)

    def fail(self, error: RequestError) -> None:
        """The router is not asked, because of ``error``."""
        self._reply.set_exception((type(error), error, None))

    def get(self, *, timeout: Timeout = None) -> Any:
        """The answer; raises what ``RouterRef.ask`` raises.

        A timeout withdraws an order that has not left.
        """
        timeout = _seconds(timeout)
        if self._ref is None:
            return super().get(timeout=timeout)
        return self.wait(self._ref, timeout)

    def wait(self, ref: RouterRef, timeout: float | None) -> Any:
        """``get``, for ``ref``, the one that is asked, and a number of seconds."""
        try:
            return self._outcome(ref, timeout)
        except pykka.Timeout as error:
            if isinstance(error, TellwireError):
                raise
        except BaseException:
            self.give_up()
            raise
        return self._late_outcome(ref)

    def give_up(self) -> None:
        """The caller waits no longer: an order that has not left is withdrawn. Anything else goes on, since
        its effect may be wanted all the same; the deadline ends it."""
        if self._ref is None or self._reply.given or self._given_up or not self._ask:
            return
        if isinstance(self._command, OrderCommand):
            self._given_up = True
            self._ref.give_up(self._ask)

    def _outcome(self, ref: RouterRef, timeout: float | None) -> Any:
        try:
            return self._reply.get(timeout=timeout)
        except pykka.ActorDeadError:  # the router ended before it handled the message
            raise never_handled(self._command, ref.ended, self._order) from None

    def _late_outcome(self, ref: RouterRef) -> Any:
        """The timeout has passed: what the router says to that, for it alone knows what has left."""
        self.give_up()
        if not isinstance(self._command, OrderCommand) and ref.now() < self._expires_at:
            raise RequestTimeout("no answer within the timeout")  # of a look at a future that waits on
        try:
            return self._outcome(ref, GRACE)
        except pykka.Timeout as error:
            if isinstance(error, TellwireError):
                raise
        raise _unanswered(self._command, self._order)
