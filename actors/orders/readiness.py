"""What has to be known before an order can be checked, and the requests that are held back until then."""

from actors.errors import NotSent, RequestTimeout
from actors.messages.commands import OrderCommand, PlaceOrder, PlacePendingOrder
from actors.messages.events import AssetsListed, BalanceChanged, DealsClosed, Event
from actors.messages.orders import TradingRequest
from actors.orders.waiters import STOPPED_UNSENT, WaiterAnswer, given_back
from actors.values import Asset, Balance


class Readiness:
    """The venue's assets and the account's balance; ``complete`` once every required event has come."""

    def __init__(self, required: frozenset[type[Event]]) -> None:
        """``required`` are the events that the venue sends after a login, each at least once."""
        self.assets: dict[str, Asset] = {}
        self.balance: Balance | None = None
        self._missing = set(required)
        self._held_back: dict[int, TradingRequest] = {}

    def __repr__(self) -> str:
        missing = ", ".join(sorted(kind.__name__ for kind in self._missing))
        state = f"waits for {missing}" if missing else "complete"
        return f"<Readiness: {state}, {len(self._held_back)} held back>"

    @property
    def complete(self) -> bool:
        return not self._missing

    def apply(self, event: Event) -> list[TradingRequest]:
        """Note the event; answers with the requests held back if it completes what is required."""
        match event:
            case AssetsListed(assets=assets):
                self.assets = {asset.symbol: asset for asset in assets}
            case BalanceChanged(balance=balance):
                self.balance = balance
            case DealsClosed(listed=False):
                return []  # deals that just ended; the list of the closed ones is still to come
        self._missing.discard(type(event))
        return [] if self._missing else self._release()

    def hold_back(self, request: TradingRequest) -> None:
        self._held_back[request.id] = request

    def give_back(self, waiter: int, reason: str) -> list[WaiterAnswer]:
        """The error for the request, if it was held back; it is no more."""
        request = self._held_back.pop(waiter, None)
        if request is None:
            return []
        if isinstance(request.command, OrderCommand):
            return [given_back(request, self._held_back.values(), reason)]
        return [(waiter, RequestTimeout(reason))]

    def take_orders(self) -> list[TradingRequest]:
        """The orders among the requests held back; they are no more."""
        orders = [
            request
            for request in self._held_back.values()
            if isinstance(request.command, PlaceOrder | PlacePendingOrder)
        ]
        for request in orders:
            del self._held_back[request.id]
        return orders

    def unanswered(self) -> list[WaiterAnswer]:
        """The errors for the orders held back when the runtime stops."""
        return [(request.id, NotSent(STOPPED_UNSENT)) for request in self.take_orders()]

    def _release(self) -> list[TradingRequest]:
        held_back, self._held_back = self._held_back, {}
        return list(held_back.values())
