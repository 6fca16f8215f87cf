"""A thread that actors run in, alone or together: it serves their inboxes in turn, and waits for all of them.

Actors that share a dispatcher wake nobody when they tell one another something: a request that passes four
of them costs one wake-up (12 to 33 µs each), not four. Whoever may block, on a disk or in a user's code, has
one to itself.
"""

import heapq
import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

from actors.bells import Bell, HasFileno, SelectorBell

Clock = Callable[[], float]

TURN: Final = 64
"""Messages of one inbox before the next has its turn: enough for the batcher to see who comes together."""

MESSAGES_PER_LOOK: Final = 64
"""Whoever is busy looks at the descriptors at least once in so many messages."""

LONGEST_WAIT: Final = 3600.0
"""Seconds; selectors and locks refuse waits of some weeks and more, so a far timer is waited for in parts."""


class Called(Protocol):
    """Whoever books timers."""

    def call(self, signal: "Signal", /) -> None:
        """``signal`` is due, or ready: it is to be delivered."""


class Served(Called, Protocol):
    """An inbox, as its dispatcher sees it."""

    def serve(self, most: int) -> None:
        """Handle up to ``most`` messages, and ask for another turn if there are more."""


class Signal:
    """A message that an inbox gets without having been told it; ``cancel`` takes it back until then."""

    __slots__ = ("called", "cancelled", "inbox", "message")

    def __init__(self, inbox: Called, message: Any) -> None:
        self.inbox = inbox
        self.message = message
        self.called = False
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Watch(Signal):
    """The message that says that ``source`` can be read (with ``writable``, or written).

    With a ``gap`` it comes at once after a pause, but not within so many seconds of the last time.
    """

    __slots__ = ("earliest", "gap", "resting", "source", "writable")

    def __init__(self, inbox: Called, message: Any, source: HasFileno, *, writable: bool, gap: float) -> None:
        super().__init__(inbox, message)
        self.source = source
        self.writable = writable
        self.gap = gap
        self.earliest = -math.inf
        self.resting = False


class Timer(Signal):
    """A booked message; to cancel it is no error once it was delivered."""

    __slots__ = ("due", "interval", "last_error", "last_run")

    def __init__(self, inbox: Called, message: Any, due: float, interval: float | None) -> None:
        super().__init__(inbox, message)
        self.due = due
        self.interval = interval
        self.last_run: float | None = None
        self.last_error = ""


class Dispatcher:
    """Its thread, called ``name``, lives as long as any inbox is served, and is a daemon.

    ``adopt``, ``dismiss``, ``schedule`` and ``wake`` are safe from any thread; all else belongs to its own.
    """

    def __init__(self, clock: Clock = time.monotonic, name: str = "dispatcher") -> None:
        self.clock = clock
        self._name = name
        self._served = 0
        self._thread: threading.Thread | None = None
        self._moving = threading.Lock()
        self._scheduled: deque[Served] = deque()
        self._timers: list[tuple[float, int, Timer]] = []
        self._orders = itertools.count()
        self._bell: Bell | SelectorBell = Bell()
        self._asleep = False
        self._handled = 0

    def adopt(self, inbox: Served) -> None:
        """Serve ``inbox`` until it is dismissed."""
        with self._moving:
            self._served += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
        self.schedule(inbox)

    def dismiss(self) -> None:
        """One inbox less is served."""
        with self._moving:
            self._served -= 1

    def schedule(self, inbox: Served) -> None:
        """Give ``inbox`` a turn; it asks for one at a time."""
        self._scheduled.append(inbox)
        if self._asleep:
            self.wake()

    def wake(self) -> None:
        """End the present wait; needed only where the clock was moved by hand."""
        self._asleep = False
        self._bell.ring()

    def next(self) -> Served:
        """Whose turn it is; waits until it is anybody's."""
        while not self._scheduled:
            self._wait()
        return self._scheduled.popleft()

    def book(self, inbox: Called, delay: float, message: Any, *, again: bool) -> Timer:
        """Call ``message`` in ``delay`` seconds, and then, if ``again``, every so many.

        Turns that were missed in a stall are not made up for.
        """
        timer = Timer(inbox, message, self.clock() + delay, delay if again else None)
        heapq.heappush(self._timers, self._entry(timer))
        return timer

    def watch(self, watch: Watch) -> None:
        """Call ``watch`` whenever its source is ready; replaces the source's former watch."""
        if not isinstance(self._bell, SelectorBell):
            self._bell = SelectorBell()
        self._bell.watch(watch.source, watch, writable=watch.writable)
        watch.resting = False

    def unwatch(self, watch: Watch) -> None:
        """Call it no more."""
        watch.cancel()
        if not watch.resting:
            self._rest(watch)

    def call(self, signal: Signal, /) -> None:
        """The rest of a watch is over, which is the message of a timer of our own."""
        if not signal.message.cancelled:
            self.watch(signal.message)

    def forget(self, inbox: Served) -> None:
        """Drop the timers of ``inbox``."""
        self._timers = [entry for entry in self._timers if entry[2].inbox is not inbox]
        heapq.heapify(self._timers)

    def call_due(self) -> None:
        """Call the timers that are due."""
        while self._timers:
            due, _, timer = self._timers[0]
            if timer.cancelled:
                heapq.heappop(self._timers)
            elif due <= self.clock():
                self._call_first()
            else:
                return

    def count(self) -> None:
        """A told message was handled; every so often, descriptors get their chance."""
        self._handled += 1
        if self._handled >= MESSAGES_PER_LOOK:
            self._look(0)

    def _run(self) -> None:
        while True:
            self.next().serve(TURN)
            if not self._served and self._is_over():
                return

    def _is_over(self) -> bool:
        with self._moving:
            if self._served:
                return False  # one was adopted in this very moment
            self._thread = None
            self.close()
            return True

    def close(self) -> None:
        """Let go of the descriptors that waiting takes."""
        bell, self._bell = self._bell, Bell()
        bell.close()

    def _wait(self) -> None:
        # A sender schedules and then looks at the flag; the flag goes up before the schedule is looked at
        # once more. So either the sender sees the flag and rings, or the message is seen here.
        self._asleep = True
        if not self._scheduled:
            timeout = LONGEST_WAIT
            if self._timers:
                timeout = min(timeout, max(0.0, self._timers[0][0] - self.clock()))
            self._look(timeout)
        self._asleep = False
        self.call_due()

    def _look(self, timeout: float) -> None:
        self._handled = 0
        for watch in self._bell.wait(timeout):
            if watch.gap:
                self._call_with_gaps(watch)
            else:
                watch.inbox.call(watch)

    def _call_with_gaps(self, watch: Watch) -> None:
        """Under load its source is left alone between two calls: so there is one wake-up for each gap, and
        not one for each time that something comes."""
        now = self.clock()
        if now >= watch.earliest:
            watch.inbox.call(watch)
            seldom = now >= watch.earliest + watch.gap
            watch.earliest = now + watch.gap
            if seldom:
                return
        self._rest(watch)
        self.book(self, watch.earliest - now, watch, again=False)

    def _rest(self, watch: Watch) -> None:
        assert isinstance(self._bell, SelectorBell)
        self._bell.unwatch(watch.source)
        watch.resting = True

    def _call_first(self) -> None:
        timer = self._timers[0][2]
        if timer.interval is None:
            heapq.heappop(self._timers)
        else:
            now = timer.last_run = self.clock()
            timer.due += timer.interval * max(1, math.ceil((now - timer.due) / timer.interval))
            if timer.due <= now:
                timer.due += timer.interval  # rounded down to this very instant
            heapq.heapreplace(self._timers, self._entry(timer))
        timer.inbox.call(timer)

    def _entry(self, timer: Timer) -> tuple[float, int, Timer]:
        """What is due together comes in the order of booking, and the heap compares no more than numbers."""
        return timer.due, next(self._orders), timer
