"""A program that is attached by the engine, and the hosts that have its account in turn."""

import itertools
import sys
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from actors.errors import NoRuntime, NotSent, RequestError, TellwireError
from actors.messages import Direction, GetBalance, GetOpenedDeals, GetPayout, PlaceOrder
from actors.messages.commands import Command
from actors.messages.events import StreamGap
from runtime import Attachment, attach
from runtime.control.follower import MOVED
from runtime.practice import PracticeExchange
from tests.doubles.engine_server import EngineServer
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

ORDER = PlaceOrder("EURUSD_otc", Decimal(1), Direction.CALL, 60)
WRONG = PlaceOrder("EURUSD_otc", Decimal(-1), Direction.CALL, 60)

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="stops processes, and has no engine there"),
    pytest.mark.timeout(300),
]


def attached(url: str) -> Attachment:
    """Once a host has the account."""
    found: list[Attachment] = []

    def tries() -> bool:
        try:
            found.append(attach(url, account="main"))
        except NoRuntime:
            return False
        return True

    eventually(tries)
    return found[0]


def outcome(attachment: Attachment, command: Command[object]) -> object:
    try:
        return attachment.router.ask(command, timeout=PATIENCE)
    except TellwireError as error:
        return type(error), str(error)


def test_by_the_engine_an_account_answers_and_ticks_as_on_its_host_and_on_the_next_one(
    exchange: PracticeExchange, files: dict[str, Path], engine_of_hosts: EngineServer, tmp_path: Path
) -> None:
    with hosts(files, tmp_path, 0) as running, ExitStack() as attachments:
        across = attachments.enter_context(attached(engine_of_hosts.url))
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
        engine_of_hosts.kill()
        with pytest.raises(NotSent, match="is away"):
            across.router.ask(ORDER, timeout=PATIENCE)
        with pytest.raises(RequestError, match="is away"):
            across.router.ask(GetBalance(), timeout=PATIENCE)
    assert len(exchange.ledger.orders()) == 2
