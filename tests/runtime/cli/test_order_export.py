"""Finished orders in a file that keeps what the journal loses."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from actors.orders.order import Order, OrderState, PendingTerms
from runtime.cli.order_export import COLUMNS, FIRST_COLUMNS, Exported, check_export_path, export_orders
from tests.runtime.storage.test_journal import CLOSED, JOURNALED

REFUSED = structs.replace(
    JOURNALED, id="o0", state=OrderState.REFUSED, reason='no "money", sorry', created_at=9.5
)
FORMS = pytest.mark.parametrize("name", ["orders.csv", "orders.parquet"])


def rows(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".parquet":
        found: list[dict[str, object]] = pytest.importorskip("pyarrow.parquet").read_table(path).to_pylist()
        return found
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {name: COLUMNS[name](cell) if cell else None for name, cell in row.items()}
            for row in csv.DictReader(file)
        ]


@FORMS
def test_finished_orders_are_written_with_their_deals_and_others_are_not(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    unfinished = [
        structs.replace(JOURNALED, id="j"),
        structs.replace(JOURNALED, id="u", state=OrderState.UNKNOWN),
    ]
    assert export_orders([CLOSED, *unfinished, REFUSED], {}, path) == Exported(2, 0)
    refused, closed = rows(path)
    assert list(closed) == list(COLUMNS)
    assert (closed["id"], closed["state"], closed["deal"], closed["outcome"]) == ("o1", "closed", "d1", "win")
    assert (closed["amount"], closed["profit"]) == (Decimal("1.50"), Decimal("1.38"))
    assert closed["created_at"] == datetime.fromtimestamp(CLOSED.created_at, UTC)
    assert closed["reason"] == "ended; it's 'won'"
    assert (refused["state"], refused["reason"], refused["deal"]) == ("refused", REFUSED.reason, None)


@FORMS
def test_what_an_earlier_export_has_stays_when_the_journal_has_lost_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    export_orders([CLOSED], {}, path)
    before = rows(path)
    assert export_orders([REFUSED], {"o1": "closed"}, path) == Exported(2, 0)
    assert rows(path)[1:] == before
    assert export_orders([REFUSED], {"o1": "closed"}, path) == Exported(2, 0)


@FORMS
def test_a_pending_order_has_its_ticket_and_what_it_waited_for(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    at_time = structs.replace(
        CLOSED, id="p1", deal=None, pending=PendingTerms(80, open_at=1_770_849_000.0, ticket="t-1")
    )
    at_price = structs.replace(at_time, id="p2", pending=PendingTerms(0, open_price=1.25))
    export_orders([CLOSED, at_time, at_price], {}, path)
    found = {row["id"]: row for row in rows(path)}
    columns = ("kind", "ticket", "pending_open_at", "pending_open_price", "minimum_payout")
    moment = datetime.fromtimestamp(1_770_849_000, UTC)
    assert [found["p1"][each] for each in columns] == ["pending", "t-1", moment, None, 80]
    assert [found["p2"][each] for each in columns] == ["pending", None, None, 1.25, 0]
    assert [found["o1"][each] for each in columns] == ["order", None, None, None, None]


@FORMS
def test_a_file_from_before_pending_orders_had_columns_goes_on(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    export_orders([CLOSED], {}, path)
    [row] = rows(path)
    if path.suffix == ".csv":
        lines = path.read_text(encoding="utf-8").splitlines()
        dropped = len(COLUMNS) - len(FIRST_COLUMNS)
        path.write_text("".join(line.rsplit(",", dropped)[0] + "\n" for line in lines), encoding="utf-8")
    else:
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(parquet.read_table(path).select(FIRST_COLUMNS), path)
    assert export_orders([REFUSED], {"o1": "closed"}, path) == Exported(2, 0)
    assert rows(path)[1] == row | {"kind": None}


@FORMS
def test_what_had_left_before_any_export_has_an_id_and_a_state(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert export_orders([CLOSED], {"gone": "not placed"}, path) == Exported(2, 1)
    bare = rows(path)[0]
    assert {key: value for key, value in bare.items() if value is not None} == {
        "id": "gone",
        "state": "not placed",
    }


@FORMS
def test_an_order_that_has_changed_is_written_as_it_is_now(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    verdict: Order = structs.replace(JOURNALED, state=OrderState.NOT_PLACED)
    export_orders([verdict], {}, path)
    assert export_orders([CLOSED], {}, path) == Exported(1, 0)
    assert rows(path)[0]["state"] == "closed"


@FORMS
def test_a_file_of_somebody_else_is_refused_and_kept(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for content in (
        b"precious",
        b"",
        b"a,b\n1,2\n",
        ",".join(COLUMNS).encode() + b"\nonly,two\n",
        b"\xff\xfe",
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is no export of orders: name another file"):
            export_orders([CLOSED], {}, path)
        assert path.read_bytes() == content


def test_a_parquet_file_of_other_columns_is_refused(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    path = tmp_path / "orders.parquet"
    pytest.importorskip("pyarrow.parquet").write_table(pa.table({"a": [1]}), path)
    with pytest.raises(ValueError, match="is no export of orders"):
        export_orders([CLOSED], {}, path)


def test_no_orders_are_an_empty_table(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    assert export_orders([], {}, path) == Exported(0, 0)
    assert path.read_text() == ",".join(COLUMNS) + "\n"


def test_a_path_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.csv or \.parquet"):
        check_export_path(tmp_path / "orders.xlsx")
    with pytest.raises(ValueError, match="is no folder"):
        check_export_path(tmp_path / "nowhere" / "orders.csv")
