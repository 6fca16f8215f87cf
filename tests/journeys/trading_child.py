"""A trader in a process of its own, to be killed: ``python trading_child.py AMOUNT... < CONFIG``.

It places an order of each amount for ``DURATION`` seconds without waiting, with the id ``signal-AMOUNT``, and
keeps running.
"""

import sys
import threading
from decimal import Decimal

from actors.messages import Direction, GetOpenedDeals, PlaceOrder
from runtime import Runtime
from runtime.config import Config

DURATION = 2

if __name__ == "__main__":
    config = Config.model_validate_json(sys.stdin.read())
    with Runtime(config) as runtime:
        runtime.router.ask(GetOpenedDeals(), timeout=5)
        for amount in sys.argv[1:]:
            runtime.router.tell(
                PlaceOrder("EURUSD_otc", Decimal(amount), Direction.CALL, DURATION, id=f"signal-{amount}")
            )
        threading.Event().wait(60)
