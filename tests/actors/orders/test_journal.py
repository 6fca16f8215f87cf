"""The halt, as the journal keeps it or cannot."""

import pytest

from actors.errors import Halted
from actors.orders.journal import TradingHalt
from tests.doubles.memory_journal import MemoryJournal


def test_a_halt_of_the_last_runtime_is_still_in_force() -> None:
    journal = MemoryJournal()
    TradingHalt(journal).begin("lunch")
    assert TradingHalt(journal).reason == "lunch"


def test_it_ends_once() -> None:
    journal = MemoryJournal()
    halt = TradingHalt(journal)
    assert not halt.end()
    halt.begin("lunch")
    assert halt.end()
    assert halt.reason is None
    assert journal.halted() is None


def test_a_halt_that_cannot_be_journaled_holds_and_says_for_how_long() -> None:
    journal = MemoryJournal()
    halt = TradingHalt(journal)
    journal.broken = "disk full"
    with pytest.raises(Halted, match="only until the next start: disk full"):
        halt.begin("lunch")
    assert halt.reason == "lunch"


def test_a_halt_that_the_journal_cannot_end_stays() -> None:
    journal = MemoryJournal()
    halt = TradingHalt(journal)
    halt.begin("lunch")
    journal.broken = "disk full"
    with pytest.raises(Halted, match="disk full"):
        halt.end()
    assert halt.reason == "lunch"


def test_a_halt_that_never_reached_the_journal_is_ended_too() -> None:
    journal = MemoryJournal()
    halt = TradingHalt(journal)
    journal.broken = "disk full"
    with pytest.raises(Halted):
        halt.begin("lunch")
    journal.broken = ""
    assert halt.end()
    assert halt.reason is None
