"""Write every deal that closes into a table in SQLite: yours, and those of other programs."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tellwire import GetClosedDeals, OrderClosed, Runtime, Subscribe

FILE = Path("deals.db")
SECONDS = 3600.0

TABLE = "CREATE TABLE IF NOT EXISTS deals (id TEXT PRIMARY KEY, asset, direction, amount, profit, closed_at)"
ROW = "INSERT OR REPLACE INTO deals VALUES (?, ?, ?, ?, ?, ?)"


def write(event: OrderClosed) -> None:
    deal = event.deal
    with closing(sqlite3.connect(FILE)) as base, base:
        base.execute(
            ROW,
            (deal.id, deal.asset, deal.direction.value, str(deal.amount), str(deal.profit), deal.closes_at),
        )


with closing(sqlite3.connect(FILE)) as base, base:
    base.execute(TABLE)
with Runtime.from_yaml("tellwire.yaml") as rt:
    rt.router.ask(Subscribe("order.closed", to=write), timeout=10)
    for deal in rt.router.ask(GetClosedDeals(), timeout=10):  # those that the venue still lists
        write(OrderClosed(deal))
    time.sleep(SECONDS)
with closing(sqlite3.connect(FILE)) as base:
    print(base.execute("SELECT count(*), sum(profit) FROM deals").fetchone())
