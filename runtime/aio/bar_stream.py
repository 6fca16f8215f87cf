"""Bars for an ``async for``: those of history first, then as they form."""

from typing import Any

from actors.messages.bar_events import BarClosed, BarForming
from actors.messages.commands import SubscribeCandles
from runtime.aio.event_stream import EventStream


class BarStream(EventStream[BarForming | BarClosed]):
    """The bars of one series. ``closed`` of a bar tells the two kinds apart.

    First come the bars of history that were asked for, closed ones, then what is told of the series, each
    closed bar once but for corrections. The series goes on until the last such stream of this program is
    closed.
    """

    def __init__(self, command: SubscribeCandles, *args: Any) -> None:
        self._command = command
        self._past = 0
        self._known = -1
        super().__init__(*args)

    async def begin(self) -> None:
        answer: Any = self._subscribed
        await super().begin()
        if answer is None or answer.exception() is not None:
            return
        command, history = self._command, answer.result().history
        series = f"{command.asset}.{command.name}"
        for candle in history:
            self._events.append(BarClosed(command.asset, series, candle, float(candle.time + command.period)))
        self._past = len(history)
        self._known = history[-1].time if history else -1

    async def __anext__(self) -> BarForming | BarClosed:
        while True:
            bar = await super().__anext__()
            if self._past:
                self._past -= 1
                return bar
            if isinstance(bar, BarForming) or bar.revision or bar.candle.time > self._known:
                return bar
