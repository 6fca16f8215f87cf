"""What a table has to ask the router for, because it happened before the table listened."""

import threading
from collections.abc import Callable
from typing import Final

from actors.engine.router_ref import RouterRef
from actors.errors import NotSent, RequestError, RequestRefused
from actors.messages.commands import GetAssets, GetBalance, GetClosedDeals, GetOpenedDeals, GetPendingOrders
from actors.messages.events import AssetsListed, BalanceChanged
from actors.messages.status import Status
from runtime.cli.output.counters import Counters
from runtime.cli.output.deal_book import DealBook

PATIENCE: Final = 5.0
"""Seconds for an answer, and between two tries."""


class FirstAnswers:
    """Asks in a thread of its own, since the answers wait for the venue: for the assets, the balance, the
    deals and the pending orders, each until it has come once. Deals are asked for again when the status
    counts other ones than the events have told."""

    def __init__(self, router: RouterRef, counters: Counters, deals: DealBook) -> None:
        self._router = router
        self._counters = counters
        self._deals = deals
        self._missing: list[Callable[[], None]] = [self._assets, self._balance, self._lists, self._pending]
        self._ends = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="table answers", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns at once; an answer that comes later changes nothing."""
        self._ends.set()
        self._wake.set()

    def compare(self, status: Status) -> None:
        """Ask for the deals again if the runtime has open ones that were not told, or the other way."""
        if self._deals.open_count != status.desk.open_deals and self._lists not in self._missing:
            self._missing.append(self._lists)
            self._wake.set()

    def _run(self) -> None:
        while not self._ends.is_set():
            self._wake.clear()
            for ask in list(self._missing):
                if self._answered(ask):
                    self._missing.remove(ask)
            self._ends.wait(PATIENCE)  # not at once again: the event of a deal may be on its way
            if not self._missing:
                self._wake.wait()

    def _answered(self, ask: Callable[[], None]) -> bool:
        if self._ends.is_set():
            return False
        try:
            ask()
        except RequestRefused:  # the venue has no such thing
            return True
        except (RequestError, NotSent):
            return False
        return True

    def _assets(self) -> None:
        assets = self._router.ask(GetAssets(deadline=PATIENCE), timeout=2 * PATIENCE)
        if not self._counters.assets:
            self._counters.count_answer(AssetsListed(list(assets.values())))

    def _balance(self) -> None:
        balance = self._router.ask(GetBalance(deadline=PATIENCE), timeout=2 * PATIENCE)
        if self._counters.balance is None:
            self._counters.count_answer(BalanceChanged(balance))

    def _lists(self) -> None:
        opened = self._router.ask(GetOpenedDeals(deadline=PATIENCE), timeout=2 * PATIENCE)
        closed = self._router.ask(GetClosedDeals(deadline=PATIENCE), timeout=2 * PATIENCE)
        self._deals.take_deals(opened, closed)

    def _pending(self) -> None:
        self._deals.take_pending(self._router.ask(GetPendingOrders(deadline=PATIENCE), timeout=2 * PATIENCE))
