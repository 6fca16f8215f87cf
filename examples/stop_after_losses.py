"""Halt all orders of the account after a row of losses, whichever program placed them."""

import itertools
import queue

from tellwire import Halt, OrderClosed, Outcome, Runtime, Subscribe

ROW = 3
PATIENCE = 3600.0


def main() -> None:
    closed: queue.Queue[OrderClosed] = queue.Queue()
    outcomes: dict[str, Outcome | None] = {}  # by the id of the deal, in the order in which they closed
    losses = 0
    with Runtime.from_yaml("tellwire.yaml") as rt:
        rt.router.ask(Subscribe("order.closed", to=closed.put), timeout=10)
        while losses < ROW:
            try:
                deal = closed.get(timeout=PATIENCE).deal
            except queue.Empty:
                print("no deal for a long time")
                return
            outcomes[deal.id] = deal.outcome  # a deal comes again if the venue corrects its result
            latest = reversed(outcomes.values())
            losses = sum(1 for _ in itertools.takewhile(lambda each: each is Outcome.LOSS, latest))
            print(deal.outcome, deal.profit, f"{losses} in a row")
        # It stays halted after a restart too; ``tellwire ctl FILE resume`` lifts it.
        rt.router.ask(Halt(f"{ROW} losses in a row"), timeout=10)
        print("halted")


if __name__ == "__main__":
    main()
