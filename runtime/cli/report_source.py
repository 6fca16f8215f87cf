"""Where a report gets its orders: the journal of a configuration, a journal file, and exports of orders."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from actors.errors import Halted, NoRuntime, RequestRefused
from actors.orders.order import Order
from runtime.cli.order_export import OrderCells, read_rows
from runtime.cli.order_source import find_orders
from runtime.report.account_report import ReportSource
from runtime.storage.inspection import JournalContents, mark_of, read_contents

EXPORTS: Final = (".csv", ".parquet")
JOURNALS: Final = (".sqlite", ".sqlite3", ".db")
_SQLITE: Final = b"SQLite format 3\0"


def read_source(path: Path, archives: Sequence[Path], account: str = "") -> ReportSource:
    """The orders of ``path``, which is a configuration, a journal or an export, and those of ``archives``
    that it lacks; ``account`` names one of several of a configuration. Raises ``ConfigInvalid``,
    ``NoRuntime``, and ``Halted`` or ``RequestRefused`` with a sentence for what cannot be read."""
    if path.suffix.lower() in EXPORTS:
        return _merged(path, JournalContents(None, [], {}, None), (path, *archives), running=False)
    if _is_journal(path):
        return _merged(path, _contents(path), archives, running=False)
    with find_orders(path, account) as found:
        journal, running = found.journal, found.attachment is not None
        if not running and not (journal.exists() or journal.is_symlink() or mark_of(journal).exists()):
            raise NoRuntime(f"there is no journal {journal} yet: no order was ever made with {path}")
        return _merged(journal, _contents(journal), archives, running=running)


def _is_journal(path: Path) -> bool:
    """By its name, its mark or its first bytes: one that is damaged is one all the same."""
    if path.suffix.lower() in JOURNALS or mark_of(path).exists():
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False  # what reads it as a configuration says why


def _contents(path: Path) -> JournalContents:
    if not path.exists() and not mark_of(path).exists():
        raise Halted(f"there is no journal {path}")
    return read_contents(path)


def _merged(path: Path, journal: JournalContents, archives: Sequence[Path], *, running: bool) -> ReportSource:
    """What the journal says of an order counts, and otherwise what the first archive says that has more than
    its state."""
    orders: dict[str, Order] = {}
    bare = set(journal.retired)
    for archive in archives:
        for row in _rows(archive):
            if row["created_at"] is None:
                bare.add(row["id"])
            elif row["id"] not in orders:
                orders[row["id"]] = _order(archive, row)
    orders |= {order.id: order for order in journal.orders}
    return ReportSource(
        name=", ".join(dict.fromkeys(each.name for each in (path, *archives))),
        orders=sorted(orders.values(), key=lambda order: order.created_at),
        account=journal.account,
        retired=len(bare - orders.keys()),
        running=running,
        halt=journal.halt,
    )


def _rows(archive: Path) -> list[OrderCells]:
    try:
        return read_rows(archive)
    except FileNotFoundError:
        raise RequestRefused(f"there is no export {archive}") from None
    except ValueError as error:
        raise RequestRefused(str(error).replace(": name another file", "")) from error
    except OSError as error:
        raise RequestRefused(f"{archive} cannot be read: {error.strerror}") from error


def _order(archive: Path, row: OrderCells) -> Order:
    """The order of a row of an export."""
    known = {name: _plain(value) for name, value in row.items() if value is not None}
    order = {name: known[name] for name in Order.__struct_fields__ if name in known and name != "deal"}
    if "deal" in known:
        order["deal"] = known | {"id": known["deal"]}
    if known.get("kind") == "pending":
        order["pending"] = {
            "minimum_payout": known.get("minimum_payout", 0),
            "open_at": known.get("pending_open_at"),
            "open_price": known.get("pending_open_price"),
            "ticket": known.get("ticket", ""),
        }
    try:
        return msgspec.convert(order, Order)
    except msgspec.ValidationError as error:
        raise RequestRefused(f"{archive} has an order {row['id']} that cannot be right: {error}") from None


def _plain(value: object) -> object:
    return value.timestamp() if isinstance(value, datetime) else value
