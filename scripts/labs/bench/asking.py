"""A program that asks the runtime repeatedly and reports the duration of each answer.

Standard input is one line, the brief: ``config``, ``asset`` and ``series``, each of which names the
``command``, how many (``count``) and the ``pause`` before each, in seconds; standard output is one line, for
each series the seconds that each ask took, and those of this process's CPU that an ask took on average.
"""

import json
import sys
import time
from collections.abc import Callable
from decimal import Decimal

from loguru import logger

from actors.messages import Command, Direction, LoadCandles, PlaceOrder, SendRaw
from runtime.runtime import Runtime  # where earlier versions have it too

ASK_TIMEOUT = 10.0
WARM_UP = 20


def commands(asset: str) -> dict[str, Callable[[], Command]]:
    return {
        "SendRaw": lambda: SendRaw('42["ps"]'),
        "LoadCandles": lambda: LoadCandles(asset, period=60, count=100),
        "PlaceOrder": lambda: PlaceOrder(asset, Decimal(1), Direction.CALL, 60),
    }


def measured(
    runtime: Runtime, make: Callable[[], Command], count: int, pause: float
) -> tuple[list[float], float]:
    taken: list[float] = []
    used = 0.0
    for number in range(WARM_UP + count):
        if number == WARM_UP:
            used = time.process_time()
        command = make()
        time.sleep(pause)
        began = time.perf_counter()
        runtime.router.ask(command, timeout=ASK_TIMEOUT)
        taken.append(time.perf_counter() - began)
    return taken[WARM_UP:], (time.process_time() - used) / count


def main() -> int:
    logger.remove()
    brief = json.loads(sys.stdin.readline())
    with Runtime.from_yaml(brief["config"], practice=False) as runtime:
        makers = commands(brief["asset"])
        taken = [
            measured(runtime, makers[each["command"]], each["count"], each["pause"])
            for each in brief["series"]
        ]
    print(json.dumps(taken), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
