"""When the ticks of an asset paused for longer than its pace explains; no I/O, no clock."""

import math
from typing import Final

from actors.health.silences import Arrivals, SilenceDetector, TickPause, pause_before
from actors.health.tick_rate import StalenessBounds
from actors.messages.ticks import Ticks
from runtime.report.recorded import SilentSpan

WINDOW: Final = 1.0
"""Seconds of ticks that are counted together, as a connection reports them."""


class AssetPauses:
    """The pauses of all assets, judged as the health monitor judges them."""

    def __init__(self, bounds: StalenessBounds) -> None:
        self._bounds = bounds
        self._assets: dict[str, _Stream] = {}
        self.silences: list[SilentSpan] = []
        self.ticks = 0

    def __repr__(self) -> str:
        return (
            f"<AssetPauses: {self.ticks} ticks of {len(self._assets)} assets, {len(self.silences)} silences>"
        )

    def take(self, ticks: Ticks) -> None:
        """Those of one read, by whatever connection they came: those of a stream that moves come twice."""
        for tick in ticks:
            stream = self._assets.get(tick.asset)
            if stream is None:
                stream = self._assets[tick.asset] = _Stream()
            if tick.time > stream.last:
                self.ticks += 1
                if stream.count and tick.time >= stream.first + WINDOW:
                    self._judge(tick.asset, stream)
                stream.add(tick.time)

    def forget(self, asset: str) -> None:
        """No tick of it is owed from now on: its stream has ended, or its market closed."""
        if (stream := self._assets.pop(asset, None)) and stream.count:
            self._judge(asset, stream)

    def forget_all(self) -> None:
        for asset in list(self._assets):
            self.forget(asset)

    def _judge(self, asset: str, stream: "_Stream") -> None:
        for pause in stream.judged(self._bounds):
            self.silences.append(SilentSpan(asset, pause.start, pause.end))


class _Stream:
    """One asset; times are the venue's."""

    def __init__(self) -> None:
        self._detector = SilenceDetector()
        self._seen_until: float | None = None
        self.first = self.last = -math.inf
        self.count = 0

    def add(self, time: float) -> None:
        if not self.count:
            self.first = time
        self.last = time
        self.count += 1

    def judged(self, bounds: StalenessBounds) -> list[TickPause]:
        """The silences that are known by now; what was counted is done with."""
        seen = self._seen_until
        pause = None if seen is None else pause_before(self.first, math.inf, seen)
        arrivals = Arrivals(self.first, self.last, self.count, math.inf)
        self._seen_until, self.count = self.last, 0
        return self._detector.judge(pause, arrivals, bounds)
