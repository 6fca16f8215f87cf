"""Bars for an ``async for``: those of history first, then as they form."""

from collections.abc import Sequence
from typing import Any

from actors.messages.bar_events import BarClosed, BarForming
from actors.messages.commands import SubscribeCandles
from actors.values import Candle
from runtime.aio.event_stream import EventStream
from runtime.client.bar_series import BarSequence


class BarStream(EventStream[BarForming | BarClosed]):
    """The bars of one series. ``closed`` of a bar tells the two kinds apart.

    First come the bars of history that were asked for, closed ones, then what is told of the series, each
    closed bar once but for corrections. The series goes on until the last such stream of this program is
    closed.
    """

    history: Sequence[Candle] = ()
    """The closed bars before the live ones, the oldest first, once ``begin`` has returned."""

    def __init__(self, command: SubscribeCandles, *args: Any) -> None:
        self._sequence = BarSequence(command)
        super().__init__(*args)

    async def begin(self) -> None:
        answer: Any = self._subscribed
        await super().begin()
        if answer is None or answer.exception() is not None:
            return
        self.history = answer.result().history
        self._events.extend(self._sequence.begin(answer.result()))

    async def __anext__(self) -> BarForming | BarClosed:
        while True:
            bar = await super().__anext__()
            if self._sequence.takes(bar):
                return bar
