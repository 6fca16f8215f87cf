"""What the active faults make of the ticks that are due."""

from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.tick import Duplicate, Reorder, TickFault
from runtime.practice.market.quotes import QuotedPrice


class TickFaults:
    """Applies the tick faults; holds back each tick that is to be sent after the next one of its asset."""

    def __init__(self, faults: ActiveFaults) -> None:
        self._faults = faults
        self._late: dict[str, QuotedPrice] = {}

    def apply(self, symbol: str, quote: QuotedPrice) -> tuple[QuotedPrice, ...]:
        """The quotes to send now that ``quote`` is due, in their order."""
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
