"""A trader in a process of its own, to be killed: ``python trading_child.py AMOUNT... < CONFIG``.

It places an order of each amount for ``DURATION`` seconds without waiting, with the id ``signal-AMOUNT``, and
keeps running. ``pending-AMOUNT`` is the id of a pending order of that amount, for ``OPENS_AT``.
"""

import sys
import threading
from decimal import Decimal

from actors.messages import Direction, GetOpenedDeals, PlaceOrder, PlacePendingOrder
from runtime import Runtime
from runtime.config import Config

DURATION = 2
OPENS_AT = 4e9
PENDING = "pending-"

if __name__ == "__main__":
    config = Config.model_validate_json(sys.stdin.read())
    with Runtime(config) as runtime:
        runtime.router.ask(GetOpenedDeals(), timeout=5)
        for amount in sys.argv[1:]:
            if amount.startswith(PENDING):
                stake = Decimal(amount.removeprefix(PENDING))
                runtime.router.tell(
                    PlacePendingOrder("EURUSD_otc", stake, Direction.CALL, 60, open_at=OPENS_AT, id=amount)
                )
                continue
            runtime.router.tell(
                PlaceOrder("EURUSD_otc", Decimal(amount), Direction.CALL, DURATION, id=f"signal-{amount}")
            )
        threading.Event().wait(60)
