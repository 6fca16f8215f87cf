"""How far the venue's clock is ahead of ours, estimated from the stamps of its ticks."""

from collections import deque

WINDOW = 60.0
"""Seconds over which the least delay is taken: two clocks drift apart by less than 10 ms in that time."""

STEP = 2.0
"""Seconds. No two network paths differ by as much, so a clock was set or a stamp is wrong."""

AGREEING_REPORTS = 3
"""Reports in a row that must agree on a step, because a single tick may bear a wrong stamp."""


class _Delays:
    """The least delay of each recent report of one connection."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, float]] = deque()
        self._outliers: list[float] = []

    def add(self, delay: float, now: float) -> None:
        least = self.least(now)
        if least is None or abs(delay - least) <= STEP:
            self._outliers.clear()
        else:
            self._outliers = [other for other in self._outliers if abs(delay - other) <= STEP] + [delay]
            if len(self._outliers) < AGREEING_REPORTS:
                return
            self._kept.clear()
            self._outliers.clear()
        self._kept.append((now, delay))

    def least(self, now: float) -> float | None:
        while self._kept and self._kept[0][0] < now - WINDOW:
            self._kept.popleft()
        return min((delay for _, delay in self._kept), default=None)


class VenueClock:
    """Estimates the offset from the least delays of all connections; ``now`` is monotonic.

    A delay is our clock at the receipt minus the venue's stamp, so it contains the network delay too. The
    connection with the least delay decides.
    """

    def __init__(self) -> None:
        self._connections: dict[str, _Delays] = {}

    def add(self, connection: str, delay: float, now: float) -> None:
        """``delay`` is the least delay, in seconds, of the ticks that one report covers."""
        self._connections.setdefault(connection, _Delays()).add(delay, now)

    def offset(self, now: float) -> float | None:
        """Seconds that the venue's clock is ahead of ours; ``None`` without a tick in the last ``WINDOW``."""
        least = [delays.least(now) for delays in self._connections.values()]
        return max((-delay for delay in least if delay is not None), default=None)
