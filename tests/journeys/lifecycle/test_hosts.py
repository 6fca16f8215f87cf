"""Hosts as processes that share an account: its owner dies or stands still while orders are placed."""

import contextlib
import signal
import sys
import threading
import time
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest
from loguru import logger

from actors.errors import OrderUnknown, RequestError, RequestTimeout, TellwireError
from actors.messages import Direction, GetOpenedDeals, PlaceOrder
from actors.values import Deal
from runtime import Attachment, attach
from runtime.practice import PracticeExchange
from tests.journeys.hosts import (
    NAMES,
    PATIENCE,
    engine_of_hosts,
    eventually,
    exchange,
    files,
    hosts,
)

__all__ = ["engine_of_hosts", "exchange", "files"]

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="stops processes, and has no engine there"),
    pytest.mark.timeout(300),
]


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


@pytest.mark.parametrize(("fault", "workers"), [("SIGKILL", 1), ("SIGSTOP", 0)])
def test_when_its_owner_dies_or_stands_still_an_account_moves_and_no_order_is_doubled_or_lost(
    exchange: PracticeExchange,
    files: dict[str, Path],
    tmp_path: Path,
    fault: str,
    workers: int,
) -> None:
    with hosts(files, tmp_path, workers) as running, ExitStack() as at_work:
        traders = [at_work.enter_context(Trader(files, number)) for number in (1, 20)]
        eventually(lambda: all(len(trader.deals) > 5 for trader in traders))
        owner = traders[0].owner
        [other] = set(NAMES) - {owner}
        before = time.monotonic()
        running[owner].send_signal(signal.Signals[fault])
        eventually(lambda: all(trader.owner == other for trader in traders))
        logger.info(
            "the next deals came {:.2f} s after the fault",
            max(each.last_deal_at for each in traders) - before,
        )
        if (
            fault == "SIGSTOP"
        ):  # its process had the connection: the kernel ends it before its next instruction
            running[owner].send_signal(signal.SIGCONT)
            assert running[owner].wait(PATIENCE) == -signal.SIGALRM
        more = [len(trader.deals) for trader in traders]
        eventually(lambda: all(len(t.deals) > n + 3 for t, n in zip(traders, more, strict=True)))
        at_work.close()
        assert_no_order_is_doubled_lost_or_answered_wrongly(exchange, traders, files[other])
