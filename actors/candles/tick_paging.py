"""More ticks than the venue gives for one request: page by page, backwards from the end."""

import math
from itertools import repeat
from typing import Final

from msgspec.structs import replace

from actors.messages.commands import LoadTicks
from actors.messages.ticks import TicksLoaded
from actors.tables.rows import TickList
from actors.values import Tick

MARGIN: Final = 5.0
"""Seconds that a page asks for beyond what is wanted: a tick from there shows that the page is whole."""


class TickPaging:
    """The ``found`` ticks of one ``LoadTicks``.

    ``span`` is the number of seconds that one request brings at most, ``now`` UTC by the best clock that is
    known. A venue may cut a page off at a number of ticks that it does not tell. So a page counts as whole
    only if it reaches back to what was wanted, and the next one begins at the oldest stamp of the last:
    that stamp may have had more ticks, and is loaded again.
    """

    def __init__(self, command: LoadTicks, span: float, now: float) -> None:
        end = now if command.end is None else command.end
        self._command = command
        self._span = span
        self._start = -math.inf if command.seconds is None else end - command.seconds
        self._end = end
        self._asked = 0.0
        self._pages: list[list[tuple[float, float]]] = []
        self._up_to_now = command.end is None or command.end > now

    @property
    def count(self) -> int:
        return sum(map(len, self._pages))

    @property
    def outdated(self) -> bool:
        """Whether the venue may have newer ticks by now: those up to the present were wanted, and some have
        come."""
        return self._up_to_now and bool(self._pages)

    def found(self) -> TickList:
        """The ticks so far that were wanted, oldest first."""
        rows = [row for page in reversed(self._pages) for row in page if row[0] >= self._start]
        wanted = rows[-self._command.count :] if self._command.count else rows
        if not wanted:
            return TickList()
        times, prices = zip(*wanted, strict=True)
        return TickList(map(Tick, repeat(self._command.asset), times, prices, repeat(0.0)))

    def request(self) -> LoadTicks:
        """The next page to ask for."""
        if self._command.count is None:
            wanted = self._end - self._start
        else:  # most assets have more than one tick in a second; if not, the next page is a whole one
            wanted = self._span if self._asked else float(self._command.count)
        self._asked = min(self._span, wanted + MARGIN)
        return replace(self._command, seconds=self._asked, count=None, end=self._end)

    def add(self, page: TicksLoaded) -> bool:
        """Whether another page is needed."""
        rows = [row for row in zip(page.times, page.prices, strict=True) if row[0] < self._end]
        if not rows:
            return self._add_nothing()
        oldest = rows[0][0]
        later = [row for row in rows if row[0] > oldest]
        if oldest <= self._start or (not later and self._end - self._asked <= self._start):
            self._pages.append(rows)
            return False
        self._pages.append(later or rows)
        self._end = self._pages[-1][0][0]
        return self._command.count is None or self.count < self._command.count

    @property
    def _is_widest(self) -> bool:
        return self._asked >= self._span

    def _add_nothing(self) -> bool:
        """An empty page: there may be earlier ticks, behind a pause of the market."""
        if self._command.count is not None:
            return not self._is_widest
        self._end -= self._asked
        return self._end > self._start
