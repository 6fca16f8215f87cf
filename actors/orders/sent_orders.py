"""Which request, and which life of which connection, carries each order that was sent."""

from collections.abc import Iterable

from actors.lives import Lives
from actors.messages.events import (
    ConnectionDown,
    ConnectionSuspect,
    Event,
    OrderNotPlaced,
    OrderOpened,
    OrderRefused,
    OrderSettled,
    PendingOrderPlaced,
)
from actors.messages.orders import OrderSent
from actors.values import Life


class SentOrders:
    """The orders without an outcome, by the life that carries each; a life that ends loses its orders."""

    def __init__(self) -> None:
        self._requests: dict[str, int] = {}
        self._carriers: dict[str, Life] = {}
        self._lives = Lives()

    def __repr__(self) -> str:
        carried = ", ".join(
            f"{order} on {life.connection} ({life.epoch})" for order, life in self._carriers.items()
        )
        return f"<SentOrders: {carried or 'none'}>"

    def on_way_out(self, order: str, request: int) -> None:
        """The order leaves as ``request``."""
        self._requests[order] = request

    def is_carried_by(self, order: str, request: int) -> bool:
        """Whether news of ``request`` is news of the order, and not of an earlier try of it."""
        return self._requests.get(order) == request

    def sent(self, sent: OrderSent) -> bool:
        """Note which life carries the order; ``False`` if that life is over, and the order lost with it. The
        end of a life may be known before the orders that it carried."""
        if self._lives.is_over(sent.life):
            return False
        self._carriers[sent.order] = sent.life
        return True

    def carried(self, order: str) -> bool:
        """Whether a life that stands carries it."""
        return order in self._carriers

    def down(self, down: ConnectionDown) -> list[str]:
        """The orders that the ended life carried; they are lost."""
        self._lives.down(down.life)
        lost = [order for order, carrier in self._carriers.items() if carrier == down.life]
        for order in lost:
            del self._carriers[order]
        return lost

    def suspect(self, order: str) -> list[Event]:
        """The life that still carries the order is to be replaced: only the lists of a new login can prove
        what became of it."""
        carrier = self._carriers.get(order)
        if carrier is None:
            return []
        return [ConnectionSuspect(carrier.connection, carrier.epoch, f"order {order} has no answer")]

    def forget(self, order: str) -> None:
        self._carriers.pop(order, None)
        self._requests.pop(order, None)

    def apply(self, events: Iterable[Event]) -> None:
        """Forget the orders whose outcome ``events`` of the ledger tell."""
        for event in events:
            match event:
                case (
                    OrderOpened() | OrderRefused() | OrderNotPlaced() | OrderSettled() | PendingOrderPlaced()
                ):
                    self.forget(event.order)
