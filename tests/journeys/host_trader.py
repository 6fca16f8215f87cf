"""Orders through whichever host has the account, and what must be true of them afterwards."""

import contextlib
import threading
import time
from decimal import Decimal
from pathlib import Path

from actors.errors import OrderUnknown, RequestError, RequestTimeout, TellwireError
from actors.messages import Direction, GetOpenedDeals, PlaceOrder
from actors.values import Deal
from runtime import Attachment, attach
from runtime.practice import PracticeExchange
from tests.journeys.hosts import PATIENCE


class Trader:
    """Places orders through the host that has the account, one after another, and notes the answers."""

    def __init__(self, files: dict[str, Path], number: int) -> None:
        self._files = files
        self._number = number
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._trade)
        self.deals: dict[str, Deal] = {}
        self.unknown: set[str] = set()
        self.unsent: set[str] = set()
        self.owner = ""
        self.last_deal_at = 0.0

    def __enter__(self) -> "Trader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _trade(self) -> None:
        count = 0
        while not self._stopped.is_set():
            for name, file in self._files.items():
                with contextlib.suppress(TellwireError), attach(file, account="main", timeout=1.0) as host:
                    while not self._stopped.wait(0.05):
                        count += 1
                        self._place(host, name, f"order-{self._number}-{count}", count)

    def _place(self, host: Attachment, name: str, id: str, count: int) -> None:
        stake = Decimal(self._number) + Decimal(count) / 100
        command = PlaceOrder("EURUSD_otc", stake, Direction.CALL, 60, id=id)
        try:
            self.deals[id] = host.router.ask(command, timeout=2.0)
        except (OrderUnknown, RequestTimeout):
            self.unknown.add(id)
            raise
        except RequestError:
            self.unsent.add(id)
            raise
        self.owner, self.last_deal_at = name, time.monotonic()


def assert_no_order_is_doubled_lost_or_answered_wrongly(
    exchange: PracticeExchange, traders: list[Trader], file: Path
) -> None:
    """The exchange is the oracle. The journal of the last owner knows each of its deals."""
    sent = [str(order.request_id) for order in exchange.ledger.orders()]
    assert len(sent) == len(set(sent))
    for trader in traders:
        assert trader.unsent.isdisjoint(sent)
        assert set(trader.deals) <= set(sent)
    told = {id for trader in traders for id in (*trader.deals, *trader.unknown)}
    assert set(sent) <= told
    with attach(file, account="main") as host:
        opened = {deal.id for deal in host.router.ask(GetOpenedDeals(), timeout=PATIENCE)}
        for trader in traders:
            assert {deal.id for deal in trader.deals.values()} <= opened
            for id in trader.unknown & set(sent):  # what became of it is known by now, or will be
                command = next(o for o in exchange.ledger.orders() if str(o.request_id) == id)
                again = PlaceOrder("EURUSD_otc", command.amount, Direction.CALL, 60, id=id)
                assert host.router.ask(again, timeout=PATIENCE).id in opened
    assert len(exchange.ledger.orders()) == len(sent)
