"""How far the venue's clock is ahead of ours, estimated from the stamps of its ticks (protocol 1.8)."""

from collections import deque

WINDOW = 60.0
"""Seconds of which the quickest tick counts: clocks drift apart by less than 10 ms in that time."""

STEP = 2.0
"""Seconds that no way through a network takes longer than another: a clock was set, or a stamp is wrong."""

WITNESSES = 3
"""Reports in a row that must agree on a step, for one odd tick is none."""


class _Delays:
    """One connection's least delays, report by report."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, float]] = deque()
        self._strange: list[float] = []

    def add(self, delay: float, now: float) -> None:
        least = self.least(now)
        if least is None or abs(delay - least) <= STEP:
            self._strange.clear()
        else:
            self._strange = [other for other in self._strange if abs(delay - other) <= STEP] + [delay]
            if len(self._strange) < WITNESSES:
                return
            self._kept.clear()
            self._strange.clear()
        self._kept.append((now, delay))

    def least(self, now: float) -> float | None:
        while self._kept and self._kept[0][0] < now - WINDOW:
            self._kept.popleft()
        return min((delay for _, delay in self._kept), default=None)


class VenueClock:
    """Learns from each connection's least delays; ``now`` is monotonic.

    A delay is our clock at the receipt minus the venue's stamp, so it holds the way too; of all connections
    the quickest is believed.
    """

    def __init__(self) -> None:
        self._connections: dict[str, _Delays] = {}

    def heard(self, connection: str, delay: float, now: float) -> None:
        """The least delay of the ticks that one report is about, in seconds."""
        self._connections.setdefault(connection, _Delays()).add(delay, now)

    def offset(self, now: float) -> float | None:
        """Seconds that the venue's clock is ahead of ours; ``None`` without ticks of late."""
        delays = [each.least(now) for each in self._connections.values()]
        return max((-delay for delay in delays if delay is not None), default=None)
