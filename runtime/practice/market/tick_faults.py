"""What the active faults make of the ticks that are due."""

from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.tick import Duplicate, Reorder, TickFault
from runtime.practice.faults.variants import BatchedTicks, WholeSeconds
from runtime.practice.market.quotes import QuotedPrice

Rows = tuple[QuotedPrice, ...]
"""The ticks of one event."""


class TickFaults:
    """Applies the faults of ticks; holds back those that are to be sent with or after later ones."""

    def __init__(self, faults: ActiveFaults) -> None:
        self._faults = faults
        self._late: dict[str, QuotedPrice] = {}
        self._batch: dict[str, Rows] = {}

    def apply(self, symbol: str, quote: QuotedPrice) -> tuple[Rows, ...]:
        """The events to send now that ``quote`` is due, in their order."""
        return tuple(
            rows
            for due in self._order(symbol, self._stamped(symbol, quote))
            if (rows := self._batched(symbol, due))
        )

    def stamped(self, symbol: str, quotes: list[QuotedPrice]) -> list[QuotedPrice]:
        """Past ticks of ``symbol``, with the times that clients see."""
        if self._faults.find(WholeSeconds, asset=symbol):
            return [quote._replace(time=int(quote.time)) for quote in quotes]
        return quotes

    def _stamped(self, symbol: str, quote: QuotedPrice) -> QuotedPrice:
        return self.stamped(symbol, [quote])[0]

    def _order(self, symbol: str, quote: QuotedPrice) -> Rows:
        late = self._late.pop(symbol, None)
        if late is not None:
            return quote, late
        match self._faults.take(TickFault, asset=symbol):
            case Duplicate():
                return quote, quote
            case Reorder():
                self._late[symbol] = quote
                return ()
            case _:
                return (quote,)

    def _batched(self, symbol: str, quote: QuotedPrice) -> Rows:
        rows = (*self._batch.pop(symbol, ()), quote)
        fault = self._faults.find(BatchedTicks, asset=symbol)
        if fault is not None and len(rows) < fault.rows:
            self._batch[symbol] = rows
            return ()
        return rows
