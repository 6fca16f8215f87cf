"""What the books of the desk have on the disk, and what they count."""

import contextlib
import shutil
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from actors.errors import Halted
from actors.orders.bookkeeping import Bookkeeping
from actors.orders.desk_clock import DeskClock
from actors.orders.journal import Journal
from actors.orders.order import Order, OrderState
from actors.values import AccountKind
from runtime.storage.account import JournalAccount
from runtime.storage.journal import SqliteJournal
from tests.doubles.memory_journal import MemoryJournal
from tests.doubles.trading_samples import BET, NOW, OTHER_BET, TRADING, accepted, deal_of, list_open

ACCOUNT = JournalAccount("pocketoption", "demo", "123")
DEAL = deal_of(BET)


def books_of(journal: Journal) -> Bookkeeping:
    return Bookkeeping(AccountKind.DEMO, TRADING, journal, DeskClock(lambda: 0.0, lambda: NOW), 6.0)


def opened(path: Path) -> SqliteJournal:
    return SqliteJournal(path, ACCOUNT, retention=1e9)


def test_an_order_is_written_before_it_may_be_sent_and_counts_from_then_on() -> None:
    journal = MemoryJournal()
    books = books_of(journal)
    order = books.intend(BET, "o1")
    assert journal.writes == [[order]]
    assert order.state is OrderState.JOURNALED
    assert books.is_like_under_way(BET)
    assert not books.is_like_under_way(OTHER_BET)
    assert books.usage() == (1, 1, Decimal(0))
    assert books_of(journal).usage() == (1, 1, Decimal(0))


def test_an_order_that_could_not_be_written_was_not_sent_and_does_not_count() -> None:
    journal = MemoryJournal()
    books = books_of(journal)
    journal.broken = "disk full"
    with pytest.raises(Halted, match="disk full"):
        books.intend(BET, "o1")
    assert not books.is_like_under_way(BET)
    assert books.usage() == (0, 0, Decimal(0))


def test_what_could_not_be_journaled_is_journaled_with_the_next_change() -> None:
    journal = MemoryJournal()
    books = books_of(journal)
    order = books.intend(BET, "o1")
    journal.broken = "disk full"
    books.ledger.not_sent(order.id, "no connection")
    with pytest.raises(Halted):
        books.note()
    journal.broken = ""
    books.note()
    assert [[each.state for each in orders] for orders in journal.notes] == [[OrderState.NOT_SENT]]


def acknowledge_to_a_stranger(books: Bookkeeping) -> None:
    books.ledger.accepted(accepted("someone", DEAL))


def contradict(books: Bookkeeping) -> None:
    books.ledger.accepted(accepted("o1", structs.replace(DEAL, amount=Decimal(7))))


def end_unsent(books: Bookkeeping) -> None:
    """Then a deal like it turns up, which is nobody's."""
    books.ledger.not_sent("o1", "no connection")
    books.note()
    books.ledger.opened_listed(list_open(DEAL), NOW + 1)


@pytest.mark.parametrize("decide", [acknowledge_to_a_stranger, contradict, end_unsent])
def test_what_no_list_tells_again_is_in_a_copy_of_the_main_file_at_once(
    tmp_path: Path, decide: Callable[[Bookkeeping], None]
) -> None:
    """The lists of a next login have the deal, and say no more what is known of it."""
    path, copy = tmp_path / "orders.sqlite", tmp_path / "copy.sqlite"
    with contextlib.closing(opened(path)) as journal:
        books = books_of(journal)
        books.ledger.opened_listed(list_open(), NOW)
        books.intend(BET, "o1")
        books.settle()
        decide(books)
        books.note()
        shutil.copyfile(path, copy)
        with contextlib.closing(opened(copy)) as copied:
            assert copied.load() == journal.load()


def test_what_the_lists_tell_again_does_not_hold_up_the_desk() -> None:
    journal = MemoryJournal()
    books = books_of(journal)
    books.intend(BET, "o1")
    books.ledger.accepted(accepted("o1", DEAL))
    books.note()
    assert journal.settled == 0
    acknowledge_to_a_stranger(books)  # it comes too late to mean the order's deal
    books.note()
    assert journal.settled == 0


def test_the_time_that_an_order_waits_for_the_disk_is_kept() -> None:
    now = [0.0]

    class SlowJournal(MemoryJournal):
        def write(self, orders: Sequence[Order]) -> None:
            now[0] += 0.25
            super().write(orders)

    journal = SlowJournal()
    clock = DeskClock(lambda: now[0], lambda: NOW)
    books = Bookkeeping(AccountKind.DEMO, TRADING, journal, clock, 6.0)
    books.intend(BET, "o1")
    books.note()
    journal.broken = "disk full"
    with pytest.raises(Halted):
        books.intend(OTHER_BET, "o2")
    assert books.write_times.count == 1
    assert books.write_times.sum == pytest.approx(0.25)


def test_settling_is_wanted_once_until_it_was_tried() -> None:
    journal = MemoryJournal()
    books = books_of(journal)
    journal.unsettled = False
    assert not books.wants_settling()
    books.intend(BET, "o1")
    journal.unsettled = True
    assert books.wants_settling()
    assert not books.wants_settling()
    books.settle()
    journal.unsettled = True
    assert books.wants_settling()


def test_its_repr_says_what_is_in_flight_and_what_today_came_to() -> None:
    books = books_of(MemoryJournal())
    books.intend(BET, "o1")
    assert "1 orders in flight" in repr(books)
    assert "<DayTally" in repr(books)
