"""A program that is attached by the engine, and the hosts that have its account in turn."""

import itertools
import signal
import sys
import threading
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest
from loguru import logger

from actors.errors import NotSent, OrderUnknown, RequestError, TellwireError
from actors.messages import Direction, GetBalance, GetOpenedDeals, GetPayout, PlaceOrder
from actors.messages.commands import Command
from actors.messages.events import StreamGap
from actors.values import Deal
from runtime import Attachment, attach
from runtime.control.follower import MOVED
from runtime.practice import PracticeExchange
from tests.doubles.engine_fixtures import engine_server
from tests.doubles.engine_server import EngineServer
from tests.journeys.hosts import NAMES, PATIENCE, attached, exchange, files, hosts
from tests.waiting import eventually

__all__ = ["engine_server", "exchange", "files"]

ORDER = PlaceOrder("EURUSD_otc", Decimal(1), Direction.CALL, 60)
WRONG = PlaceOrder("EURUSD_otc", Decimal(-1), Direction.CALL, 60)

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="stops processes, and has no engine there"),
    pytest.mark.timeout(300),
]


def outcome(attachment: Attachment, command: Command[object]) -> object:
    try:
        return attachment.router.ask(command, timeout=PATIENCE)
    except TellwireError as error:
        return type(error), str(error)


def test_by_the_engine_an_account_answers_and_ticks_as_on_its_host_and_on_the_next_one(
    exchange: PracticeExchange, files: dict[str, Path], engine_server: EngineServer, tmp_path: Path
) -> None:
    with hosts(files, tmp_path, 0) as running, ExitStack() as attachments:
        across = attachments.enter_context(attached(engine_server.url))
        [owner] = [name for name in NAMES if running[name].pid == across.runtime.pid]
        with attach(files[owner], account="main") as local:
            for command in (GetBalance(), GetPayout("EURUSD_otc"), GetPayout("NOPE"), WRONG):
                assert outcome(across, command) == outcome(local, command)
        gaps = across.client.events("stream.gap")
        ticks = across.client.ticks("EURUSD_otc")
        seen = [next(ticks) for _ in range(5)]
        deal = across.client.buy("EURUSD_otc", 2, 60)
        assert deal in across.router.ask(GetOpenedDeals(), timeout=PATIENCE)
        running[owner].kill()
        later = across.router.ask(ORDER, timeout=PATIENCE)  # the next owner takes it up
        assert {deal.id, later.id} <= {d.id for d in across.router.ask(GetOpenedDeals(), timeout=PATIENCE)}
        gap = next(gap for gap in gaps if isinstance(gap, StreamGap) and gap.reason == MOVED)
        seen += itertools.takewhile(lambda tick: tick.time <= gap.to_time + 1.0, ticks)
        assert [t for t in seen if gap.from_time < t.time < gap.to_time] == []
        assert {gap.from_time, gap.to_time} <= {tick.time for tick in seen}
        assert [tick.time for tick in seen] == sorted({tick.time for tick in seen})
        for child in running.values():
            child.kill()
        with pytest.raises(NotSent):
            across.router.ask(ORDER, timeout=0.5)
        engine_server.kill()
        with pytest.raises(NotSent, match="is away"):
            across.router.ask(ORDER, timeout=PATIENCE)
        with pytest.raises(RequestError, match="is away"):
            across.router.ask(GetBalance(), timeout=PATIENCE)
    assert len(exchange.ledger.orders()) == 2


class EngineTrader:
    """Places orders through one attachment, each with a stake of its own, and notes the answers by stake."""

    def __init__(self, attachment: Attachment, number: int, timeout: float) -> None:
        self._attachment = attachment
        self._number, self._timeout = number, timeout
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._trade)
        self.deals: dict[Decimal, Deal] = {}
        self.unknown: dict[Decimal, str] = {}
        self.unsent: set[Decimal] = set()

    def __enter__(self) -> "EngineTrader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _trade(self) -> None:
        stake = Decimal(10 * self._number)
        while not self._stopped.wait(0.02):
            stake += Decimal("0.01")
            order = PlaceOrder("EURUSD_otc", stake, Direction.CALL, 60)
            try:
                self.deals[stake] = self._attachment.router.ask(order, timeout=self._timeout)
            except OrderUnknown as unknown:
                self.unknown[stake] = unknown.order
            except NotSent:
                self.unsent.add(stake)


@pytest.mark.parametrize("fault", ["SIGKILL", "SIGSTOP"])
def test_no_order_by_the_engine_is_doubled_or_answered_wrongly_when_its_owner_dies_or_stands_still(
    exchange: PracticeExchange,
    files: dict[str, Path],
    engine_server: EngineServer,
    tmp_path: Path,
    fault: str,
) -> None:
    exchange.disturb_orders("delayed", None, seconds=0.3)  # so that some are in flight at the fault
    with hosts(files, tmp_path, 0) as running, ExitStack() as at_work:
        across = at_work.enter_context(attached(engine_server.url))
        patient = (2.0, 2.0, 30.0, 30.0)
        traders = [at_work.enter_context(EngineTrader(across, n, t)) for n, t in enumerate(patient, start=1)]
        [owner] = [name for name in NAMES if running[name].pid == across.runtime.pid]
        eventually(lambda: all(len(trader.deals) > 3 for trader in traders), PATIENCE)
        running[owner].send_signal(signal.Signals[fault])
        before = [len(trader.deals) for trader in traders]
        eventually(lambda: all(len(t.deals) > n + 3 for t, n in zip(traders, before, strict=True)), PATIENCE)
        if fault == "SIGSTOP":
            running[owner].send_signal(signal.SIGCONT)
            assert running[owner].wait(PATIENCE) == -signal.SIGALRM
        for trader in traders:
            trader.__exit__()
        sent = [order.amount for order in exchange.ledger.orders()]
        assert len(sent) == len(set(sent))
        deals = {stake: deal for trader in traders for stake, deal in trader.deals.items()}
        unknown = {stake: id for trader in traders for stake, id in trader.unknown.items()}
        assert set(deals) <= set(sent)
        assert set().union(*(trader.unsent for trader in traders)).isdisjoint(sent)
        assert set(sent) <= {*deals, *unknown}
        for stake in unknown.keys() & set(sent):  # its id leads to the deal that it opened
            again = PlaceOrder("EURUSD_otc", stake, Direction.CALL, 60, id=unknown[stake])
            assert across.router.ask(again, timeout=PATIENCE).amount == stake
        assert len(exchange.ledger.orders()) == len(sent)
        logger.info("{} deals, {} in doubt", len(deals), len(unknown))
