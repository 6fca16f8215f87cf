"""What a journal has, read without changing it, also while a runtime uses it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from actors.errors import Halted
from actors.orders.order import Order, OrderState
from runtime.storage import schema
from runtime.storage.account import JournalAccount
from runtime.storage.open_files import check_links


class JournalState(Struct, frozen=True):
    """``orders`` and ``unfinished`` count pending orders too, ``pending`` those that are unfinished.

    ``account`` is ``None`` for a damaged journal, and for one of version 1, which names none.

    ``halt`` is the reason of the halt, ``None`` without one; ``size`` is in bytes; ``damage`` is where it is
    not as it was written, ``""`` for a journal that is whole.
    """

    version: int
    account: JournalAccount | None
    orders: int
    unfinished: int
    retired: int
    halt: str | None
    size: int
    damage: str
    pending: int = 0


class JournalContents(Struct, frozen=True):
    """One moment of a journal. ``orders`` are oldest first, pending ones too; ``retired`` has the last states
    of those that have left, by their ids; ``account`` is ``None`` for version 1; ``halt`` is the reason of
    the halt, ``None`` without one."""

    account: JournalAccount | None
    orders: list[Order]
    retired: dict[str, OrderState]
    halt: str | None


def mark_of(path: Path) -> Path:
    """The file that says that there is a journal in ``path``."""
    real = Path(os.path.realpath(path))  # not Path.resolve, which raises for a link to itself
    return real.with_name(f"{real.name}.mark")


def inspect(path: Path) -> JournalState:
    """Look at every page and every row. Raises ``Halted`` if the file cannot be read at all."""
    with _reading(path) as db:
        version = _version(db)
        damage = ""
        try:
            schema.check(db, version)
        except (schema.Damage, sqlite3.Error, msgspec.MsgspecError, ValueError) as error:
            damage = str(error)
        first = version == 1
        orders, unfinished = db.execute(
            "SELECT count(*), coalesce(sum(finished = 0), 0) FROM orders"
        ).fetchone()
        pending = "SELECT count(*) FROM orders WHERE finished = 0 AND pending IS NOT NULL"
        halt = db.execute("SELECT reason FROM halt").fetchone()
        return JournalState(
            version=version,
            account=None if first or damage else schema.owner_of(db),
            orders=orders,
            unfinished=unfinished,
            retired=0 if first else db.execute("SELECT count(*) FROM retired").fetchone()[0],
            halt=None if halt is None else halt[0],
            size=path.stat().st_size,
            damage=damage,
            pending=0 if version < 3 else db.execute(pending).fetchone()[0],
        )


def read_contents(path: Path) -> JournalContents:
    """All that the journal has, at one moment. Raises ``Halted`` if it cannot be read or is damaged."""
    with _reading(path) as db:
        version = _version(db)
        orders = schema.check(db, version)
        first = version == 1
        halt = db.execute("SELECT reason FROM halt").fetchone()
        retired = [] if first else db.execute("SELECT * FROM retired").fetchall()
        return JournalContents(
            account=None if first else schema.owner_of(db),
            orders=orders,
            retired={row["id"]: schema.retired_state(row) for row in retired},
            halt=None if halt is None else halt[0],
        )


def read_orders(path: Path) -> list[Order]:
    """All orders that are in the journal, pending ones too (``Order.kind``), oldest first, such as for a file
    of another form. Raises ``Halted`` if it cannot be read or is damaged."""
    with _reading(path) as db:
        return schema.check(db, _version(db))


def read_retired(path: Path) -> dict[str, OrderState]:
    """The last states of the orders that have left the journal, by their ids; raises as ``read_orders``."""
    with _reading(path) as db:
        if _version(db) == 1:
            return {}
        return {row["id"]: schema.retired_state(row) for row in db.execute("SELECT * FROM retired")}


def _version(db: sqlite3.Connection) -> int:
    version = schema.version_of(db)
    if not 0 < version <= schema.VERSION:
        newer = "; a newer tellwire wrote it: use that one" if version > schema.VERSION else ""
        known = f"this program knows those from 1 to {schema.VERSION}"
        raise schema.Damage(f"it has version {version}; {known}{newer}")
    return version


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """One snapshot of the file."""
    try:
        check_links(path)
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            db.execute("BEGIN")
            yield db
    except (schema.Damage, sqlite3.Error, msgspec.MsgspecError, OSError, ValueError) as error:
        raise Halted(f"the journal {path} cannot be read: {error}") from error
