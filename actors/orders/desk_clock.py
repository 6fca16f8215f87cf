"""The clocks of the order desk: one that does not step, and the venue's."""

from collections.abc import Callable
from typing import Final

from actors.orders.order import MachineTime
from actors.orders.reconciliation import Age, ClockReading
from actors.values import Deal

CLOCKS_APART: Final = 86_400.0
"""Seconds by which the wall clock of a machine may be wrong, a time zone or a date."""

READ_APART: Final = 0.001
"""Seconds that may pass between the readings of two clocks, one after the other."""


WALL_SET: Final = 0.5
"""Seconds by which the wall clock moves against ``elapsed`` only if it is set."""


class DeskClock:
    """``utc`` does not step, and stands still in a suspend if ``monotonic`` does.

    The venue's clock is measured. From then on it goes by ``elapsed``, which does not step and counts
    suspends. Where a system has no such clock, and before the first measurement, it goes by the wall clock.

    A verdict waits by ``utc``: the system's patience with the bytes of a lost connection (TCP_USER_TIMEOUT)
    stands still in a suspend too.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        wall: Callable[[], float],
        elapsed: Callable[[], float] | None = None,
        boot: str = "",
    ) -> None:
        """``boot`` names the start of the machine from which ``elapsed`` counts, ``""`` if none is known."""
        self._monotonic = monotonic
        self._wall = wall
        self._ahead = wall() - monotonic()
        self._elapsed = elapsed
        self._boot = boot
        self._slept_before = elapsed() - monotonic() if elapsed else 0.0
        self._offset: float | None = None
        self._venue_ahead = 0.0  # of ``elapsed``, as soon as it is measured
        self._wall_ahead = 0.0  # of ``elapsed``, at the last measurement
        self._reading = ClockReading()

    def __repr__(self) -> str:
        return f"<DeskClock: {self.reading()}>"

    @property
    def offset(self) -> float | None:
        """Seconds by which the venue's clock was ahead of the wall clock when that was set; ``None`` until it
        is measured."""
        return self._offset

    @offset.setter
    def offset(self, offset: float | None) -> None:
        """Where the wall clock was set since the last measurement, this one may be older: then what it showed
        before holds, by which the venue's clock has not moved."""
        if offset is not None and self._elapsed is not None:
            before, self._wall_ahead = self._wall_ahead, self._wall() - self._elapsed()
            is_set = self._offset is not None and abs(self._wall_ahead - before) > WALL_SET
            possible = [each + offset for each in (self._wall_ahead, *([before] if is_set else []))]
            self._venue_ahead = min(possible, key=lambda ahead: abs(ahead - self._venue_ahead))
        self._offset = offset

    def utc(self) -> float:
        return self._monotonic() + self._ahead

    def venue_now(self) -> float:
        """UTC by the venue's clock; by the wall clock until the venue's is measured."""
        if self._offset is None or self._elapsed is None:
            return self._wall() + (self._offset or 0.0)
        return self._elapsed() + self._venue_ahead

    def machine_time(self) -> MachineTime | None:
        """Now; ``None`` where no later process could tell how long ago it was."""
        if self._elapsed is None or not self._boot:
            return None
        return MachineTime(self._boot, self._elapsed(), self._wall(), self._offset is not None)

    def age(self, moment: MachineTime | None) -> Age | None:
        """How long ago ``moment`` was; ``None`` if that cannot be told.

        In a machine that is virtual, and was stopped as a whole, only the wall clock has gone on.
        """
        if moment is None or self._elapsed is None or moment.boot != self._boot:
            return None
        elapsed = self._elapsed() - moment.elapsed
        return Age(elapsed, max(elapsed, self._wall() - moment.wall)) if elapsed >= 0 else None

    def certainly_past(self) -> float:
        """A time (UTC) that has passed at the venue: now, or a day less while its clock is not measured."""
        return self.venue_now() - (CLOCKS_APART if self._offset is None else 0.0)

    def reading(self) -> ClockReading:
        """The very same as before while no clock has gone ahead of another by more than ``READ_APART``."""
        offset = self._offset
        if self._elapsed is None:
            suspends_ahead = self._wall() - self.utc()
        else:
            suspends_ahead = self._elapsed() - self._monotonic() - self._slept_before
            if offset is not None:
                offset = self._venue_ahead - self._ahead + self._slept_before
        last = self._reading
        if offset != last.offset or abs(suspends_ahead - last.suspends_ahead) > READ_APART:
            self._reading = last = ClockReading(suspends_ahead, offset)
        return last

    def until_end(self, deal: Deal) -> float:
        """The seconds until ``deal`` ends, by the venue's clock; at least its duration until that is
        measured."""
        left = deal.closes_at - self.venue_now()
        return left if self._offset is not None else max(left, deal.closes_at - deal.opened_at)
