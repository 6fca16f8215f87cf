"""Repeat an order safely: its id makes sure that it is sent once, whatever happens to this program."""

import time

from tellwire import AwaitResult, Deal, Direction, NotPlaced, NotSent, OrderUnknown, PlaceOrder, Runtime

SECONDS = 60
PAUSE = 1.0


def place(rt: Runtime, id: str) -> Deal:
    """The deal of the order ``id``; run the program again, and it is the same deal."""
    order = PlaceOrder("EURUSD_otc", 1, Direction.PUT, SECONDS, id=id)
    while True:
        try:
            return rt.router.ask(order, timeout=10)
        except NotPlaced:
            raise  # it had left, and came to nothing: a new try is a new order, with a new id
        except (NotSent, OrderUnknown) as error:
            print("again, with the same id:", error)
            time.sleep(PAUSE)


with Runtime.from_yaml("tellwire.yaml") as rt:
    signal = "examples-1"  # make it from what caused the order: the strategy, the asset, the bar
    first, second = place(rt, signal), place(rt, signal)
    print("one deal:", first.id == second.id)
    print(rt.router.ask(AwaitResult(first.id), timeout=SECONDS + 30).outcome)
