"""The process under test: a runtime that places orders and reports the answers.

Standard input is one line, a ``Brief``, and then stays open: its end is the end of the runtime. Standard
output is one ``Word`` a line.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import msgspec

from actors.errors import OrderUnknown, RequestError
from actors.messages import GetStatus, PlaceOrder, Subscribe
from actors.values import Direction
from runtime import Runtime
from runtime.config import Config

ANSWER_MARGIN = 2.0
"""Seconds that an ask waits past the deadline of its order, so that a late answer is seen."""

OPENED = "opened"


class Terms(msgspec.Struct, frozen=True):
    """An order to place; ``number`` is its place in the list."""

    number: int
    asset: str
    amount: Decimal
    direction: Direction
    duration: int


class Brief(msgspec.Struct, frozen=True):
    """``rate`` is orders a second, ``deadline`` seconds for each of them."""

    settings: dict[str, Any]
    orders: list[Terms]
    rate: float
    deadline: float


class Asked(msgspec.Struct, frozen=True, tag=True):
    """Sent before the runtime is asked; ``at`` is UTC."""

    number: int
    at: float


class Answered(msgspec.Struct, frozen=True, tag=True):
    """``outcome`` is ``OPENED`` or the name of the error; ``id`` is that of the deal or the unknown order."""

    number: int
    outcome: str
    id: str
    text: str
    at: float
    seconds: float


class Placed(msgspec.Struct, frozen=True, tag=True):
    """Every order of the brief has been answered."""


class Settled(msgspec.Struct, frozen=True, tag=True):
    """The end of every order is known."""


Word = Asked | Answered | Placed | Settled


def say(word: Word) -> None:
    # One write: a kill between two of them must not leave half a line.
    os.write(sys.stdout.fileno(), msgspec.json.encode(word) + b"\n")


Reach = Callable[[], Any]
"""Returns the router, as soon as there is one."""


def place(router: Any, terms: Terms, deadline: float) -> None:
    command = PlaceOrder(terms.asset, terms.amount, terms.direction, terms.duration, deadline=deadline)
    outcome, id, text = OPENED, "", ""
    say(Asked(terms.number, time.time()))
    asked_at = time.monotonic()
    try:
        id = router.ask(command, timeout=deadline + ANSWER_MARGIN).id
    except OrderUnknown as error:
        outcome, id, text = type(error).__name__, error.order, str(error)
    except Exception as error:  # noqa: BLE001 - the score judges every error of an ask
        outcome, text = type(error).__name__, str(error)
    say(Answered(terms.number, outcome, id, text, time.time(), time.monotonic() - asked_at))


def place_all(reach: Reach, brief: Brief, ended: threading.Event) -> None:
    with ThreadPoolExecutor(int(brief.rate * (brief.deadline + ANSWER_MARGIN)) + 1) as pool:
        start = time.monotonic()
        for count, terms in enumerate(brief.orders):
            if ended.wait(max(0.0, start + count / brief.rate - time.monotonic())):
                return
            pool.submit(place, reach(), terms, brief.deadline)
    say(Placed())


def settle(reach: Reach, news: threading.Event, ended: threading.Event) -> None:
    while not ended.is_set():
        news.clear()
        try:
            desk = reach().ask(GetStatus(deadline=2.0), timeout=3.0).desk
        except RequestError:
            continue
        if not desk.in_flight:
            say(Settled())
            return
        news.wait()


def work(reach: Reach, brief: Brief, news: threading.Event, ended: threading.Event) -> None:
    place_all(reach, brief, ended)
    settle(reach, news, ended)


def main() -> int:
    brief = msgspec.json.decode(sys.stdin.readline(), type=Brief)
    news, ended = threading.Event(), threading.Event()
    with Runtime(Config.model_validate(brief.settings), practice=False) as runtime:
        runtime.router.tell(Subscribe("order.", to=lambda _: news.set()))
        worker = threading.Thread(target=work, args=(lambda: runtime.router, brief, news, ended))
        worker.start()
        sys.stdin.read()
        ended.set()
        news.set()
        worker.join()
    if runtime.failure is not None:
        print(f"the runtime failed: {runtime.failure!r}", file=sys.stderr)
    return int(runtime.failure is not None)


if __name__ == "__main__":
    sys.exit(main())
