"""What can go wrong with ticks on their way."""

from runtime.practice.faults.board import ActiveFaults
from runtime.practice.faults.fault import Count, Fault
from runtime.practice.market.quotes import QuotedPrice


class TickFault(Fault, frozen=True, kw_only=True):
    """Happens to as many ticks as ``count`` says."""

    asset: str | None = None
    count: Count | None = 1


class Duplicate(TickFault, frozen=True, tag="duplicate"):
    """A tick is sent twice."""


class Reorder(TickFault, frozen=True, tag="reorder"):
    """A tick is sent only after the next one of its asset."""


class TickFaults:
    """Holds the ticks that are late."""

    def __init__(self, faults: ActiveFaults) -> None:
        self._faults = faults
        self._late: dict[str, QuotedPrice] = {}

    def apply(self, symbol: str, quote: QuotedPrice) -> tuple[QuotedPrice, ...]:
        """What is to be sent, now that ``quote`` is due."""
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
