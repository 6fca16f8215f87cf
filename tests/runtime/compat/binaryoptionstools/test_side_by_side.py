"""One bot through BinaryOptionsToolsV2 and through the layer: the same trades, results and ledgers."""

import asyncio
import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any, Self

import pytest

from runtime.compat.binaryoptionstools._rows import VENUE_AHEAD
from runtime.practice import PracticeExchange, PracticeSettings

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("BinaryOptionsToolsV2") is None,
    reason="BinaryOptionsToolsV2 is in the extra `test` where it has a wheel",
)

BOT = Path(__file__).with_name("bot_for_both.py")
THEIRS, OURS = "BinaryOptionsToolsV2", "runtime.compat.binaryoptionstools"
TRADES = 3
HEAD_START = 2
"""Seconds from the word to the first tick that counts."""
ROOT = Path(__file__).parents[4]


class Bot:
    """A script in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout

    @classmethod
    async def begin(cls, script: Path, exchange: PracticeExchange) -> Self:
        """Returns once it is connected and has subscribed."""
        command = [sys.executable, "-W", "ignore", str(script), exchange.regions[0].url, str(TRADES)]
        pipe = asyncio.subprocess.PIPE
        bot = cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT))
        bot.write(exchange.session)
        while (line := await bot._stdout.readline()) != b"ready\n":
            assert line, "the bot ended"
        return bot

    def write(self, line: str) -> None:
        self._stdin.write(line.encode() + b"\n")

    async def trades(self) -> list[dict[str, Any]]:
        """What it printed until its end."""
        printed = await self._stdout.read()
        assert await self._process.wait() == 0
        return [json.loads(line) for line in printed.splitlines() if line.startswith(b"{")]

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


def executed(exchange: PracticeExchange) -> list[tuple[Any, ...]]:
    """What the ledger has of the deals, without ids and times."""
    deals = [record.deal for record in exchange.ledger.deals()]
    return [
        (deal.asset, deal.amount, deal.direction, deal.payout, deal.open_price, deal.close_price, deal.profit)
        for deal in deals
    ]


def test_a_bot_makes_the_same_trades_with_one_changed_import(tmp_path: Path) -> None:
    text = BOT.read_text(encoding="utf-8")
    assert text.count(f"from {THEIRS}.") == 1
    changed = tmp_path / "changed.py"
    changed.write_text(text.replace(f"from {THEIRS}.", f"from {OURS}."), encoding="utf-8")
    # A tick of the bot's asset comes in the first half of a second: an order follows it in that second.
    settings = PracticeSettings(regions=("HERE",), tick_rate=1.0, seed=11, minimum_duration=1)
    with PracticeExchange(settings) as first, PracticeExchange(settings) as second:

        async def both() -> list[list[dict[str, Any]]]:
            bots = await asyncio.gather(Bot.begin(BOT, first), Bot.begin(changed, second))
            try:
                for bot in bots:
                    bot.write(str(int(time.time()) + VENUE_AHEAD + HEAD_START))
                async with asyncio.timeout(40):
                    return await asyncio.gather(*(bot.trades() for bot in bots))
            finally:
                for bot in bots:
                    await bot.end()

        theirs, ours = asyncio.run(both())
        assert len(theirs) == TRADES + 1
        assert ours == theirs
        assert executed(second) == executed(first)
        assert len(executed(first)) == TRADES
