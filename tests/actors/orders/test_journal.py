"""The halt, as the journal keeps it or cannot."""

from actors.errors import Halted
from actors.messages.events import TradingHalted, TradingResumed
from actors.orders.journal import TradingHalt
from tests.doubles.memory_journal import MemoryJournal


def test_a_halt_of_the_last_runtime_is_still_in_force() -> None:
    journal = MemoryJournal()
    TradingHalt(journal).begin("lunch")
    assert TradingHalt(journal).reason == "lunch"


def test_it_ends_once() -> None:
    journal = MemoryJournal()
    halt = TradingHalt(journal)
    assert halt.end() == (False, [TradingResumed()])
    assert halt.begin("lunch") == (None, [TradingHalted("lunch")])
    assert halt.end() == (True, [TradingResumed()])
    assert halt.reason is None
    assert journal.halted() is None


def test_a_halt_that_cannot_be_journaled_holds_and_says_for_how_long() -> None:
    journal = MemoryJournal()
    halt = TradingHalt(journal)
    journal.broken = "disk full"
    error, news = halt.begin("lunch")
    assert isinstance(error, Halted)
    assert "only until the next start: disk full" in str(error)
    assert news == [TradingHalted("lunch")]
    assert halt.reason == "lunch"


def test_a_halt_that_the_journal_cannot_end_stays() -> None:
    journal = MemoryJournal()
    halt = TradingHalt(journal)
    halt.begin("lunch")
    journal.broken = "disk full"
    error, news = halt.end()
    assert isinstance(error, Halted)
    assert "disk full" in str(error)
    assert news == []
    assert halt.reason == "lunch"


def test_a_halt_that_never_reached_the_journal_is_ended_too() -> None:
    journal = MemoryJournal()
    halt = TradingHalt(journal)
    journal.broken = "disk full"
    halt.begin("lunch")
    journal.broken = ""
    assert halt.end() == (True, [TradingResumed()])
    assert halt.reason is None
