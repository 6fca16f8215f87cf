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

from loguru import logger

from actors.engine.timers import Called, Timer, Trigger, Watch
from actors.engine.waker import SelectorWaker, Waker

Clock = Callable[[], float]

TURN: Final = 64
"""Messages of one inbox before the next has its turn: enough for the batcher to see who comes together."""

MESSAGES_PER_LOOK: Final = 64
"""Whoever is busy looks at the descriptors at least once in so many messages."""

FEW_TIMERS: Final = 64
"""From so many on, cancelled ones are swept out; most are deadlines of what was answered in time."""

LONGEST_WAIT: Final = 3600.0
"""Seconds; selectors and locks refuse waits of some weeks and more, so a far timer is waited for in parts."""


class Served(Called, Protocol):
    """An inbox, as its dispatcher sees it."""

    def serve(self, most: int) -> None:
        """Handle up to ``most`` messages, and ask for another turn if there are more."""


class _Rest:
    """A watch that is left alone for a while; a timer calls when that is over."""

    def __init__(self, dispatcher: "Dispatcher", watch: Watch) -> None:
        self._dispatcher = dispatcher
        self._watch = watch

    def call(self, _: Trigger, /) -> None:
        if not self._watch.cancelled:
            self._dispatcher.resume(self._watch)


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
        self._turns: deque[Served] = deque()
        self._timers: list[tuple[float, int, Timer]] = []
        self._many_timers = FEW_TIMERS
        self._bookings = itertools.count()
        self._bell: Waker | SelectorWaker = Waker()
        self._asleep = False
        self._handled = 0

    def adopt(self) -> None:
        """One inbox more is served: there is a thread for its turns, until it is dismissed."""
        with self._moving:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                thread.start()
                self._thread = thread
            self._served += 1

    def dismiss(self) -> None:
        """One inbox less is served."""
        with self._moving:
            self._served -= 1

    def schedule(self, inbox: Served) -> None:
        """Give ``inbox`` a turn; it asks for one at a time."""
        self._turns.append(inbox)
        if self._asleep:
            self.wake()

    def wake(self) -> None:
        """End the present wait; needed only where the clock was moved by hand."""
        try:
            self._asleep = False
        finally:  # Ctrl-C in a user's thread may fall in between, and nobody else would ring
            self._bell.ring()

    def next(self) -> Served:
        """Whose turn it is; waits until it is anybody's."""
        while not self._turns:
            self._wait()
        return self._turns.popleft()

    def book(self, inbox: Called, delay: float, message: Any, *, again: bool) -> Timer:
        """Call ``message`` in ``delay`` seconds, and then, if ``again``, every so many.

        Turns that were missed in a stall are not made up for.
        """
        timer = Timer(inbox, message, self.clock() + delay, delay if again else None)
        heapq.heappush(self._timers, self._entry(timer))
        if len(self._timers) > self._many_timers:
            self._sweep(lambda timer: timer.cancelled)
            self._many_timers = 2 * len(self._timers) + FEW_TIMERS
        return timer

    def watch(self, watch: Watch) -> None:
        """Call ``watch`` whenever its source is ready; replaces the source's former watch."""
        if not isinstance(self._bell, SelectorWaker):
            self._bell = SelectorWaker()
        self._bell.watch(watch.source, watch, writable=watch.writable)
        watch.resting = False

    def unwatch(self, watch: Watch) -> None:
        """Call it no more."""
        watch.cancel()
        if not watch.resting:
            self._rest(watch)

    def resume(self, watch: Watch) -> None:
        """Its rest is over."""
        try:
            self.watch(watch)
        except (OSError, ValueError):  # it was closed meanwhile: its owner, called, will find that out
            watch.inbox.call(watch)

    def forget(self, inbox: Served) -> None:
        """Drop the timers of ``inbox``."""
        self._sweep(lambda timer: timer.inbox is inbox)

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
        """A message is about to be handled; every so often, descriptors get their chance first."""
        self._handled += 1
        if self._handled >= MESSAGES_PER_LOOK:
            self._look(0)

    def _run(self) -> None:
        while True:
            try:
                self.next().serve(TURN)
            except Exception as error:  # noqa: BLE001  # whatever it is, the others have no other thread
                logger.opt(exception=error).critical("{} goes on after a fault of its own", self._name)
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
        bell, self._bell = self._bell, Waker()
        bell.close()

    def _wait(self) -> None:
        # A sender asks for a turn and then looks at the flag; the flag goes up before the turns are looked at
        # once more. So either the sender sees the flag and rings, or its turn is seen here.
        self._asleep = True
        if not self._turns:
            timeout = LONGEST_WAIT
            if self._timers:
                timeout = min(timeout, max(0.0, self._timers[0][0] - self.clock()))
            self._look(timeout)
        self._asleep = False
        self.call_due()

    def _look(self, timeout: float) -> None:
        self._handled = 0
        ready = self._bell.wait(timeout)
        self._asleep = False  # before anybody is called: our own calls need not ring
        for watch in ready:
            if watch.gap:
                self._call_with_gaps(watch)
            else:
                watch.inbox.call(watch)

    def _call_with_gaps(self, watch: Watch) -> None:
        """Under load its source is left alone between two calls: so there is one wake-up for each gap, and
        not one for each time that something comes. What comes seldom costs no timer."""
        now = self.clock()
        if now >= watch.earliest:
            watch.inbox.call(watch)
            seldom = now >= watch.earliest + watch.gap
            watch.earliest = now + watch.gap
            if seldom:
                return
        self._rest(watch)
        self.book(_Rest(self, watch), watch.earliest - now, None, again=False)

    def _rest(self, watch: Watch) -> None:
        assert isinstance(self._bell, SelectorWaker)
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
        return timer.due, next(self._bookings), timer

    def _sweep(self, unwanted: Callable[[Timer], bool]) -> None:
        self._timers = [entry for entry in self._timers if not unwanted(entry[2])]
        heapq.heapify(self._timers)
