"""The journal on disk (SQLite): every order before it is sent, its outcome, and whether orders are halted.

What was told is in the main file, so that a copy of that file alone forgets nothing: a halt before it is
answered, an order before anything that follows from it is handled (``settle``). The write-ahead log makes an
order durable before it is sent; see docs/decisions/031.
"""

import contextlib
import math
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from actors.errors import Halted, JournalInUse
from actors.orders.order import Order, OrderState
from runtime.storage import schema
from runtime.storage.account import JournalAccount
from runtime.storage.blocks import Setting, Translated
from runtime.storage.inspection import mark_of
from runtime.storage.lock import acquire, announce, holder
from runtime.storage.open_files import OpenFiles, check_links

FINISHED_LOADED: Final = 1_000
RETENTION: Final = 90 * 86_400.0
"""Seconds for which a finished order is kept, unless the configuration says otherwise."""

RETIRED_AT_ONCE: Final = 1_000

_LOAD: Final = """
SELECT * FROM (
    SELECT * FROM orders WHERE finished = 0 AND pending IS {kind}
    UNION ALL
    SELECT * FROM (
        SELECT * FROM orders WHERE finished = 1 AND pending IS {kind} ORDER BY number DESC LIMIT ?
    )
) ORDER BY number
"""
LOAD: Final = _LOAD.format(kind="NULL")
LOAD_PENDING: Final = _LOAD.format(kind="NOT NULL")

OLD: Final = "SELECT * FROM orders WHERE finished = 1 AND created_at < ? ORDER BY number LIMIT ?"


class SqliteJournal:
    """One file that one runtime holds; any program may read it with ``sqlite3``.

    One thread may hand the object to another, but two must not use it at the same time.

    Every method raises ``Halted`` if the file does not allow what it does: no journal, no orders.
    """

    shared = False
    sends_until = math.inf

    def __init__(
        self,
        path: Path,
        account: JournalAccount,
        *,
        retention: float = RETENTION,
        own_name: str = "",
    ) -> None:
        """Open the file of ``account``, or create it and its folder; look at every page and every row.

        A file of version 1 names no account. It becomes that of ``account`` if nothing in it waits for
        evidence of an account, or if it is called ``own_name``, which names the account.

        Raises ``JournalInUse`` at once while another ``SqliteJournal`` holds the file, in this process or
        another, and ``Halted`` if it is damaged, emptied or gone, belongs to another account, or was written
        by a newer version.
        """
        with Translated("opened", path):
            check_links(path)
        self._path = path.resolve()
        self._mark = mark_of(path)
        self._retention = retention
        self.is_new = False
        """Whether the file was made now."""
        self.unsettled = True
        """Whether the write-ahead log has what the main file lacks; at first, what a crash has left in it."""
        with Translated("opened", self._path), ExitStack() as files:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            files.enter_context(closing(self._acquire_lock()))
            self._create_file()
            self._db = files.enter_context(closing(self._open(account, own_name)))
            self._without_sync = Setting(self._db, "synchronous", "FULL", "NORMAL")
            self._without_waiting = Setting(self._db, "busy_timeout", "1000", "0")
            self.tidy()
            self._make_mark(account)
            self._open_files = OpenFiles(self._path)
            self._files = files.pop_all()

    def write(self, orders: Sequence[Order]) -> None:
        """Write all of ``orders`` as they are now, or none; they are on the disk when it returns."""
        if orders:
            with Translated("written", self._path):
                self._write(orders)

    def note(self, orders: Sequence[Order]) -> None:
        """As ``write``, without waiting for the disk. The end of this process loses nothing; the end of the
        machine may, unless a ``write`` followed."""
        if orders:
            with Translated("written", self._path), self._without_sync:
                self._write(orders)

    def settle(self) -> None:
        """Move the write-ahead log into the main file. While another program reads the file, that may have
        to wait: ``unsettled`` stays true then."""
        if not self.unsettled:
            return
        with Translated("settled", self._path), self._without_waiting:
            if self._db.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0]:
                return
            # The next write begins the log anew: of one that stays as it is, a damaged rest would hide newer
            # pages of the main file. That write waits for the disk: here, and not on an order's way.
            with contextlib.suppress(sqlite3.OperationalError), self._without_sync:
                self._db.execute(f"PRAGMA user_version = {schema.VERSION}")
                self.unsettled = False

    def refusal(self) -> str | None:
        """Why the file takes no order: it, or what SQLite keeps beside it, was removed, replaced or cut while
        it is open; ``None`` if it takes them."""
        return self._open_files.refusal()

    def load(self) -> list[Order]:
        """All unfinished orders and the last 1,000 finished ones, oldest first; no pending orders."""
        return self._load(LOAD)

    def load_pending(self) -> list[Order]:
        """As ``load``, of the pending orders alone."""
        return self._load(LOAD_PENDING)

    def find(self, id: str) -> Order | None:
        """The order as it was written last; ``None`` if there is none, or if it has left (``retired``)."""
        with Translated("read", self._path):
            row = self._db.execute("SELECT * FROM orders WHERE id = ?", (id,)).fetchone()
            return None if row is None else schema.order_of(row)

    def retired(self, id: str) -> OrderState | None:
        """The last state of an order that has left after the retention; ``None`` if no such order has."""
        with Translated("read", self._path):
            row = self._db.execute("SELECT * FROM retired WHERE id = ?", (id,)).fetchone()
            return None if row is None else schema.retired_state(row)

    def since(self, created_at: float) -> list[Order]:
        """The orders, pending ones too, made at ``created_at`` (UTC) or later, oldest first."""
        query = "SELECT * FROM orders WHERE created_at >= ? ORDER BY number"
        with Translated("read", self._path):
            return [schema.order_of(row) for row in self._db.execute(query, (created_at,))]

    def halted(self) -> str | None:
        """The reason of the halt, ``None`` if orders are not halted."""
        with Translated("read", self._path):
            return schema.halt_of(self._db)

    def halt(self, reason: str) -> None:
        """Halt orders until ``resume``, across restarts; the halt is on the disk when it returns."""
        self._switch(reason)

    def resume(self) -> bool:
        """End the halt; whether there was one."""
        return self._switch(None)

    def tidy(self) -> None:
        """Retire the finished orders that are older than the retention: their ids and last states stay. Then
        move the write-ahead log into the main file."""
        with Translated("tidied", self._path):
            oldest = time.time() - self._retention
            while rows := self._db.execute(OLD, (oldest, RETIRED_AT_ONCE)).fetchall():
                with self._db:
                    schema.retire(self._db, map(schema.order_of, rows))
            self.settle()

    def close(self) -> None:
        self._files.close()

    def _write(self, orders: Sequence[Order]) -> None:
        if (refusal := self.refusal()) is not None:
            raise Halted(refusal)
        with self._db:
            self.unsettled = True
            self._db.executemany(schema.WRITE, [schema.order_row(order) for order in orders])

    def _load(self, query: str) -> list[Order]:
        with Translated("read", self._path):
            return [schema.order_of(row) for row in self._db.execute(query, (FINISHED_LOADED,))]

    def _switch(self, reason: str | None) -> bool:
        """Begin or end the halt; whether there was one."""
        if (refusal := self.refusal()) is not None:
            raise Halted(refusal)
        with Translated("written", self._path):
            was_halted = schema.halt_of(self._db) is not None
            with self._db:
                self.unsettled = True
                schema.write_halt(self._db, reason)
        self.settle()
        return was_halted

    def _acquire_lock(self) -> sqlite3.Connection:
        lock = acquire(self._path)
        if lock is None:
            runtime = f"another runtime{holder(self._path)}"
            raise JournalInUse(
                f"the journal {self._path} is in use by {runtime}: operate that one (tellwire ctl), attach to"
                " it, or set another orders.journal"
            )
        announce(self._path)
        return lock

    def _create_file(self) -> None:
        """Unless it is there. Raises ``Halted`` if the mark says that it was there."""
        size = self._path.stat().st_size if self._path.exists() else None
        if size:
            return
        if self._mark.exists():
            state = "gone" if size is None else "empty"
            advice = f"put a copy back; or remove {self._mark}, if no order of it can still be open"
            raise Halted(f"the journal {self._path} is {state}, but was there before: {advice}")
        self._path.touch(mode=0o600)
        _sync_folder(self._path.parent)
        self.is_new = True

    def _make_mark(self, account: JournalAccount) -> None:
        if not self._mark.exists():
            with self._mark.open("x", encoding="utf-8") as mark:
                mark.write(f"{self._path.name} is the journal of orders of {account}.\n")
                mark.flush()
                os.fsync(mark.fileno())
            _sync_folder(self._path.parent)

    def _open(self, account: JournalAccount, own_name: str) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=1.0, check_same_thread=False)
        try:
            db.row_factory = sqlite3.Row
            self._prepare(db, account, own_name)
        except BaseException:
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection, account: JournalAccount, own_name: str) -> None:
        version = schema.version_of(db)
        if version > schema.VERSION:
            raise Halted(
                f"the journal has version {version}; this runtime knows those up to {schema.VERSION}"
            )
        if version == 0 and self._mark.exists():
            raise schema.Damage("its tables are lost")
        if version:
            schema.check(db, version)
            self._check_owner(db, version, account, own_name)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # some builds of SQLite do with less in WAL mode
        db.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone does not reach the disk
        db.execute("PRAGMA checkpoint_fullfsync = ON")
        if version == 0:
            schema.create(db, account)
        elif version < schema.VERSION:
            schema.migrate(db, version, account)

    def _check_owner(
        self, db: sqlite3.Connection, version: int, account: JournalAccount, own_name: str
    ) -> None:
        """Evidence of another account proves nothing about the orders in the file."""
        if version == 1:
            unowned = 0 if self._path.name == own_name else schema.unowned(db, account)
            if unowned:
                raise Halted(
                    f"the journal {self._path} has {unowned} orders in doubt and does not say of which"
                    f" account, since an earlier version wrote it: if it is that of {account}, rename it to"
                    f" {own_name or 'a name of that account'} and change orders.journal"
                )
        elif (owner := schema.owner_of(db)) != account:
            raise Halted(
                f"the journal {self._path} belongs to {owner}, and this session is of {account}: give each"
                " account a file of its own in orders.journal"
            )


class NoJournal:
    """The journal where the file cannot be used: every order is refused with ``reason``, streams go on."""

    unsettled = shared = is_new = False
    sends_until = math.inf

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def load(self) -> list[Order]:
        return []

    load_pending = load

    def since(self, created_at: float) -> list[Order]:
        return []

    def write(self, orders: Sequence[Order]) -> None:
        if orders:
            raise Halted(self._reason)

    note = write

    def refusal(self) -> str | None:
        return self._reason

    def find(self, id: str) -> Order | None:
        raise Halted(self._reason)

    def retired(self, id: str) -> OrderState | None:
        raise Halted(self._reason)

    def settle(self) -> None:
        """No file needs it."""

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


def open_journal(
    path: Path, account: JournalAccount, *, retention: float = RETENTION, own_name: str = ""
) -> SqliteJournal | NoJournal:
    """The journal of ``account`` in ``path``; where it cannot be used, a ``NoJournal`` with the reason.

    Raises ``JournalInUse`` if another runtime holds the file.
    """
    try:
        return SqliteJournal(path, account, retention=retention, own_name=own_name)
    except Halted as error:
        return NoJournal(str(error))


def _sync_folder(folder: Path) -> None:
    """Have the disk keep that a file was created in it."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
