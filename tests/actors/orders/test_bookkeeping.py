"""What the books of the desk have on the disk, and what they count."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from actors.errors import Halted
from actors.orders.bookkeeping import Bookkeeping
from actors.orders.desk_clock import DeskClock
from actors.orders.order import Order, OrderState
from actors.values import AccountKind
from tests.doubles.memory_journal import MemoryJournal
from tests.doubles.trading_samples import BET, NOW, OTHER_BET, TRADING, accepted, deal_of


def books_of(journal: MemoryJournal) -> Bookkeeping:
    return Bookkeeping(AccountKind.DEMO, TRADING, journal, DeskClock(lambda: 0.0, lambda: NOW), 6.0)


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


def test_that_a_like_deal_is_a_strangers_is_in_the_main_file_at_once() -> None:
    """The lists of a next login have the deal, and say no more whose it is."""
    journal = MemoryJournal()
    books = books_of(journal)
    books.intend(BET, "o1")
    books.ledger.lost("o1", "reset", NOW)
    books.note()
    assert journal.settled == 0
    books.ledger.accepted(accepted("someone", deal_of(BET)))
    books.note()
    assert journal.settled == 1
    books.note()
    assert journal.settled == 1


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
