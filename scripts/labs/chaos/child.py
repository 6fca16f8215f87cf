"""The process under test: a runtime that places orders and reports the answers.

Standard input is one line, a ``Brief``, and then stays open: its end is the end of the runtime. Standard
output is one ``Word`` a line.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from actors.errors import OrderUnknown, RequestError
from actors.messages import AwaitResult, GetStatus, PlaceOrder, Subscribe
from actors.values import Deal, Direction
from labs.chaos.clocks import frozen_worker
from runtime import Runtime
from runtime.config import Config

ANSWER_MARGIN = 2.0
"""Seconds that an ask waits past the deadline of its order, so that a late answer is seen."""

OPENED = "opened"

ENDED = "RequestError"
"""The outcome in an attached process whose runtime has died."""

TRIES = 5
"""How often such a process asks for an order, with the same id."""


class Terms(msgspec.Struct, frozen=True):
    """An order to place; ``number`` is its place in the list, ``id`` the order's.

    Where ``patience`` is set, its caller waits only so many seconds at first, and then asks for it again with
    the same id. ``result``: it also waits for the deal to end.
    """

    number: int
    id: str
    asset: str
    amount: Decimal
    direction: Direction
    duration: int
    patience: float | None = None
    result: bool = False


class Brief(msgspec.Struct, frozen=True):
    """``rate`` is orders a second, ``deadline`` seconds for each of them. ``clocks`` is the file of the
    machine's clocks, ``""`` for a process on another machine."""

    settings: dict[str, Any]
    orders: list[Terms]
    rate: float
    deadline: float
    clocks: str


class Started(msgspec.Struct, frozen=True, tag=True):
    """The runtime has started; ``refuses`` is why it takes no order, ``""`` if it does."""

    refuses: str


class Asked(msgspec.Struct, frozen=True, tag=True):
    """Sent before the runtime is asked."""

    number: int


class Answered(msgspec.Struct, frozen=True, tag=True):
    """``outcome`` is ``OPENED`` or the name of the error; ``order`` is the id in the error. ``last``: the
    order is not asked for again, unless the process under test is killed."""

    number: int
    outcome: str
    text: str
    seconds: float
    last: bool
    deal: Deal | None = None
    order: str = ""


class Result(msgspec.Struct, frozen=True, tag=True):
    """The result of an order's deal, as it was told."""

    number: int
    deal: Deal


class Placed(msgspec.Struct, frozen=True, tag=True):
    """Every order of the brief has been answered."""


class Settled(msgspec.Struct, frozen=True, tag=True):
    """The end of every order is known."""


Word = Started | Asked | Answered | Result | Placed | Settled


def say(word: Word) -> None:
    # One write: a kill between two of them must not leave half a line.
    os.write(sys.stdout.fileno(), msgspec.json.encode(word) + b"\n")


Reach = Callable[[], Any]
"""Returns the router, as soon as there is one."""


def place(reach: Reach, terms: Terms, deadline: float) -> None:
    say(Asked(terms.number))
    if terms.patience is not None:
        say(ask(reach, terms, terms.patience, patient=False))
    answer = ask(reach, terms, deadline, patient=True)
    tries = 1
    while answer.outcome == ENDED and tries < TRIES:
        answer = ask(reach, terms, deadline, patient=True)
        tries += 1
    say(structs.replace(answer, last=True))
    if answer.deal is None or not terms.result:
        return
    with contextlib.suppress(RequestError):  # no result is no answer: nothing to judge
        say(Result(terms.number, reach().ask(AwaitResult(answer.deal.id))))


def ask(reach: Reach, terms: Terms, timeout: float, *, patient: bool) -> Answered:
    """A caller that is not patient leaves the deadline to the timeout of its ask."""
    command = PlaceOrder(
        terms.asset,
        terms.amount,
        terms.direction,
        terms.duration,
        id=terms.id,
        deadline=timeout if patient else None,
    )
    outcome, text, deal, order = OPENED, "", None, ""
    asked_at = time.monotonic()
    try:
        deal = reach().ask(command, timeout=timeout + ANSWER_MARGIN if patient else timeout)
    except OrderUnknown as error:
        outcome, text, order = type(error).__name__, str(error), error.order
    except Exception as error:  # noqa: BLE001 - the score judges every error of an ask
        outcome, text = type(error).__name__, str(error)
    return Answered(terms.number, outcome, text, time.monotonic() - asked_at, False, deal, order)


def place_all(reach: Reach, brief: Brief, ended: threading.Event) -> None:
    # Each has a first ask, a second one, and a deal to wait for.
    with ThreadPoolExecutor(int(brief.rate * 4 * (brief.deadline + ANSWER_MARGIN)) + 1) as pool:
        start = time.monotonic()
        for count, terms in enumerate(brief.orders):
            if ended.wait(max(0.0, start + count / brief.rate - time.monotonic())):
                return
            pool.submit(place, reach, terms, brief.deadline)
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


def spare_the_frozen(clocks: Path) -> None:
    """No SIGKILL of this process reaches the worker that the chaos has put into a freezer."""
    kill = subprocess.Popen.kill

    def kill_others(process: Any) -> None:
        if process.pid != frozen_worker(clocks):
            kill(process)

    subprocess.Popen.kill = kill_others  # type: ignore[method-assign,assignment]


def main() -> int:
    brief = msgspec.json.decode(sys.stdin.readline(), type=Brief)
    news, ended = threading.Event(), threading.Event()
    spare_the_frozen(Path(brief.clocks))
    with Runtime(Config.model_validate(brief.settings), practice=False) as runtime:
        say(Started(runtime.router.ask(GetStatus(), timeout=10.0).desk.halted or ""))
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
