"""Finished orders leave the journal after the retention; their ids stay."""

import contextlib
import itertools
import time
from pathlib import Path

from msgspec import structs

from actors.orders.order import Order, OrderState
from runtime.storage.journal import RETIRED_AT_ONCE, SqliteJournal
from tests.runtime.storage.test_journal import ACCOUNT, CLOSED, JOURNALED, PENDING

DAY = 86_400.0


def aged(order: Order, id: str, days: float) -> Order:
    return structs.replace(order, id=id, created_at=time.time() - days * DAY)


def test_finished_orders_leave_after_the_retention_and_their_ids_and_ends_stay(tmp_path: Path) -> None:
    path = tmp_path / "orders.sqlite"
    refused = structs.replace(JOURNALED, state=OrderState.REFUSED)
    old = [aged(CLOSED, f"o{number}", 3.1) for number in range(RETIRED_AT_ONCE + 5)]
    kept = [aged(CLOSED, "young", 2.9), aged(JOURNALED, "in flight", 400)]
    with contextlib.closing(SqliteJournal(path, ACCOUNT, retention=3 * DAY)) as journal:
        journal.write([*old, aged(refused, "no", 3.1), *kept])
        journal.tidy()
        assert journal.load() == kept
        assert journal.find("young") == kept[0]
        assert journal.find("o5") is None
        assert journal.find("never") is None
        assert journal.retired("never") is None
        assert journal.retired("o5") is OrderState.CLOSED
        assert journal.retired("no") is OrderState.REFUSED
        assert journal.retired("young") is None
    with contextlib.closing(SqliteJournal(path, ACCOUNT, retention=3 * DAY)) as journal:
        assert journal.load() == kept
        assert all(journal.retired(order.id) for order in old)


def test_they_leave_when_the_journal_is_opened_too(tmp_path: Path) -> None:
    path = tmp_path / "orders.sqlite"
    with contextlib.closing(SqliteJournal(path, ACCOUNT)) as journal:
        journal.write([aged(CLOSED, "old", 89)])
    with contextlib.closing(SqliteJournal(path, ACCOUNT)) as journal:
        assert journal.find("old") is not None
    with contextlib.closing(SqliteJournal(path, ACCOUNT, retention=88 * DAY)) as journal:
        assert journal.find("old") is None


def test_pending_orders_leave_as_orders_do(tmp_path: Path) -> None:
    ended = aged(PENDING.become(OrderState.CLOSED), "ended", 3.1)
    kept = [aged(PENDING, "there", 400), aged(PENDING.become(OrderState.CLOSED), "young", 2.9)]
    with contextlib.closing(SqliteJournal(tmp_path / "orders.sqlite", ACCOUNT, retention=3 * DAY)) as journal:
        journal.write([ended, *kept])
        journal.tidy()
        assert journal.load_pending() == kept
        assert journal.retired("ended") is OrderState.CLOSED


def test_the_file_does_not_grow_while_as_many_orders_leave_as_come(tmp_path: Path) -> None:
    path = tmp_path / "orders.sqlite"
    sizes = []
    with contextlib.closing(SqliteJournal(path, ACCOUNT, retention=DAY)) as journal:
        for turn in range(6):
            pending = PENDING.become(OrderState.CLOSED)
            journal.write(
                [aged((CLOSED, pending)[number % 2], f"{turn}-{number}", 2) for number in range(500)]
            )
            journal.tidy()
            sizes.append(path.stat().st_size)
    ids = 500 * 80  # bytes of a turn that stay
    assert all(after - before <= ids for before, after in itertools.pairwise(sizes))
