"""Bars for a ``for``: those of history first, then as they form."""

import contextlib
from collections.abc import Sequence

import pykka

from actors.engine.router_ref import RouterRef
from actors.errors import RequestRefused
from actors.messages.bar_events import BarClosed, BarForming
from actors.messages.commands import SubscribeCandles, UnsubscribeCandles
from actors.values import Candle
from runtime.client.bar_series import BarSequence, IteratedSeries
from runtime.client.event_iterator import EventIterator


class BarIterator(EventIterator[BarForming | BarClosed]):
    """The bars of one series. ``closed`` of a bar tells the two kinds apart.

    First come the bars of history that were asked for, closed ones, then what is told of the series, each
    closed bar once but for corrections. The series goes on until the last such iterator of this program is
    closed. It raises as ``SubscribeCandles`` does.
    """

    history: Sequence[Candle] = ()
    """The closed bars before the live ones, the oldest first."""

    def __init__(self, command: SubscribeCandles, router: RouterRef, iterated: IteratedSeries) -> None:
        self._command = command
        self._iterated = iterated
        self._owns = False
        self._sequence = BarSequence(command)
        super().__init__(command.topic, router)
        iterated.begin(command.topic)
        self._owns = True
        try:
            answer = router.ask(command)
        except BaseException as error:
            self._close(refused=isinstance(error, RequestRefused))
            raise
        self.history = answer.history
        self._events.extend(self._sequence.begin(answer))

    def __next__(self) -> BarForming | BarClosed:
        """Waits for the next bar, without a limit."""
        while True:
            bar = super().__next__()
            if self._sequence.takes(bar):
                return bar

    def close(self) -> None:
        self._close(refused=False)

    def _close(self, *, refused: bool) -> None:
        super().close()
        owns, self._owns = self._owns, False
        if not owns:
            return
        command = self._command
        end = UnsubscribeCandles(command.asset, command.period, command.ticks, command.aligned)
        with contextlib.suppress(pykka.ActorDeadError):  # the runtime has ended
            self._iterated.end(command.topic, lambda: None if refused else self._router.tell(end))
