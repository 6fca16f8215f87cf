"""A trader on a machine that is suspended: ``python suspended_child.py CONFIG``, a JSON file.

It writes one line with the pids of its workers. For each line of its input, ``AMOUNT DEADLINE``, it asks for
an order and writes a line once that is answered: the amount, and "placed" or the name of the error.
"""

import sys
import threading
from pathlib import Path

import pykka

from actors.errors import RequestError
from actors.messages import Direction, GetOpenedDeals, GetStatus, PlaceOrder
from actors.messages.status import Status
from runtime import Runtime
from runtime.config import Config


def write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def report(amount: str, answer: pykka.Future[object]) -> None:
    try:
        answer.get()
    except RequestError as error:
        write(f"{amount} {type(error).__name__}")
    else:
        write(f"{amount} placed")


if __name__ == "__main__":
    config = Config.model_validate_json(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with Runtime(config) as runtime:
        runtime.router.ask(GetOpenedDeals(), timeout=5)
        status = runtime.router.ask(GetStatus(), timeout=5)
        assert isinstance(status, Status)
        write(" ".join(str(worker.pid) for worker in status.workers))
        for line in sys.stdin:
            amount, deadline = line.split()
            order = PlaceOrder(
                "EURUSD_otc",
                amount=amount,
                direction=Direction.CALL,
                duration=60,
                deadline=float(deadline),
            )
            asked = runtime.router.ask(order, block=False)
            threading.Thread(target=report, args=(amount, asked), daemon=True).start()
