"""An actor's inbox: told messages, file descriptors and delayed messages, all waited for in one place.

So an actor is one thread without locks: it reads its own sockets, and nothing in it sleeps or polls.
"""

import contextlib
import heapq
import itertools
import math
import queue
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

from pykka._envelope import Envelope
from pykka.messages import _ActorStop

from actors.messages.commands import Halt
from actors.messages.control import Control

Clock = Callable[[], float]


class Bound(NamedTuple):
    """A fuller inbox than ``capacity`` hands the told messages that wait to ``squeeze``, which returns
    what is to be kept of them; asks are kept, behind them."""

    capacity: int
    squeeze: Callable[[list[Any]], list[Any]]


OVERTAKING: Final = (Control, Halt, _ActorStop)

TOLD_PER_POLL: Final = 64
"""A busy inbox looks at its descriptors at least once in so many told messages."""


LONGEST_WAIT: Final = 3600.0
"""Seconds; selectors and locks refuse waits of some weeks and more, so a far timer is waited for in parts."""


class HasFileno(Protocol):
    """What a selector can watch."""

    def fileno(self) -> int: ...


class Timer:
    """A booked message; ``cancel`` takes it back, and is no error once it was delivered."""

    __slots__ = ("cancelled", "due", "interval", "last_error", "last_run", "message", "order")

    def __init__(self, due: float, order: int, message: Any, interval: float | None) -> None:
        self.due = due
        self.order = order
        self.message = message
        self.interval = interval
        self.cancelled = False
        self.last_run: float | None = None
        self.last_error = ""

    def cancel(self) -> None:
        self.cancelled = True

    def __lt__(self, other: "Timer") -> bool:
        return (self.due, self.order) < (other.due, other.order)


class _Bell:
    """Wakes a thread that waits for nothing but messages: no descriptor, no system call to ring."""

    def __init__(self) -> None:
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ring(self) -> None:
        self._rings.put(None)

    def wait(self, timeout: float) -> list[Any]:
        with contextlib.suppress(queue.Empty):
            self._rings.get(timeout=timeout)
        return []

    def close(self) -> None:
        """Nothing is held."""


class _SelectorBell:
    """Wakes a thread that waits for descriptors too, through a socket pair of its own."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._ringer, self._bell = socket.socketpair()
        self._ringer.setblocking(False)
        self._bell.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, None)

    def watch(self, source: HasFileno, message: Any, events: int) -> None:
        try:
            self._selector.modify(source, events, message)
        except KeyError:
            self._selector.register(source, events, message)

    def unwatch(self, source: HasFileno) -> None:
        with contextlib.suppress(KeyError):  # never watched
            self._selector.unregister(source)

    def ring(self) -> None:
        try:
            self._ringer.send(b"\0")
        except (BlockingIOError, OSError):
            return  # full: it is ringing already; closed: nobody is left to wake

    def wait(self, timeout: float) -> list[Any]:
        ready = [key.data for key, _ in self._selector.select(timeout)]
        if None in ready:
            ready.remove(None)
            self._bell.recv(4096)
        return ready

    def close(self) -> None:
        self._selector.close()
        self._ringer.close()
        self._bell.close()


class Inbox:
    """Implements pykka's inbox protocol; ``put``, ``empty`` and ``wake`` are safe from any thread,
    all else belongs to the actor's own thread.

    Order: control messages, then due timers, then descriptors and told messages in turn.
    """

    def __init__(self, clock: Clock = time.monotonic, bound: Bound | None = None) -> None:
        self._clock = clock
        self._bound = bound
        self._squeezing = threading.Lock()
        self._urgent: deque[Envelope[Any]] = deque()
        self._told: deque[Envelope[Any]] = deque()
        self._ready: deque[Any] = deque()
        self._timers: list[Timer] = []
        self._orders = itertools.count()
        self._bell: _Bell | _SelectorBell = _Bell()
        self._asleep = False
        self._served = 0
        self.current: Envelope[Any] | None = None

    def __len__(self) -> int:
        return len(self._urgent) + len(self._told)

    def put(self, envelope: Envelope[Any], /) -> None:
        """Queue ``envelope``; never blocks."""
        if isinstance(envelope.message, OVERTAKING):
            self._urgent.append(envelope)
        else:
            self._queue(envelope)
        if self._asleep:
            self.wake()

    def wake(self) -> None:
        """End the present wait; needed only where the clock was moved by hand."""
        self._asleep = False
        self._bell.ring()

    def empty(self) -> bool:
        """Whether no told message waits; descriptors and timers do not count."""
        return not self._told and not self._urgent

    def get(self) -> Envelope[Any]:
        """The next envelope; blocks until there is one."""
        while (envelope := self._next()) is None:
            self._wait()
        self.current = envelope
        return envelope

    def after(self, delay: float, message: Any) -> Timer:
        """Deliver ``message`` once, ``delay`` seconds from now."""
        return self._book(Timer(self._clock() + delay, next(self._orders), message, None))

    def every(self, interval: float, message: Any) -> Timer:
        """Deliver ``message`` every ``interval`` seconds; turns missed in a stall are not made up for."""
        return self._book(Timer(self._clock() + interval, next(self._orders), message, interval))

    def periodic(self) -> list[Timer]:
        """The messages that are delivered again and again."""
        return [timer for timer in self._timers if timer.interval is not None and not timer.cancelled]

    def watch(self, source: HasFileno, message: Any, *, writable: bool = False) -> None:
        """Deliver ``message`` whenever ``source`` can be read (with ``writable``, or written)."""
        if not isinstance(self._bell, _SelectorBell):
            self._bell = _SelectorBell()
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writable else 0)
        self._bell.watch(source, message, events)

    def unwatch(self, source: HasFileno) -> None:
        """Stop watching; call it before ``source`` is closed."""
        if isinstance(self._bell, _SelectorBell):
            self._bell.unwatch(source)
        self._ready.clear()  # what else is ready is still so at the next look

    def close(self) -> list[Any]:
        """Let go of timers and descriptors; returns the told messages that nobody will handle.

        Envelopes that wait for a reply stay: pykka answers them when the actor ends.
        """
        self._timers.clear()
        self._ready.clear()
        self._bell.close()
        self._bell = _Bell()
        with self._squeezing:
            left = [*self._urgent, *self._told]
            self._urgent.clear()
            self._told.clear()
            self._told.extend(envelope for envelope in left if envelope.reply_to is not None)
        return [envelope.message for envelope in left if envelope.reply_to is None]

    def _book(self, timer: Timer) -> Timer:
        heapq.heappush(self._timers, timer)
        return timer

    def _next(self) -> Envelope[Any] | None:
        if self._urgent:
            return self._urgent.popleft()
        while self._timers and (self._timers[0].cancelled or self._timers[0].due <= self._clock()):
            if not (timer := self._take_first()).cancelled:
                return Envelope(timer.message)
        if self._ready:
            return Envelope(self._ready.popleft())
        if self._served >= TOLD_PER_POLL and isinstance(self._bell, _SelectorBell):
            self._served = 0
            self._ready.extend(self._bell.wait(0))
            if self._ready:
                return Envelope(self._ready.popleft())
        try:
            envelope = self._told.popleft()
        except IndexError:
            return None
        self._served += 1
        return envelope

    def _take_first(self) -> Timer:
        timer = self._timers[0]
        if timer.interval is None or timer.cancelled:
            heapq.heappop(self._timers)
        else:
            now = timer.last_run = self._clock()
            timer.due += timer.interval * max(1, math.ceil((now - timer.due) / timer.interval))
            if timer.due <= now:
                timer.due += timer.interval  # rounded down to this very instant
            heapq.heapreplace(self._timers, timer)
        return timer

    def _wait(self) -> None:
        # A sender appends and then looks at the flag; the flag goes up before the queues are looked at
        # once more. So either the sender sees the flag and rings, or the message is seen here.
        self._asleep = True
        if self._told or self._urgent:
            self._asleep = False
            return
        timeout = LONGEST_WAIT
        if self._timers:
            timeout = min(timeout, max(0.0, self._timers[0].due - self._clock()))
        self._ready.extend(self._bell.wait(timeout))
        self._asleep = False
        self._served = 0

    def _queue(self, envelope: Envelope[Any]) -> None:
        if self._bound is None:
            self._told.append(envelope)
            return
        with self._squeezing:  # nobody's message may slip in front of those that are being squeezed
            self._told.append(envelope)
            if len(self._told) > self._bound.capacity:
                self._make_room(self._bound)

    def _make_room(self, bound: Bound) -> None:
        waiting = []
        with contextlib.suppress(IndexError):  # also when the actor takes the last one
            while True:
                waiting.append(self._told.popleft())
        asked = [envelope for envelope in waiting if envelope.reply_to is not None]
        told = [envelope.message for envelope in waiting if envelope.reply_to is None]
        kept = [*(Envelope(message) for message in bound.squeeze(told)), *asked]
        self._told.extendleft(reversed(kept))
