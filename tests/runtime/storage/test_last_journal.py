"""Where the journal of an account was, kept beside the lock of the account."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from runtime.storage.inspection import mark_of
from runtime.storage.last_journal import lost_journal, remember_journal


@pytest.fixture
def errors() -> Iterator[list[str]]:
    lines: list[str] = []
    handler = logger.add(lines.append, level="WARNING", format="{level} {message}")
    yield lines
    logger.remove(handler)


def test_a_journal_that_has_gone_with_its_mark_is_not_made_anew(tmp_path: Path) -> None:
    account, journal = tmp_path / "account-x", tmp_path / "there" / "orders.sqlite"
    assert lost_journal(account, journal) == ""
    remember_journal(account, journal)
    reason = lost_journal(account, journal)
    assert reason.startswith(f"the journal {journal} is gone with its mark, but was there before")
    assert f"or remove {tmp_path / 'account-x.journal'}" in reason


def test_a_journal_that_is_there_or_has_a_mark_or_was_elsewhere_last_is_not_lost(tmp_path: Path) -> None:
    account, journal = tmp_path / "account-x", tmp_path / "orders.sqlite"
    remember_journal(account, journal)
    journal.touch()
    assert lost_journal(account, journal) == ""
    journal.rename(mark_of(journal))
    assert lost_journal(account, journal) == ""  # to open it says that it has gone
    mark_of(journal).unlink()
    remember_journal(account, tmp_path / "elsewhere.sqlite")
    assert lost_journal(account, journal) == ""


def test_a_place_that_takes_no_note_costs_a_warning(tmp_path: Path, errors: list[str]) -> None:
    (tmp_path / "account-x.journal").mkdir()
    remember_journal(tmp_path / "account-x", tmp_path / "orders.sqlite")
    [line] = errors
    assert line.startswith("WARNING a journal that is lost with its folder will not be noticed")
