"""A thread that actors run in, alone or together: it serves their inboxes in turn, and waits for all of them.

Actors that share a dispatcher wake no thread when they tell one another something: a request that passes
four of them costs one wake-up (12 to 33 µs each), not four. An actor that may block, on a disk or in a user's
code, has a dispatcher of its own.
"""

import contextvars
import heapq
import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from loguru import logger

from actors.engine.clock import Clock, elapsed
from actors.engine.timers import Schedulable, Timer, Watch
from actors.engine.waker import DescriptorWaker, Waker, new_waker

TURN: Final = 64
"""Messages of one inbox before the next has its turn: enough for the batcher to see which come together."""

MESSAGES_PER_POLL: Final = 64
"""A busy thread polls the descriptors at least once in so many messages."""

FEW_TIMERS: Final = 64
"""From so many on, cancelled ones are swept out; most are deadlines of requests answered in time."""

LONGEST_WAIT: Final = 3600.0
"""Seconds; selectors and locks refuse waits of some weeks and more, so a far timer is waited for in parts."""


class _Resume(Timer):
    """The end of the pause of a watch."""

    __slots__ = ("_dispatcher", "_watch")

    def __init__(self, dispatcher: "Dispatcher", watch: Watch) -> None:
        super().__init__(watch.inbox, None, watch.earliest)
        self._dispatcher = dispatcher
        self._watch = watch

    def fire(self) -> None:
        if not self._watch.cancelled:
            self._dispatcher.resume(self._watch)


class Dispatcher:
    """Its thread, called ``name``, is a daemon and lives as long as an inbox is open.

    ``add_inbox``, ``remove_inbox``, ``schedule`` and ``wake`` are safe from any thread; all else belongs to
    its own.
    """

    speed: float = 1.0
    """How many seconds of its clocks pass in a second."""

    def __init__(
        self, clock: Clock = elapsed, name: str = "dispatcher", wall_clock: Clock = time.time
    ) -> None:
        self.clock = clock
        self.wall_clock = wall_clock
        self._name = name
        self._open_inboxes = 0
        self._thread: threading.Thread | None = None
        self._counting = threading.Lock()
        self._turns: deque[Schedulable] = deque()
        self.queue_turn = self._turns.append
        """``schedule``, for this thread only, which is awake then."""
        self._timers: list[tuple[float, int, Timer]] = []
        self._many_timers = FEW_TIMERS
        self._bookings = itertools.count()
        self._waker: Waker | DescriptorWaker = Waker()
        self._asleep = False
        self._handled = 0

    def add_inbox(self) -> None:
        """One more is open: from now on there is a thread for its turns."""
        with self._counting:
            if self._thread is None:
                # In the context of its creator, as Python 3.14 can: a log line then names the account.
                run = contextvars.copy_context().run
                thread = threading.Thread(target=run, args=(self._run,), name=self._name, daemon=True)
                thread.start()
                self._thread = thread
            self._open_inboxes += 1

    def remove_inbox(self) -> None:
        """One fewer is open; the thread ends with the last."""
        with self._counting:
            self._open_inboxes -= 1

    def schedule(self, inbox: Schedulable) -> None:
        """Give ``inbox`` a turn; it asks for one at a time."""
        self._turns.append(inbox)
        if self._asleep:
            self.wake()

    def wake(self) -> None:
        """End the present wait; besides ``schedule``, only a test that moves its clock by hand needs it."""
        try:
            self._asleep = False
        finally:  # Ctrl-C in a user's thread may come in between, and then no other sender would wake
            self._waker.wake()

    def next(self) -> Schedulable:
        """The inbox that has the next turn; waits until there is one."""
        while not self._turns:
            self._wait()
        return self._turns.popleft()

    def book(self, inbox: Schedulable, delay: float, message: Any, *, repeat: bool) -> Timer:
        """Deliver ``message`` to ``inbox`` in ``delay`` seconds, and then, with ``repeat``, every so many.

        Turns missed in a stall are not made up for.
        """
        timer = Timer(inbox, message, self.clock() + delay, delay if repeat else None)
        self._push(timer)
        if len(self._timers) > self._many_timers:
            self._drop(lambda timer: timer.cancelled)
            self._many_timers = 2 * len(self._timers) + FEW_TIMERS
        return timer

    def cancel_timers(self, inbox: Schedulable) -> None:
        """Drop all timers of ``inbox``."""
        self._drop(lambda timer: timer.inbox is inbox)

    def watch(self, watch: Watch) -> None:
        """Queue ``watch`` whenever its source is ready; replaces the source's former watch."""
        if not isinstance(self._waker, DescriptorWaker):
            self._waker = new_waker()
        self._waker.watch(watch.source, watch, writable=watch.writable)
        watch.paused = False

    def unwatch(self, watch: Watch) -> None:
        """Queue it no more."""
        watch.cancel()
        if not watch.paused:
            self._pause(watch)

    def resume(self, watch: Watch) -> None:
        """Its pause is over."""
        try:
            self.watch(watch)
        except (OSError, ValueError):  # the source was closed meanwhile; its owner notices when it reads
            watch.inbox.enqueue(watch)

    def before_message(self) -> None:
        """HOT: a message is about to be handled, and the thread has not just waited. Fires the timers that
        are due; once in so many messages, polls the descriptors."""
        self._handled += 1
        if self._handled >= MESSAGES_PER_POLL:
            self._poll(0)
        if self._timers and self._timers[0][0] <= self.clock():
            self._fire_due()

    def _fire_due(self) -> None:
        while self._timers:
            due, _, timer = self._timers[0]
            if timer.cancelled:
                heapq.heappop(self._timers)
            elif due <= self.clock():
                self._fire_first()
            else:
                return

    def close(self) -> None:
        """Release the descriptors that waiting takes."""
        waker, self._waker = self._waker, Waker()
        waker.close()

    def _run(self) -> None:
        while True:
            try:
                if self._turns:
                    self.before_message()
                else:
                    self._wait()
                if self._turns:
                    self._turns.popleft().serve(TURN)
            except Exception as error:  # noqa: BLE001  # whatever it is, the other actors have no other thread
                logger.opt(exception=error).critical(
                    "{} goes on after a fault of its own: report this with the log", self._name
                )
            if not self._open_inboxes and self._is_over():
                return

    def _is_over(self) -> bool:
        with self._counting:
            if self._open_inboxes:
                return False  # one was added in this very moment
            self._thread = None
            self.close()
            return True

    def _wait(self) -> None:
        # A sender appends a turn and then reads the flag; this thread sets the flag and then reads the turns.
        # So either the sender sees the flag and wakes this thread, or the turn is seen here.
        if self._timers and self._timers[0][2].cancelled:
            self._fire_due()  # so that no timer that was cancelled ends the wait
        self._asleep = True
        if not self._turns:
            timeout = LONGEST_WAIT
            if self._timers:
                timeout = min(timeout, max(0.0, self._timers[0][0] - self.clock()))
            self._poll(timeout)
        self._asleep = False
        if self._timers and self._timers[0][0] <= self.clock():
            self._fire_due()

    def _poll(self, timeout: float) -> None:
        self._handled = 0
        ready = self._waker.wait(timeout)
        self._asleep = False  # first of all: turns that are asked for in this thread need no wake
        for watch in ready:
            if watch.gap:
                self._enqueue_with_gap(watch)
            else:
                watch.inbox.enqueue(watch)

    def _enqueue_with_gap(self, watch: Watch) -> None:
        """Under load the source is not watched for a gap after each time, so that it wakes the thread once a
        gap and not each time that something comes. A source that is seldom ready costs no timer."""
        now = self.clock()
        if now >= watch.earliest:
            watch.inbox.enqueue(watch)
            seldom = now >= watch.earliest + watch.gap
            watch.earliest = now + watch.gap
            if seldom:
                return
        self._pause(watch)
        self._push(_Resume(self, watch))

    def _pause(self, watch: Watch) -> None:
        assert isinstance(self._waker, DescriptorWaker)
        self._waker.unwatch(watch.source)
        watch.paused = True

    def _fire_first(self) -> None:
        timer = self._timers[0][2]
        if timer.interval is None:
            heapq.heappop(self._timers)
        else:
            now = timer.last_run = self.clock()
            timer.due += timer.interval * max(1, math.ceil((now - timer.due) / timer.interval))
            if timer.due <= now:
                timer.due += timer.interval  # rounded down to this very instant
            heapq.heapreplace(self._timers, self._entry(timer))
        timer.fire()

    def _push(self, timer: Timer) -> None:
        heapq.heappush(self._timers, self._entry(timer))

    def _entry(self, timer: Timer) -> tuple[float, int, Timer]:
        """Timers due together come in the order of booking, and the heap compares no more than numbers."""
        return timer.due, next(self._bookings), timer

    def _drop(self, unwanted: Callable[[Timer], bool]) -> None:
        self._timers = [entry for entry in self._timers if not unwanted(entry[2])]
        heapq.heapify(self._timers)
