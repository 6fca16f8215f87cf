"""The journal on disk (SQLite): every order before it is sent, its outcome, and whether orders are halted."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from actors.errors import Halted, JournalInUse
from actors.orders.order import UNFINISHED, Order
from runtime.storage.lock import acquire

VERSION: Final = 1
FINISHED_LOADED: Final = 1_000

SCHEMA: Final = """
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

WRITE: Final = """
INSERT INTO orders
    (id, state, finished, account, asset, amount, direction, duration, created_at, reason, deal)
VALUES
    (:id, :state, :finished, :account, :asset, :amount, :direction, :duration, :created_at, :reason, :deal)
ON CONFLICT (id) DO UPDATE
SET state = excluded.state, finished = excluded.finished, reason = excluded.reason, deal = excluded.deal
"""

LOAD: Final = """
SELECT * FROM (
    SELECT * FROM orders WHERE finished = 0
    UNION ALL
    SELECT * FROM (SELECT * FROM orders WHERE finished = 1 ORDER BY number DESC LIMIT ?)
) ORDER BY number
"""

HALT: Final = """
INSERT INTO halt (number, reason) VALUES (1, ?) ON CONFLICT (number) DO UPDATE SET reason = excluded.reason
"""


class SqliteJournal:
    """One file that one runtime holds; any program may read it with ``sqlite3``.

    One thread may hand the object to another, but two must not use it at the same time.

    Every method raises ``Halted`` if the file does not allow what it does: no journal, no orders.
    """

    unusable = ""

    def __init__(self, path: Path) -> None:
        """Open the file, or create it and its folder.

        Raises ``JournalInUse`` at once while another ``SqliteJournal`` holds the file, in this process or
        another, and ``Halted`` if a newer version wrote it.
        """
        self._path = path.resolve()
        with self._translated("opened"), ExitStack() as files:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            files.enter_context(closing(self._acquire_lock()))
            self._db = files.enter_context(closing(self._open()))
            self._files = files.pop_all()

    def write(self, orders: Sequence[Order]) -> None:
        """Write all of ``orders`` as they are now, or none; they are on the disk when it returns."""
        if orders:
            with self._translated("written"), self._db:
                self._db.executemany(WRITE, [_row(order) for order in orders])

    def note(self, orders: Sequence[Order]) -> None:
        """As ``write``, without waiting for the disk. The end of this process loses nothing; the end of the
        machine may, unless a ``write`` followed."""
        if orders:
            with self._translated("written"), self._without_sync():
                self.write(orders)

    def load(self) -> list[Order]:
        """All unfinished orders and the last 1,000 finished ones, oldest first."""
        with self._translated("read"):
            return [_order(row) for row in self._db.execute(LOAD, (FINISHED_LOADED,))]

    def since(self, created_at: float) -> list[Order]:
        """The orders made at ``created_at`` (UTC) or later, oldest first."""
        query = "SELECT * FROM orders WHERE created_at >= ? ORDER BY number"
        with self._translated("read"):
            return [_order(row) for row in self._db.execute(query, (created_at,))]

    def halted(self) -> str | None:
        """The reason of the halt, ``None`` if orders are not halted."""
        with self._translated("read"):
            row = self._db.execute("SELECT reason FROM halt").fetchone()
        return None if row is None else str(row["reason"])

    def halt(self, reason: str) -> None:
        """Halt orders until ``resume``, across restarts; the halt is on the disk when it returns."""
        with self._translated("written"), self._db:
            self._db.execute(HALT, (reason,))

    def resume(self) -> bool:
        """End the halt; whether there was one."""
        with self._translated("written"), self._db:
            return self._db.execute("DELETE FROM halt").rowcount > 0

    def tidy(self) -> None:
        """Move the write-ahead log into the file, so that a copy of the file alone is complete. No row is
        ever removed."""
        with self._translated("tidied"):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._db.execute("PRAGMA optimize").fetchall()

    def close(self) -> None:
        self._files.close()

    def _acquire_lock(self) -> sqlite3.Connection:
        lock = acquire(self._path)
        if lock is None:
            raise JournalInUse(f"the journal {self._path} is in use by another runtime")
        return lock

    def _open(self) -> sqlite3.Connection:
        self._path.touch(mode=0o600)
        db = sqlite3.connect(self._path, timeout=1.0, check_same_thread=False)
        try:
            db.row_factory = sqlite3.Row
            _prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    @contextmanager
    def _without_sync(self) -> Iterator[None]:
        self._db.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self._db.execute("PRAGMA synchronous = FULL")

    @contextmanager
    def _translated(self, action: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, msgspec.MsgspecError, OSError, ValueError, OverflowError) as error:
            raise Halted(f"the journal {self._path} cannot be {action}: {error}") from error


def _prepare(db: sqlite3.Connection) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise Halted(f"the journal has version {version}; this runtime knows those up to {VERSION}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")  # some builds of SQLite do with less in WAL mode
    db.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone does not reach the disk
    if version == 0:
        db.executescript(SCHEMA)


def _row(order: Order) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(order)
    row["finished"] = order.state not in UNFINISHED
    row["deal"] = order.deal and msgspec.json.encode(order.deal).decode()
    return row


def _order(row: sqlite3.Row) -> Order:
    deal = row["deal"]
    return msgspec.convert({**row, "deal": deal and msgspec.json.decode(deal)}, Order)


class NoJournal:
    """The journal where the file cannot be used: every order is refused with ``reason``, streams go on."""

    def __init__(self, reason: str) -> None:
        self._reason = self.unusable = reason

    def load(self) -> list[Order]:
        return []

    def since(self, created_at: float) -> list[Order]:
        return []

    def write(self, orders: Sequence[Order]) -> None:
        if orders:
            raise Halted(self._reason)

    note = write

    def halted(self) -> str | None:
        return self._reason

    def halt(self, reason: str) -> None:
        raise Halted(self._reason)

    def resume(self) -> bool:
        raise Halted(self._reason)

    def tidy(self) -> None:
        """No file needs it."""

    def close(self) -> None:
        """No file is open."""


def open_journal(path: Path) -> SqliteJournal | NoJournal:
    """The journal in ``path``; where it cannot be used, a ``NoJournal`` with the reason.

    Raises ``JournalInUse`` if another runtime holds the file.
    """
    try:
        journal = SqliteJournal(path)
    except Halted as error:
        return NoJournal(str(error))
    try:
        journal.load()
    except Halted as error:
        journal.close()
        return NoJournal(str(error))
    return journal
