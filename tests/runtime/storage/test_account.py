"""Where the journal of an account was, kept beside the lock of the account."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from runtime.storage.account import remember_journal


@pytest.fixture
def errors() -> Iterator[list[str]]:
    lines: list[str] = []
    handler = logger.add(lines.append, level="WARNING", format="{level} {message}")
    yield lines
    logger.remove(handler)


def test_a_new_journal_where_there_was_one_is_an_error_in_the_log(tmp_path: Path, errors: list[str]) -> None:
    account, journal = tmp_path / "account-x", tmp_path / "there" / "orders.sqlite"
    remember_journal(account, journal, is_new=True)  # the first
    remember_journal(account, journal, is_new=False)
    remember_journal(account, tmp_path / "elsewhere.sqlite", is_new=True)
    remember_journal(account, journal, is_new=True)  # it was elsewhere last
    assert errors == []
    remember_journal(account, journal, is_new=True)
    [line] = errors
    assert line.startswith(f"ERROR the journal {journal} was there before")


def test_a_place_that_takes_no_note_costs_a_warning(tmp_path: Path, errors: list[str]) -> None:
    (tmp_path / "account-x.journal").mkdir()
    remember_journal(tmp_path / "account-x", tmp_path / "orders.sqlite", is_new=False)
    [line] = errors
    assert line.startswith("WARNING a journal that is lost with its folder will not be noticed")
