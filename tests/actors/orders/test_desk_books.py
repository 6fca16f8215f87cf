"""When the books of a desk want the journal's main file to hold all."""

from actors.orders.desk_books import DeskBooks
from tests.doubles.memory_journal import MemoryJournal


def test_settling_is_wanted_once_until_it_is_done() -> None:
    journal = MemoryJournal()
    books = DeskBooks(journal)
    assert not books.wants_settling()
    journal.unsettled = True
    assert [books.wants_settling() for _ in range(2)] == [True, False]
    books.settle()
    assert journal.settled == 1
    assert books.wants_settling() == journal.unsettled
