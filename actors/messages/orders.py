"""What the desks receive from other features."""

from msgspec import Struct

from actors.messages.commands import TradingCommand
from actors.messages.control import Control
from actors.messages.life import HasLife


class TradingRequest(Struct, frozen=True):
    """A trading command of waiter ``id``. The desk answers by ``expires_at``, on the clock of the actors."""

    id: int
    command: TradingCommand
    expires_at: float


class OrderSent(HasLife, Struct, frozen=True):
    """The pool has given ``order`` to this life of a connection; from now on it may take effect."""

    order: str
    connection: str
    epoch: int


class HaltTrading(Control, frozen=True):
    """Waiter ``id`` asks that no more orders are sent. It overtakes the orders that wait in the inbox."""

    id: int
    reason: str
