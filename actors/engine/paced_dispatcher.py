"""A dispatcher whose clocks are faster than the system's, for a venue whose clock is so too."""

import time
from typing import Protocol

from actors.engine.clock import elapsed
from actors.engine.dispatcher import Dispatcher

NAME = "actors"


class VenuePace(Protocol):
    """The clock of the venue: ``speed`` times as fast as ours, but it waits for participants that do not
    keep up.

    Each participant marks it every ``step`` of its seconds, once the work that is due has been done.
    """

    speed: float
    step: float

    def seconds(self) -> float:
        """Since it was made."""

    def mark(self, participant: str) -> None:
        """``participant`` has kept up."""

    def leave(self, participant: str) -> None:
        """``participant`` ends."""


class PacedDispatcher(Dispatcher):
    """All that its actors reckon with is in seconds of ``pace``: timers, deadlines, stamps, rates.

    Its wall clock is the system's as this is made.
    """

    def __init__(self, pace: VenuePace) -> None:
        began = elapsed() - pace.seconds()
        wall = time.time() - pace.seconds()
        super().__init__(lambda: began + pace.seconds(), "all actors", lambda: wall + pace.seconds())
        self.speed = pace.speed
        self._pace = pace

    def _poll(self, timeout: float) -> None:
        self._pace.mark(NAME)
        super()._poll(min(timeout, self._pace.step) / self.speed)

    def close(self) -> None:
        super().close()
        self._pace.leave(NAME)
