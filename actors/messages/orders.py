"""What the desks receive from other features."""

import math

from msgspec import Struct

from actors.messages.commands import TradingCommand
from actors.messages.control import Control
from actors.messages.life import HasLife


class TradingRequest(Struct, frozen=True):
    """A trading command of waiter ``id``. The desk answers by ``expires_at``, on the clock of the actors.

    ``waits_until`` is when the caller's own timeout passes. It is never before ``expires_at``,
    except for ``AwaitResult`` without a deadline, whose deadline only the desk knows. ``order`` is the id of
    the order that the command places, chosen by its caller or not; ``""`` if it places none.
    """

    id: int
    command: TradingCommand
    expires_at: float
    waits_until: float = math.inf
    order: str = ""


class Withdraw(Struct, frozen=True):
    """The caller of trading request ``id`` waits no longer.

    What has not left does not leave any more. The desk answers as at the deadline, as soon as it is certain
    what has left. It ``overtakes`` where many orders may wait in the inbox: a desk that does not know
    the request yet has to remember it.
    """

    id: int
    overtakes: bool = False


class OrderSent(HasLife, Struct, frozen=True):
    """The pool has given ``order`` to this life of a connection; from now on it may take effect."""

    order: str
    connection: str
    epoch: int


class HaltTrading(Control, frozen=True):
    """Waiter ``id`` asks that no more orders are sent. It overtakes the orders that wait in the inbox."""

    id: int
    reason: str
