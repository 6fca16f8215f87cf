"""The limits of an account hold over a change of its host: the next owner goes on with the windows."""

import contextlib
import signal
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from actors.errors import NoRuntime, RateLimited
from actors.messages import Direction, GetStatus, PlaceOrder
from runtime import Attachment, attach
from runtime.practice import PracticeExchange
from tests.doubles.engine_fixtures import engine_server
from tests.journeys.hosts import NAMES, PATIENCE, exchange, files, hosts
from tests.waiting import eventually

__all__ = ["engine_server", "exchange", "files"]

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="stops processes, and has no engine there"),
    pytest.mark.timeout(300),
]

PER_MINUTE = 9
ORDER = PlaceOrder("EURUSD_otc", Decimal(1), Direction.CALL, 60)


def has_account(file: Path) -> bool:
    with contextlib.suppress(NoRuntime), attach(file, account="main", timeout=1.0):
        return True
    return False


def place_until_limited(host: Attachment) -> int:
    """How many orders left."""
    for count in range(2 * PER_MINUTE):
        try:
            host.router.ask(ORDER, timeout=PATIENCE)
        except RateLimited:
            return count
    pytest.fail("no limit holds")


def test_no_window_is_overfull_at_the_venue_when_an_owner_that_has_filled_it_dies(
    exchange: PracticeExchange, files: dict[str, Path], tmp_path: Path
) -> None:
    for file in files.values():
        file.write_text(file.read_text().replace("[500/s]", f"[500/s, {PER_MINUTE}/min]"))
    with hosts(files, tmp_path, workers=1) as running:
        eventually(lambda: any(has_account(file) for file in files.values()), PATIENCE)
        [owner] = [name for name in NAMES if has_account(files[name])]
        [other] = set(NAMES) - {owner}
        with attach(files[owner], account="main") as host:
            placed = place_until_limited(host)
        assert len(exchange.ledger.orders()) == placed > 1
        running[owner].send_signal(signal.SIGKILL)
        eventually(lambda: has_account(files[other]), PATIENCE)
        with attach(files[other], account="main") as host:
            assert place_until_limited(host) == 0
            limiter = host.router.ask(GetStatus(), timeout=PATIENCE).limiter
            assert limiter.windows[f"{PER_MINUTE}/60s"] == 0
    assert len(exchange.ledger.orders()) == placed
