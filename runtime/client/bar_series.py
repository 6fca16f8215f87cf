"""The bars that a program iterates, whichever way: what it gets of a series, and when that ends."""

import threading
from collections import Counter
from collections.abc import Callable

from actors.messages.bar_events import BarClosed, BarForming
from actors.messages.commands import SubscribeCandles
from actors.values import BarSeries


class BarSequence:
    """The closed bars of history first, then what is told of the series: each closed bar once, but for
    corrections."""

    def __init__(self, command: SubscribeCandles) -> None:
        self._command = command
        self._past = 0
        self._known = -1

    def begin(self, answer: BarSeries) -> list[BarClosed]:
        """The bars of history, which are to be iterated before all others."""
        command, history = self._command, answer.history
        series = f"{command.asset}.{command.name}"
        self._past = len(history)
        self._known = history[-1].time if history else -1
        return [
            BarClosed(command.asset, series, candle, float(candle.time + command.period))
            for candle in history
        ]

    def takes(self, bar: BarForming | BarClosed) -> bool:
        """Whether the next bar is to be given; false for one that history has had."""
        if self._past:
            self._past -= 1
            return True
        return isinstance(bar, BarForming) or bar.revision > 0 or bar.candle.time > self._known


class IteratedSeries:
    """How many iterations of each series go on in a program, which owns a series once. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def begin(self, topic: str) -> None:
        with self._lock:
            self._counts[topic] += 1

    def end(self, topic: str, release: Callable[[], object]) -> None:
        """Calls ``release`` if it was the last one."""
        with self._lock:  # so that a next one asks for the series after it was released
            self._counts[topic] -= 1
            if not self._counts[topic]:
                release()
