"""What a journal has, read beside the runtime that uses it."""

import contextlib
from pathlib import Path

import pytest

from actors.errors import Halted
from runtime.storage.inspection import JournalState, inspect, mark_of, read_orders
from tests.runtime.storage.test_damage import KEPT, KEPT_PENDING, RETIRED
from tests.runtime.storage.test_journal import ACCOUNT, JOURNALED, opened
from tests.runtime.storage.test_migration import written


def test_a_journal_in_use_is_told_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "orders.sqlite"
    with contextlib.closing(opened(path)) as journal:
        journal.write([*KEPT, *KEPT_PENDING])
        journal.halt("lunch")
        before = path.read_bytes()
        state = inspect(path)
        assert read_orders(path) == [*KEPT, *KEPT_PENDING]
        assert path.read_bytes() == before
    assert state == JournalState(
        version=4,
        account=ACCOUNT,
        orders=len(KEPT) + len(KEPT_PENDING),
        unfinished=1 + len(KEPT_PENDING),
        retired=0,
        halt="lunch",
        size=len(before),
        damage="",
        pending=len(KEPT_PENDING),
    )


def test_a_journal_of_version_1_is_told_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path / "orders.sqlite", [JOURNALED, *RETIRED], "lunch")
    state = inspect(path)
    assert (state.version, state.account, state.orders, state.unfinished) == (1, None, 1 + len(RETIRED), 1)
    assert (state.halt, state.damage) == ("lunch", "")
    assert read_orders(path) == [JOURNALED, *RETIRED]


def test_damage_is_told_and_no_order_of_a_damaged_journal_is(tmp_path: Path) -> None:
    path = tmp_path / "orders.sqlite"
    with contextlib.closing(opened(path)) as journal:
        journal.write([JOURNALED])
    path.write_bytes(path.read_bytes().replace(b"EURUSD_otc", b"EURUSD_utc"))
    assert inspect(path).damage == "the row of an order is not as it was written"
    with pytest.raises(Halted, match="cannot be read: the row of an order is not as it was written"):
        read_orders(path)


def test_what_is_no_journal_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "orders.sqlite"
    for make in (path.touch, lambda: path.write_bytes(b"precious" * 1000), path.unlink):
        make()
        for read in (inspect, read_orders):
            with pytest.raises(Halted, match="cannot be read"):
                read(path)
        assert not path.with_name("orders.sqlite.mark").exists()


@pytest.mark.parametrize("target", ["nowhere/orders.sqlite", "link"])
def test_a_link_to_nowhere_or_to_itself_is_told_as_such(tmp_path: Path, target: str) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / target)
    for read in (inspect, read_orders):
        with pytest.raises(Halted, match=r"link is a link to .*, which is not there"):
            read(link)
    assert not mark_of(link).exists()
