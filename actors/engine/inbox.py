"""An actor's inbox: told messages, file descriptors and delayed messages, all delivered in one place.

So an actor needs no locks: it reads its own sockets, and nothing in it sleeps or polls.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pykka._envelope import Envelope
from pykka.messages import _ActorStop

from actors.engine.dispatcher import Dispatcher
from actors.engine.timers import Timer, Trigger, Watch
from actors.engine.waker import HasFileno
from actors.messages.commands import Halt
from actors.messages.control import Control

Handle = Callable[[Envelope[Any]], None]


class Overflow(NamedTuple):
    """A fuller inbox than ``capacity`` hands the told messages that wait to ``squeeze``, which returns
    what is to be kept of them; asks are kept, behind them."""

    capacity: int
    squeeze: Callable[[list[Any]], list[Any]]


OVERTAKING: Final = (Control, Halt, _ActorStop)


class Inbox:
    """Implements pykka's inbox protocol; ``put``, ``empty`` and ``wake`` are safe from any thread, all else
    belongs to the thread of ``dispatcher``.

    Order: control messages, then due timers, then descriptors and told messages in turn.
    """

    def __init__(self, dispatcher: Dispatcher, bound: Overflow | None = None) -> None:
        self._dispatcher = dispatcher
        self._bound = bound
        self._squeezing = threading.Lock()
        self._handle: Handle | None = None
        self._scheduled = False
        self._urgent: deque[Envelope[Any]] = deque()
        self._told: deque[Envelope[Any]] = deque()
        self._due: deque[Trigger] = deque()
        self._ready: deque[Trigger] = deque()
        self._repeated: list[Timer] = []
        self._watches: dict[HasFileno, Watch] = {}
        self.wake = dispatcher.wake

    def __len__(self) -> int:
        return len(self._urgent) + len(self._told)

    def open(self, handle: Handle) -> None:
        """Have each envelope handled in the dispatcher's thread from now on."""
        self._dispatcher.adopt()
        self._handle = handle
        self._schedule()

    def put(self, envelope: Envelope[Any], /) -> None:
        """Queue ``envelope``; never blocks."""
        if isinstance(envelope.message, OVERTAKING):
            self._urgent.append(envelope)
        elif self._bound is None:
            self._told.append(envelope)
        else:
            self._queue(envelope, self._bound)
        if not self._scheduled:
            self._schedule()

    def empty(self) -> bool:
        """Whether no told message waits; descriptors and timers do not count."""
        return not self._told and not self._urgent

    def get(self) -> Envelope[Any]:
        """The next envelope; blocks until there is one. Only for an inbox that nobody serves."""
        while (envelope := self._next()) is None:
            self._dispatcher.next()
            self._scheduled = False
        return envelope

    def serve(self, most: int) -> None:
        """Handle up to ``most`` envelopes; called when it was scheduled."""
        # Lowered first: who puts now, too late to be seen below, schedules once more.
        self._scheduled = False
        if self._handle is None:
            return  # not open yet
        for _ in range(most):
            if (envelope := self._next()) is None:
                return
            self._handle(envelope)
        # Somebody may have put meanwhile; who stands in line twice has two turns for each of the others'.
        if not self._scheduled:
            self._schedule()

    def call(self, signal: Trigger, /) -> None:
        """Deliver ``signal``, unless it is cancelled first; one that waits to be delivered comes once."""
        if signal.waiting:
            return
        signal.waiting = True
        (self._due if isinstance(signal, Timer) else self._ready).append(signal)
        if not self._scheduled:
            self._schedule()

    def after(self, delay: float, message: Any) -> Timer:
        """Deliver ``message`` once, ``delay`` seconds from now."""
        return self._dispatcher.book(self, delay, message, again=False)

    def every(self, interval: float, message: Any) -> Timer:
        """Deliver ``message`` every ``interval`` seconds; turns missed in a stall are not made up for."""
        timer = self._dispatcher.book(self, interval, message, again=True)
        self._repeated = [*self.periodic(), timer]
        return timer

    def periodic(self) -> list[Timer]:
        """The messages that are delivered again and again."""
        return [timer for timer in self._repeated if not timer.cancelled]

    def watch(self, source: HasFileno, message: Any, *, writable: bool = False, gap: float = 0.0) -> None:
        """Deliver ``message`` whenever ``source`` can be read (with ``writable``, or written): at once after
        a pause, and not within ``gap`` seconds of the last time."""
        watch = Watch(self, message, source, writable=writable, gap=gap)
        self._dispatcher.watch(watch)
        if (former := self._watches.get(source)) is not None:
            former.cancel()
        self._watches[source] = watch

    def unwatch(self, source: HasFileno) -> None:
        """Stop watching, if it is watched; call it before ``source`` is closed."""
        if (watch := self._watches.pop(source, None)) is not None:
            self._dispatcher.unwatch(watch)

    def close(self) -> list[Any]:
        """Let go of timers and descriptors; returns the told messages that nobody will handle.

        Envelopes that wait for a reply stay: pykka answers them when the actor ends.
        """
        self._dispatcher.forget(self)
        self._repeated.clear()
        for source in list(self._watches):
            self.unwatch(source)
        self._due.clear()
        self._ready.clear()
        with self._squeezing:
            left = [*self._urgent, *self._told]
            self._urgent.clear()
            self._told.clear()
            self._told.extend(envelope for envelope in left if envelope.reply_to is not None)
        return [envelope.message for envelope in left if envelope.reply_to is None]

    def leave(self) -> list[Envelope[Any]]:
        """The actor has ended; returns all that is left. What is put from now on is handled for as long as
        others keep the thread alive."""
        left = [*self._urgent, *self._told]
        self._urgent.clear()
        self._told.clear()
        self._dispatcher.dismiss()
        return left

    def _schedule(self) -> None:
        try:
            self._scheduled = True
            self._dispatcher.schedule(self)
        except BaseException:  # Ctrl-C in a user's thread: nobody would ask for a turn any more
            self._scheduled = False
            raise

    def _next(self) -> Envelope[Any] | None:
        self._dispatcher.count()
        if self._urgent:
            return self._urgent.popleft()
        self._dispatcher.call_due()
        for signals in (self._due, self._ready):
            while signals:
                signal = signals.popleft()
                signal.waiting = False
                if not signal.cancelled:
                    return Envelope(signal.message)
        try:
            return self._told.popleft()
        except IndexError:
            return None

    def _queue(self, envelope: Envelope[Any], bound: Overflow) -> None:
        with self._squeezing:  # nobody's message may slip in front of those that are being squeezed
            self._told.append(envelope)
            if len(self._told) > bound.capacity:
                self._make_room(bound)

    def _make_room(self, bound: Overflow) -> None:
        waiting = []
        with contextlib.suppress(IndexError):  # also when the actor takes the last one
            while True:
                waiting.append(self._told.popleft())
        asked = [envelope for envelope in waiting if envelope.reply_to is not None]
        told = [envelope.message for envelope in waiting if envelope.reply_to is None]
        kept = [*(Envelope(message) for message in bound.squeeze(told)), *asked]
        self._told.extendleft(reversed(kept))
