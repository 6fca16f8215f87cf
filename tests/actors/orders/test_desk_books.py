"""When the books of a desk want the journal settled, and what the callers of an unsent order hear."""

from actors.errors import Halted, NotSent, OrderUnknown
from actors.orders.desk_books import DeskBooks
from actors.orders.desk_clock import DeskClock
from tests.doubles.memory_journal import MemoryJournal

UNSENT = NotSent("its deadline passed")


class Books(DeskBooks):
    """They have one change to note, unless ``broken`` says why it cannot be."""

    broken = ""

    def note(self) -> None:
        if self.broken:
            raise Halted(self.broken)


def test_settling_is_wanted_once_until_it_is_done() -> None:
    journal = MemoryJournal()
    books = Books(journal, DeskClock(lambda: 0.0, lambda: 0.0))
    assert not books.wants_settling()
    journal.unsettled = True
    assert [books.wants_settling() for _ in range(2)] == [True, False]
    books.settle()
    assert journal.settled == 1
    assert books.wants_settling() == journal.unsettled


def test_that_an_order_was_not_sent_is_said_once_a_shared_journal_says_it_too() -> None:
    journal = MemoryJournal()
    books = Books(journal, DeskClock(lambda: 0.0, lambda: 0.0))
    books.broken = "another host owns it"
    assert books.unsent("o1", UNSENT) is UNSENT  # nobody else has this journal
    journal.shared = True
    told = books.unsent("o1", UNSENT)
    assert isinstance(told, OrderUnknown)
    assert told.order == "o1"
    assert "another host owns it" in str(told)
    books.broken = ""
    assert books.unsent("o1", UNSENT) is UNSENT
