"""How prices moved of late: samples at equal intervals, small charts of them, and the change."""

from collections import deque
from collections.abc import Mapping, Sequence

SAMPLE_EVERY = 5.0
"""Seconds between two samples of a price."""

SAMPLES = 48
"""Kept for each asset: four minutes."""

BARS = "▁▂▃▄▅▆▇█"


class Trends:
    """Samples of prices; it costs nothing between two samples, however many ticks come."""

    def __init__(self) -> None:
        self._samples: dict[str, deque[float]] = {}
        self._due = 0.0

    def sample(self, now: float, prices: Mapping[str, float]) -> None:
        """Take ``prices`` if a sample is due; ``now`` is a monotonic time."""
        if now < self._due:
            return
        late = now - self._due > SAMPLE_EVERY
        self._due = (now if late else self._due) + SAMPLE_EVERY
        for asset, price in prices.items():
            self._samples.setdefault(asset, deque(maxlen=SAMPLES)).append(price)

    def latest(self, asset: str, count: int) -> list[float]:
        """At most ``count`` samples, oldest first."""
        samples = self._samples.get(asset)
        return list(samples)[-count:] if samples and count > 0 else []

    def copy(self) -> "Trends":
        """The same samples, which stay as they are."""
        copied = Trends()
        copied._samples = {asset: samples.copy() for asset, samples in self._samples.items()}
        return copied


def sparkline(values: Sequence[float], width: int) -> str:
    """The last ``width`` of ``values`` as bars between their lowest and their highest, flush right."""
    shown = values[-width:]
    if not shown:
        return " " * width
    low, high = min(shown), max(shown)
    step = (len(BARS) - 1) / (high - low) if high > low else 0.0
    middle = 0 if step else len(BARS) // 2 - 1
    bars = "".join(BARS[round((value - low) * step) + middle] for value in shown)
    return bars.rjust(width)


def change(values: Sequence[float]) -> float | None:
    """By which part of the first value the last one is above it; ``None`` without two of them."""
    if len(values) < 2 or not values[0]:
        return None
    return values[-1] / values[0] - 1.0
