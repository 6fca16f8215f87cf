"""A journal that an earlier version wrote: nothing of it is lost, and no account gets another's orders."""

import contextlib
import sqlite3
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from actors.errors import Halted
from actors.orders.order import UNFINISHED, Order, OrderState
from actors.values import AccountKind
from runtime.storage.account import JournalAccount
from runtime.storage.inspection import inspect, read_orders
from runtime.storage.journal import SqliteJournal
from tests.runtime.storage.test_journal import CLOSED, JOURNALED, PENDING, opened

SCHEMA_1: Final = """
BEGIN;
CREATE TABLE orders (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    finished INTEGER NOT NULL,
    account TEXT NOT NULL,
    asset TEXT NOT NULL,
    amount TEXT NOT NULL,
    direction TEXT NOT NULL,
    duration INTEGER NOT NULL,
    created_at REAL NOT NULL,
    reason TEXT NOT NULL,
    deal TEXT
);
CREATE INDEX unfinished ON orders (number) WHERE finished = 0;
CREATE TABLE halt (
    number INTEGER PRIMARY KEY CHECK (number = 1),
    reason TEXT NOT NULL,
    since TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
PRAGMA user_version = 1;
COMMIT;
"""

SCHEMA_2: Final = """
BEGIN;
CREATE TABLE orders (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    finished INTEGER NOT NULL,
    account TEXT NOT NULL,
    asset TEXT NOT NULL,
    amount TEXT NOT NULL,
    direction TEXT NOT NULL,
    duration INTEGER NOT NULL,
    created_at REAL NOT NULL,
    after TEXT NOT NULL,
    reason TEXT NOT NULL,
    deal TEXT,
    checksum INTEGER NOT NULL
);
CREATE INDEX unfinished ON orders (number) WHERE finished = 0;
CREATE TABLE halt (
    number INTEGER PRIMARY KEY CHECK (number = 1),
    reason TEXT NOT NULL,
    since TEXT NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE TABLE retired (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    checksum INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE owner (
    number INTEGER PRIMARY KEY CHECK (number = 1),
    venue TEXT NOT NULL,
    kind TEXT NOT NULL,
    user TEXT NOT NULL,
    halted INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);
PRAGMA user_version = 2;
COMMIT;
"""

SCHEMA_3: Final = SCHEMA_2.replace("    deal TEXT,\n", "    deal TEXT,\n    pending TEXT,\n").replace(
    "user_version = 2", "user_version = 3"
)

OPEN: Final = msgspec.structs.replace(CLOSED, id="o2", state=OrderState.OPEN)
FINISHED: Final = msgspec.structs.replace(CLOSED, id="o3")
OWN_NAME: Final = "orders-demo-123.sqlite"


def written(path: Path, orders: Sequence[Order], halt: str | None = None) -> Path:
    """A journal as version 1 left it, its log included, as after a kill."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA_1)
        with db:
            for order in orders:
                row = msgspec.to_builtins(order)
                row |= {"finished": order.state not in UNFINISHED}
                row |= {"deal": order.deal and msgspec.json.encode(order.deal).decode()}
                db.execute(
                    "INSERT INTO orders (id, state, finished, account, asset, amount, direction, duration,"
                    " created_at, reason, deal) VALUES (:id, :state, :finished, :account, :asset, :amount,"
                    " :direction, :duration, :created_at, :reason, :deal)",
                    row,
                )
            if halt is not None:
                db.execute("INSERT INTO halt VALUES (1, ?, '2026-01-02 03:04:05')", (halt,))
    return path


def written_by_version(number: int, path: Path, orders: Sequence[Order]) -> Path:
    """A journal of the demo account 123 as version 2 or 3 left it, halted, with one retired order."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript({2: SCHEMA_2, 3: SCHEMA_3}[number])
        with db:
            for order in orders:
                row = msgspec.to_builtins(order)
                del row["made"]
                if number == 2:
                    del row["pending"]
                row |= {"finished": int(order.state not in UNFINISHED)}
                row |= {"deal": order.deal and msgspec.json.encode(order.deal).decode()}
                if order.pending is not None:
                    row |= {"pending": msgspec.json.encode(order.pending).decode()}
                insert(db, "orders", row)
            insert(db, "retired", {"id": "r1", "state": "refused"})
            insert(db, "halt", {"reason": "lunch", "since": "2026-01-02 03:04:05"}, number=1)
            owner = {"venue": "pocketoption", "kind": "demo", "user": "123", "halted": 1}
            insert(db, "owner", owner, number=1)
    return path


def insert(db: sqlite3.Connection, table: str, row: dict[str, Any], **unsummed: int) -> None:
    checksum = zlib.crc32(msgspec.json.encode(sorted(row.items())))
    row = row | unsummed | {"checksum": checksum}
    places = ", ".join(f":{name}" for name in row)
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", row)


def version(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


@pytest.mark.parametrize("halt", [None, "", "lunch"])
def test_all_orders_and_the_halt_are_there_afterwards_and_in_a_copy_of_the_file_alone(
    tmp_path: Path, halt: str | None
) -> None:
    orders = [FINISHED, JOURNALED, OPEN]
    path = written(tmp_path / OWN_NAME, orders, halt)
    with contextlib.closing(opened(path, own_name=OWN_NAME)) as journal:
        assert journal.load() == orders
        assert journal.halted() == halt
        copy = tmp_path / "copy.sqlite"
        copy.write_bytes(path.read_bytes())
    for file in (path, copy):
        assert version(file) == 4
        with contextlib.closing(opened(file)) as journal:
            assert (journal.load(), journal.halted()) == (orders, halt)
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT since FROM halt").fetchall() == (
            [] if halt is None else [("2026-01-02 03:04:05",)]
        )


@pytest.mark.parametrize("orders", [[], [FINISHED], [FINISHED, OPEN]])
def test_a_file_in_which_nothing_is_in_doubt_becomes_that_of_the_session(
    tmp_path: Path, orders: list[Order]
) -> None:
    path = written(tmp_path / "orders.sqlite", orders, "lunch")
    with contextlib.closing(opened(path)) as journal:
        assert (journal.load(), journal.halted()) == (orders, "lunch")
    with pytest.raises(Halted, match="belongs to the demo account 123 of pocketoption"):
        SqliteJournal(path, JournalAccount("pocketoption", "demo", "124"))


@pytest.mark.parametrize(
    "order",
    [
        JOURNALED,
        JOURNALED.become(OrderState.UNKNOWN),
        msgspec.structs.replace(OPEN, account=AccountKind.LIVE),
    ],
)
def test_a_file_with_an_order_in_doubt_is_refused_unless_its_name_is_that_of_the_account(
    tmp_path: Path, order: Order
) -> None:
    path = written(tmp_path / "orders.sqlite", [FINISHED, order])
    for _ in range(2):
        with pytest.raises(Halted, match=f"1 orders in doubt .* rename it to {OWN_NAME}"):
            opened(path, own_name=OWN_NAME)
    assert version(path) == 1
    with contextlib.closing(opened(path.rename(tmp_path / OWN_NAME), own_name=OWN_NAME)) as journal:
        assert journal.load() == [FINISHED, order]


def test_a_file_with_a_row_that_makes_no_sense_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path / "orders.sqlite", [FINISHED])
    with contextlib.closing(sqlite3.connect(path)) as vandal, vandal:
        vandal.execute("UPDATE orders SET state = 'maybe'")
    before = path.read_bytes()
    with pytest.raises(Halted, match=r"cannot be opened: .*maybe"):
        opened(path)
    assert path.read_bytes() == before


def test_a_migration_that_fails_half_way_leaves_the_earlier_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "orders.sqlite", [FINISHED], "lunch")
    with monkeypatch.context() as patch:
        patch.setattr("runtime.storage.schema.WRITE", "INSERT INTO nowhere VALUES (1)")
        with pytest.raises(Halted, match="no such table: nowhere"):
            opened(path)
    assert version(path) == 1
    with contextlib.closing(opened(path)) as journal:
        assert (journal.load(), journal.halted()) == ([FINISHED], "lunch")


@pytest.mark.parametrize("number", [2, 3])
def test_a_file_of_an_earlier_version_keeps_its_orders_its_halt_its_owner_and_the_ids_that_are_taken(
    tmp_path: Path, number: int
) -> None:
    orders = [FINISHED, JOURNALED, OPEN]
    path = written_by_version(number, tmp_path / "orders.sqlite", orders)
    assert (inspect(path).damage, inspect(path).unfinished, read_orders(path)) == ("", 2, orders)
    with contextlib.closing(opened(path)) as journal:
        journal.write([PENDING])
    assert version(path) == 4
    with contextlib.closing(opened(path)) as journal:
        assert (journal.load(), journal.load_pending(), journal.halted()) == (orders, [PENDING], "lunch")
        assert journal.retired("r1") is OrderState.REFUSED
    with pytest.raises(Halted, match="belongs to the demo account 123 of pocketoption"):
        SqliteJournal(path, JournalAccount("pocketoption", "demo", "124"))


def test_pending_orders_of_version_3_are_kept(tmp_path: Path) -> None:
    path = written_by_version(3, tmp_path / "orders.sqlite", [JOURNALED, PENDING])
    with contextlib.closing(opened(path)) as journal:
        assert (journal.load(), journal.load_pending()) == ([JOURNALED], [PENDING])


@pytest.mark.parametrize("number", [2, 3])
def test_a_damaged_file_of_an_earlier_version_is_refused_and_stays_as_it_is(
    tmp_path: Path, number: int
) -> None:
    path = written_by_version(number, tmp_path / "orders.sqlite", [FINISHED])
    with contextlib.closing(sqlite3.connect(path)) as vandal, vandal:
        vandal.execute("UPDATE orders SET amount = '15'")
    before = path.read_bytes()
    with pytest.raises(Halted, match="the row of an order is not as it was written"):
        opened(path)
    assert path.read_bytes() == before
