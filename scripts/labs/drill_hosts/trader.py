"""Programs that place orders all the time, each through the host that has its account."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import pykka

from actors.errors import RequestError, TellwireError
from actors.messages import PlaceOrder
from actors.values import Deal, Direction
from runtime import Attachment, attach

ASSET: Final = "EURUSD_otc"
DURATION: Final = 60
"""Seconds of a deal: it is open for longer than an account takes to come back, so the venue lists it."""

DEADLINE: Final = 2.0
MARGIN: Final = 1.0
"""Seconds that an ask waits past the deadline of its order."""

PAUSE: Final = 0.2
"""Seconds between two orders of one program."""

ATTACH_PAUSE: Final = 0.05
OPENED: Final = "opened"


class Answer(NamedTuple):
    """``outcome`` is ``OPENED`` or the name of the error; times are those of the monotonic clock. ``id`` is
    the order's, ``""`` if the runtime made it and has not told it."""

    account: str
    id: str
    amount: Decimal
    host: str
    outcome: str
    asked_at: float
    answered_at: float
    deal: Deal | None = None
    text: str = ""


class Trading:
    """All programs, and what they were answered; a context manager. ``sockets`` are those of the hosts."""

    def __init__(self, accounts: Iterable[str], sockets: dict[str, Path]) -> None:
        self._changed = threading.Condition()
        self._answers: list[Answer] = []
        self._again: dict[str, deque[tuple[str, Decimal]]] = {account: deque() for account in accounts}
        self._numbers = {account: itertools.count(1) for account in self._again}
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._trade, args=(account, host, socket), name=f"{account} at {host}")
            for account in self._again
            for host, socket in sockets.items()
            for _ in range(2)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def answers(self) -> list[Answer]:
        with self._changed:
            return list(self._answers)

    def owner(self, account: str) -> str:
        """The host that has opened the account's last deal."""
        with self._changed:
            return next(
                each.host for each in reversed(self._answers) if each.account == account and each.deal
            )

    def await_deal(self, account: str, since: float, timeout: float, not_by: Iterable[str] = ()) -> float:
        """When the first deal was opened that was asked for at ``since`` or later; ``inf`` if there is none
        ``timeout`` seconds from now."""

        def served() -> float | None:
            return next(
                (
                    each.answered_at
                    for each in self._answers
                    if each.account == account
                    and each.deal is not None
                    and each.asked_at >= since
                    and each.host not in not_by
                ),
                None,
            )

        with self._changed:
            return self._changed.wait_for(served, timeout) or float("inf")

    def _trade(self, account: str, host: str, socket: Path) -> None:
        while not self._stopped.wait(ATTACH_PAUSE):
            with (
                suppress(TellwireError, pykka.ActorDeadError),
                attach(socket, account=account, timeout=1.0) as attachment,
            ):
                while not (self._stopped.is_set() or attachment.ended.is_set()):
                    self._place(attachment, account, host)
                    self._stopped.wait(PAUSE)

    def _place(self, attachment: Attachment, account: str, host: str) -> None:
        try:
            id, amount = self._again[account].popleft()
        except IndexError:
            number = next(self._numbers[account])
            id, amount = f"{account}-{number}" if number % 3 else "", 1 + Decimal(number) / 100
        command = PlaceOrder(ASSET, amount, Direction.CALL, DURATION, id=id or None, deadline=DEADLINE)
        outcome, deal, text, asked_at = OPENED, None, "", time.monotonic()
        try:
            deal = attachment.router.ask(command, timeout=DEADLINE + MARGIN)
        except RequestError as error:
            outcome, text, id = type(error).__name__, str(error), id or error.order
        answer = Answer(account, id, amount, host, outcome, asked_at, time.monotonic(), deal, text)
        with self._changed:
            self._answers.append(answer)
            if outcome == "OrderUnknown" and len(self._answers) % 2:
                self._again[account].append((id, amount))  # with the same id, by whichever host has it then
            self._changed.notify_all()
