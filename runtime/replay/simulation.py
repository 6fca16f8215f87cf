"""The time of a replay: one thread for all actors, and a clock that stands still while they work.

So nothing depends on how quick the machine is: the order of all messages, and every time that an actor
sees, are the same in each replay.
"""

import threading

from actors.engine.clock import elapsed
from actors.engine.dispatcher import Dispatcher


class ReplayTime:
    """The clocks of a replay; ``offset`` is that from the clock of the actors to Unix time."""

    def __init__(self, now: float, offset: float) -> None:
        self.now = now
        self.offset = offset

    def clock(self) -> float:
        return self.now

    def wall_clock(self) -> float:
        return self.now + self.offset


class SimulatedDispatcher(Dispatcher):
    """Serves nothing before ``begin``. Then its clock goes from timer to timer, ``speed`` times as fast as
    the real one, or (``None``) without a wait, until ``finish`` was called; from there on it is as quick as
    the real one."""

    def __init__(self, time: ReplayTime, speed: float | None) -> None:
        super().__init__(time.clock, "replay", time.wall_clock)
        self._time = time
        self._speed = speed
        self._begun = threading.Event()
        self._began = (0.0, 0.0)

    def begin(self) -> None:
        self._began = (elapsed(), self._time.now)
        self._begun.set()

    def finish(self) -> None:
        """Its own thread: what follows is no replay, but the end of the actors."""
        self._speed = 1.0
        self._began = (elapsed(), self._time.now)

    def _run(self) -> None:
        self._begun.wait()
        super()._run()

    def _poll(self, timeout: float) -> None:
        self._handled = 0
        if not timeout:
            return
        due = self._timers[0][0] if self._timers else None
        if self._speed is None and due is not None:
            self._time.now = max(self._time.now, due)
            self._asleep = False
            return
        speed = self._speed or 1.0
        began, then = self._began
        if due is not None:
            timeout = max(0.0, began + (due - then) / speed - elapsed())
        self._waker.wait(timeout)
        self._asleep = False
        reached = then + (elapsed() - began) * speed
        self._time.now = max(self._time.now, reached if due is None else min(reached, due))
