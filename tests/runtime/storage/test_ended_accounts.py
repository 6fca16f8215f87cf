"""Journals of practice exchanges that have ended."""

import os
import time
from pathlib import Path

import pytest

from runtime.storage.account import JournalAccount, lock_account
from runtime.storage.ended_accounts import remove_ended
from runtime.storage.journal import SqliteJournal

ACCOUNT = JournalAccount("pocketoption", "demo", "12")
DAY = 86_400.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Has a journal and the lock of its account, as a runtime leaves them; both are two days old."""
    SqliteJournal(tmp_path / "orders-demo-12.sqlite", ACCOUNT).close()
    lock = lock_account(ACCOUNT, tmp_path / "account-12")
    assert lock is not None
    lock.close()
    make_old(tmp_path)
    return tmp_path


def make_old(folder: Path) -> None:
    then = time.time() - 2 * DAY
    for file in folder.iterdir():
        os.utime(file, (then, then))


def test_what_a_runtime_has_left_of_an_ended_account_is_removed(folder: Path) -> None:
    assert len(list(folder.iterdir())) >= 5
    remove_ended(folder, time.time() - DAY)
    assert list(folder.iterdir()) == []


def test_what_was_written_lately_or_belongs_to_nothing_stays(folder: Path) -> None:
    (folder / "notes.txt").touch()
    SqliteJournal(folder / "orders-demo-123.sqlite", ACCOUNT).close()
    remove_ended(folder, time.time() - DAY)
    left = {file.name for file in folder.iterdir()}
    assert "notes.txt" in left
    assert {name for name in left if name.startswith("orders")} == {
        f"orders-demo-123.sqlite{end}" for end in ("", ".lock", ".mark", ".pid")
    }


def test_what_a_runtime_holds_stays_however_old_it_is(folder: Path) -> None:
    journal = SqliteJournal(folder / "orders-demo-12.sqlite", ACCOUNT)
    try:
        make_old(folder)
        remove_ended(folder, time.time() - DAY)
        assert (folder / "orders-demo-12.sqlite").exists()
        assert not (folder / "account-12.lock").exists()
    finally:
        journal.close()


def test_a_folder_that_is_not_there_has_nothing_to_remove(tmp_path: Path) -> None:
    remove_ended(tmp_path / "practice", time.time())
