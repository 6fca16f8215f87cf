"""Hosts as processes that share an account: its owner dies or stands still while orders are placed."""

import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from loguru import logger

from runtime.practice import PracticeExchange
from tests.doubles.engine_fixtures import engine_server
from tests.journeys.host_trader import Trader, assert_no_order_is_doubled_lost_or_answered_wrongly
from tests.journeys.hosts import NAMES, PATIENCE, exchange, files, hosts
from tests.waiting import eventually

__all__ = ["engine_server", "exchange", "files"]

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="stops processes, and has no engine there"),
    pytest.mark.timeout(300),
]


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
        eventually(lambda: all(len(trader.deals) > 5 for trader in traders), PATIENCE)
        owner = traders[0].owner
        [other] = set(NAMES) - {owner}
        before = time.monotonic()
        running[owner].send_signal(signal.Signals[fault])
        eventually(lambda: all(trader.owner == other for trader in traders), PATIENCE)
        logger.info(
            "the next deals came {:.2f} s after the fault",
            max(each.last_deal_at for each in traders) - before,
        )
        # Its process had the connection: the kernel ends it before its next instruction.
        if fault == "SIGSTOP":
            running[owner].send_signal(signal.SIGCONT)
            assert running[owner].wait(PATIENCE) == -signal.SIGALRM
        more = [len(trader.deals) for trader in traders]
        eventually(lambda: all(len(t.deals) > n + 3 for t, n in zip(traders, more, strict=True)), PATIENCE)
        at_work.close()
        assert_no_order_is_doubled_lost_or_answered_wrongly(exchange, traders, files[other])
