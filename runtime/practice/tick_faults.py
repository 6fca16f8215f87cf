"""What can go wrong with ticks on their way."""

import enum

from runtime.practice.plan import Plan
from runtime.practice.quotes import Quote


class TickFault(enum.Enum):
    """A tick is sent twice, or only after the next one of its asset."""

    DUPLICATE = "duplicate"
    REORDER = "reorder"


class TickFaults:
    """Holds the ticks that are late."""

    def __init__(self) -> None:
        self.plan: Plan[TickFault] = Plan()
        self._late: dict[str, Quote] = {}

    def apply(self, symbol: str, quote: Quote) -> tuple[Quote, ...]:
        """What is to be sent, now that ``quote`` is due."""
        late = self._late.pop(symbol, None)
        if late is not None:
            return quote, late
        match self.plan.take():
            case None:
                return (quote,)
            case TickFault.DUPLICATE:
                return quote, quote
            case TickFault.REORDER:
                self._late[symbol] = quote
                return ()
