"""``PyVirtualMarket``: trades with money that is not there, at prices that it is told."""

import asyncio
import datetime as dt
import uuid
from decimal import Decimal
from typing import Final

from actors.arithmetic import percent_of
from actors.messages.commands import money
from actors.values import Direction
from runtime.compat.binaryoptionstools._rows import Row, text
from runtime.compat.binaryoptionstools.errors import PocketOptionError

PAYOUT: Final = 80
"""What a win pays, in percent of the stake."""


class PyVirtualMarket:
    """Trades end at the price that was told last; times are UTC. Give it to a ``PyBot``, which tells it the
    prices of its bars."""

    def __init__(self, initial_balance: float) -> None:
        self._balance = money(initial_balance)
        self._prices: dict[str, Decimal] = {}
        self._ends: dict[str, asyncio.Task[Row]] = {}

    def balance(self) -> float:
        """Without the stakes of open trades."""
        return float(self._balance)

    async def update_price(self, asset: str, price: float) -> None:
        """The price of ``asset`` from now on."""
        self._prices[asset] = money(price)

    async def place(self, asset: str, amount: float, time: int, direction: Direction) -> tuple[str, Row]:
        """The id of the trade, and the trade. Raises ``PocketOptionError`` for an asset without a price, and
        for more than the balance."""
        stake = money(amount)
        if asset not in self._prices:
            raise PocketOptionError(f"no price of {asset} has been told: call update_price first")
        if not 0 < stake <= self._balance:
            raise PocketOptionError(f"the stake has to be above 0 and at most {self._balance}")
        self._balance -= stake
        row = _row(asset, stake, time, direction, self._prices[asset])
        self._ends[row["id"]] = asyncio.create_task(self._end(row, stake, time, direction))
        return row["id"], row

    async def result(self, deal_id: str) -> Row:
        """Waits until the trade has ended. Raises ``ValueError`` for what is no id, ``PocketOptionError`` for
        a trade that it does not know."""
        deal = str(uuid.UUID(deal_id))
        if deal not in self._ends:
            raise PocketOptionError(f"there is no trade {deal}")
        return await asyncio.shield(self._ends[deal])

    async def _end(self, row: Row, stake: Decimal, time: int, direction: Direction) -> Row:
        await asyncio.sleep(time)
        opened, closed = Decimal(row["openPrice"]), self._prices[row["asset"]]
        rise = closed - opened if direction is Direction.CALL else opened - closed
        profit = percent_of(stake, Decimal(PAYOUT)) if rise > 0 else -stake if rise < 0 else Decimal(0)
        self._balance += stake + profit
        return {**row, "closePrice": text(closed), "profit": text(profit), "closeMs": 0}


def _row(asset: str, stake: Decimal, time: int, direction: Direction, price: Decimal) -> Row:
    deal_id = str(uuid.uuid4())
    opened = dt.datetime.now(dt.UTC)
    closes = opened + dt.timedelta(seconds=time)
    return {
        "id": deal_id,
        "openTime": opened.isoformat(),
        "closeTime": closes.isoformat(),
        "openTimestamp": int(opened.timestamp()),
        "closeTimestamp": int(closes.timestamp()),
        "refundTime": None,
        "refundTimestamp": None,
        "uid": 0,
        "requestId": deal_id,
        "amount": text(stake),
        "profit": text(percent_of(stake, Decimal(PAYOUT))),
        "percentProfit": PAYOUT,
        "percentLoss": 100,
        "openPrice": text(price),
        "closePrice": "0",
        "command": int(direction is Direction.PUT),
        "asset": asset,
        "isDemo": 1,
        "copyTicket": "",
        "openMs": 0,
        "closeMs": None,
        "optionType": 100,
        "isRollover": None,
        "isCopySignal": None,
        "isAI": None,
        "currency": "USD",
        "amountUsd": text(stake),
        "amountUSD": text(stake),
    }
