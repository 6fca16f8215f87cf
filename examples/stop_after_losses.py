"""Halt all orders of the account after a row of losses, whichever program placed them."""

import queue

from tellwire import Halt, OrderClosed, Outcome, Runtime, Subscribe

ROW = 3
PATIENCE = 3600.0


def main() -> None:
    closed: queue.Queue[OrderClosed] = queue.Queue()
    losses = 0
    with Runtime.from_yaml("tellwire.yaml") as rt:
        rt.router.ask(Subscribe("order.closed", to=closed.put), timeout=10)
        while losses < ROW:
            try:
                deal = closed.get(timeout=PATIENCE).deal
            except queue.Empty:
                print("no deal for a long time")
                return
            losses = losses + 1 if deal.outcome is Outcome.LOSS else 0
            print(deal.outcome, deal.profit, f"{losses} in a row")
        # It stays halted after a restart too; ``tellwire ctl FILE resume`` lifts it.
        rt.router.ask(Halt(f"{ROW} losses in a row"), timeout=10)
        print("halted")


if __name__ == "__main__":
    main()
