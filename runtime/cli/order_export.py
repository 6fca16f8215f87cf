"""Finished orders in a file, CSV or Parquet, which grows: what the journal no longer has stays in it."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from actors.orders.order import UNFINISHED, Order, OrderState
from runtime.cli.export import need_pyarrow, replace_file

OrderCells = dict[str, Any]
"""One row: a value for each of ``COLUMNS``, ``None`` where it is not known."""

COLUMNS: Final[dict[str, Callable[[str], Any]]] = {
    "id": str,
    "state": str,
    "account": str,
    "asset": str,
    "direction": str,
    "amount": Decimal,
    "duration": int,
    "created_at": datetime.fromisoformat,
    "deal": str,
    "opened_at": datetime.fromisoformat,
    "closes_at": datetime.fromisoformat,
    "open_price": float,
    "close_price": float,
    "payout": int,
    "outcome": str,
    "profit": Decimal,
    "reason": str,
    "kind": str,
    "ticket": str,
    "pending_open_at": datetime.fromisoformat,
    "pending_open_price": float,
    "minimum_payout": int,
    "currency": str,
}
"""What reads a value of each column from text. Times have a zone, UTC; ``duration`` is in seconds."""

FIRST_COLUMNS: Final = list(COLUMNS)[: list(COLUMNS).index("kind")]
SECOND_COLUMNS: Final = list(COLUMNS)[: list(COLUMNS).index("currency")]
"""Those of a file that an earlier version began, before pending orders had their own, and before the currency
of a deal had one."""

_HEADS: Final = (list(COLUMNS), SECOND_COLUMNS, FIRST_COLUMNS)

DECIMALS: Final = 9
"""Of an amount in Parquet."""


class Exported(NamedTuple):
    """How many orders the file has; ``bare`` of them have an id and a state alone, since they had left the
    journal before any export into this file."""

    orders: int
    bare: int


def export_orders(orders: Iterable[Order], retired: Mapping[str, str], path: Path) -> Exported:
    """Bring the finished ones of ``orders`` into the file at ``path``, whose other rows stay; ``retired`` has
    the states of the orders that have left the journal, by their ids.

    Raises ``ValueError`` if there is a file that is no such export, ``OSError`` if it cannot be written.
    """
    read, write = _READERS[path.suffix.lower()], _WRITERS[path.suffix.lower()]
    rows = {row["id"]: row for row in (read(path) if path.exists() else [])}
    unknown: OrderCells = dict.fromkeys(COLUMNS)
    for id, state in retired.items():
        rows.setdefault(id, unknown | {"id": id, "state": state})
    rows |= {order.id: _cells(order) for order in orders if order.state not in UNFINISHED}
    ordered = sorted(rows.values(), key=lambda row: (row["created_at"] is not None, row["created_at"]))
    replace_file(path, write(ordered))
    return Exported(len(ordered), sum(row["created_at"] is None for row in ordered))


def read_rows(path: Path) -> list[OrderCells]:
    """The rows of a file that ``export_orders`` made. Raises ``ValueError`` if it is none, ``OSError`` if it
    cannot be read."""
    check_export_path(path)
    return _READERS[path.suffix.lower()](path)


def check_export_path(path: Path) -> None:
    """Raises ``ValueError`` with a sentence if no export can go there."""
    if path.suffix.lower() not in _WRITERS:
        raise ValueError(f"{path} must end in {' or '.join(_WRITERS)}")
    if not path.parent.is_dir():
        raise ValueError(f"{path.parent} is no folder")
    if path.suffix.lower() == ".parquet":
        need_pyarrow()


def _cells(order: Order) -> OrderCells:
    deal = order.deal if order.state is OrderState.CLOSED else None
    row: OrderCells = {
        "id": order.id,
        "state": order.state.value,
        "account": order.account.value,
        "asset": order.asset,
        "direction": order.direction.value,
        "amount": order.amount,
        "duration": order.duration,
        "created_at": _moment(order.created_at),
        "reason": order.reason or None,
        "kind": order.kind,
    }
    if (pending := order.pending) is not None:
        row |= {
            "ticket": pending.ticket or None,
            "pending_open_at": None if pending.open_at is None else _moment(pending.open_at),
            "pending_open_price": pending.open_price,
            "minimum_payout": pending.minimum_payout,
        }
    if deal is not None:
        row |= {
            "deal": deal.id,
            "opened_at": _moment(deal.opened_at),
            "closes_at": _moment(deal.closes_at),
            "open_price": deal.open_price,
            "close_price": deal.close_price,
            "payout": deal.payout,
            "outcome": deal.outcome and deal.outcome.value,
            "profit": deal.profit,
            "currency": deal.currency,
        }
    return dict.fromkeys(COLUMNS) | row


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _as_csv(rows: Sequence[OrderCells]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_text(row[name]) for name in COLUMNS] for row in rows)
    return text.getvalue().encode()


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
    return str(value)


def _from_csv(path: Path) -> list[OrderCells]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            names, *rows = csv.reader(file)
        if names not in _HEADS:
            raise _foreign(path)
        return [_parsed(names, row) for row in rows]
    except (ValueError, ArithmeticError, csv.Error) as error:
        raise _foreign(path) from error


def _parsed(names: list[str], row: list[str]) -> OrderCells:
    cells = {name: COLUMNS[name](cell) if cell else None for name, cell in zip(names, row, strict=True)}
    return dict.fromkeys(COLUMNS) | cells


def _as_parquet(rows: Sequence[OrderCells]) -> bytes:
    import pyarrow as pa  # noqa: PLC0415  # an extra
    from pyarrow import parquet  # noqa: PLC0415

    types = {
        str: pa.string(),
        Decimal: pa.decimal128(38, DECIMALS),
        int: pa.int64(),
        float: pa.float64(),
        datetime.fromisoformat: pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(name, types[parse]) for name, parse in COLUMNS.items()])
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist(list(rows), schema), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _from_parquet(path: Path) -> list[OrderCells]:
    import pyarrow as pa  # noqa: PLC0415  # an extra
    from pyarrow import parquet  # noqa: PLC0415

    try:
        table = parquet.read_table(path)
    except pa.ArrowInvalid as error:
        raise _foreign(path) from error
    if table.column_names not in _HEADS:
        raise _foreign(path)
    return [dict.fromkeys(COLUMNS) | row for row in table.to_pylist()]


def _foreign(path: Path) -> ValueError:
    return ValueError(f"{path} is there and is no export of orders: name another file")


_READERS: Final = {".csv": _from_csv, ".parquet": _from_parquet}
_WRITERS: Final = {".csv": _as_csv, ".parquet": _as_parquet}
