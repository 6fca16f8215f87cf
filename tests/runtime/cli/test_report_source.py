"""Where a report gets its orders, and what it says of what it cannot read."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs

from actors.errors import ConfigInvalid, Halted, NoRuntime, RequestRefused
from actors.orders.order import OrderState
from runtime.cli.order_export import export_orders
from runtime.cli.report_source import read_source
from runtime.storage.inspection import read_contents
from tests.runtime.storage.test_journal import ACCOUNT, CLOSED, JOURNALED, PENDING, opened

IDS = [CLOSED.id, "doubt", PENDING.id]
FORMS = pytest.mark.parametrize("name", ["archive.csv", "archive.parquet"])


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "orders.sqlite"
    with closing(opened(path)) as journal:
        doubt = structs.replace(JOURNALED, id="doubt", state=OrderState.UNKNOWN, created_at=1770848940.0)
        journal.write([CLOSED, doubt, structs.replace(PENDING, created_at=1770848950.0)])
    return path


def archive(path: Path) -> Path:
    """An export with an order that has left the journal, one that is in it, and the state of a third."""
    if path.suffix == ".parquet":
        pytest.importorskip("pyarrow")
    old = structs.replace(CLOSED, id="old", created_at=CLOSED.created_at - 86_400)
    waited = structs.replace(PENDING, id="waited", state=OrderState.CLOSED, created_at=1.0)
    export_orders([old, structs.replace(CLOSED, reason="stale"), waited], {"bare": "closed"}, path)
    return path


def test_a_journal_is_read_as_a_whole_while_it_is_in_use(journal: Path) -> None:
    with closing(opened(journal)):
        before = journal.read_bytes()
        source = read_source(journal, [])
        assert journal.read_bytes() == before
    assert [order.id for order in source.orders] == IDS
    assert (source.account, source.name, source.halt, source.running) == (
        ACCOUNT,
        "orders.sqlite",
        None,
        False,
    )


@FORMS
def test_an_archive_adds_what_the_journal_lacks_and_changes_nothing_of_it(journal: Path, name: str) -> None:
    source = read_source(journal, [archive(journal.parent / name)])
    assert [order.id for order in source.orders] == ["waited", "old", *IDS]
    assert source.orders[2] == CLOSED
    assert source.orders[1].deal == CLOSED.deal
    assert source.orders[0].pending == PENDING.pending
    assert (source.retired, source.name) == (1, f"orders.sqlite, {name}")


@FORMS
def test_an_archive_alone_is_a_source(tmp_path: Path, name: str) -> None:
    source = read_source(archive(tmp_path / name), [])
    assert [order.id for order in source.orders] == ["waited", "old", CLOSED.id]
    assert (source.account, source.retired) == (None, 1)


def test_what_has_left_the_journal_is_counted_unless_an_archive_has_it(journal: Path) -> None:
    with closing(opened(journal, retention=60.0)):
        assert read_contents(journal).retired.keys() == {CLOSED.id}
    assert read_source(journal, []).retired == 1
    assert read_source(journal, [archive(journal.parent / "archive.csv")]).retired == 1  # the bare one


def test_a_journal_from_the_future_says_which_program_reads_it(journal: Path) -> None:
    with closing(sqlite3.connect(journal)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(Halted, match=r"version 99; .* a newer tellwire wrote it: use that one"):
        read_source(journal, [])


def test_a_damaged_journal_is_no_source(journal: Path) -> None:
    journal.write_bytes(journal.read_bytes().replace(b"EURUSD_otc", b"EURUSD_utc"))
    with pytest.raises(Halted, match="cannot be read: the row of an order is not as it was written"):
        read_source(journal, [])
    journal.write_bytes(b"x" * 4096)
    with pytest.raises(Halted, match="cannot be read: file is not a database"):
        read_source(journal, [])


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Halted, match=r"there is no journal .*nothing.sqlite"):
        read_source(tmp_path / "nothing.sqlite", [])
    with pytest.raises(RequestRefused, match=r"there is no export .*nothing.csv"):
        read_source(tmp_path / "nothing.csv", [])
    with pytest.raises(ConfigInvalid):
        read_source(tmp_path / "nothing.yaml", [])
    config = tmp_path / "new.yaml"
    config.write_text("orders: {journal: new.sqlite}\n")
    with pytest.raises(NoRuntime, match=r"there is no journal .*new.sqlite yet: no order was ever made"):
        read_source(config, [])


def test_a_file_that_is_no_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("time,price\n1,2\n")
    with pytest.raises(RequestRefused, match="is no export of orders"):
        read_source(tmp_path / "prices.csv", [])


def test_an_export_that_cannot_be_right_names_the_order(tmp_path: Path) -> None:
    path = archive(tmp_path / "archive.csv")
    path.write_text(path.read_text().replace("old,closed", "old,won"))
    with pytest.raises(RequestRefused, match="an order old that cannot be right: Invalid enum value 'won'"):
        read_source(path, [])
