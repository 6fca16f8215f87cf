"""The journal of a runtime's orders, and what it holds beside it: the lock of the account, or the folder of a
journal that is not kept."""

import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from loguru import logger

from actors.errors import Halted
from actors.orders.journal import Journal
from actors.venues.base import Login
from runtime.config import Config
from runtime.storage.account import lock_account
from runtime.storage.ended_accounts import remove_ended
from runtime.storage.journal import NoJournal, open_journal
from runtime.storage.last_journal import lost_journal, remember_journal
from runtime.system.folders import temporary_folder
from runtime.system.settings import (
    account_lock_path,
    ends_with_its_exchange,
    has_orders,
    journal_account,
    journal_name,
    journal_path,
)

PRACTICE_KEPT: Final = 86_400.0
"""Seconds for which the journal of a practice exchange stays without a use: the exchange may still run."""


class OrderJournal:
    """Finds and opens it; ``release`` what is held beside it once the runtime has ended."""

    def __init__(self, config: Config, login: Login, *, practised: bool) -> None:
        """``practised``: the login is that of the embedded practice exchange."""
        self._config = config
        self._login = login
        self._account = journal_account(config, None if practised else login)
        self._trades = not practised and has_orders(config)
        self._lock: sqlite3.Connection | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def path(self) -> Path:
        """Where nothing is configured and nothing is traded, in a folder that ends with the runtime. Raises
        ``Halted`` if there is no folder for it."""
        if self._config.orders.journal or self._trades:
            return journal_path(self._config, self._login)
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(
                prefix="tellwire-", dir=temporary_folder(), ignore_cleanup_errors=True
            )
        return Path(self._folder.name) / "orders.sqlite"

    def open(self, share: Callable[[Journal], Journal] = lambda local: local) -> Journal:
        """``share`` makes the journal of an account that several hosts have in turn of the file; it raises
        ``Halted`` if it cannot. Raises ``JournalInUse`` if another runtime has the journal or the account."""
        local = self._open_local()
        try:
            return share(local)
        except BaseException:
            local.close()
            raise

    def _open_local(self) -> Journal:
        try:
            path = self.path
        except Halted as error:
            return NoJournal(str(error))
        passing = ends_with_its_exchange(self._config, self._login)
        if passing and self._trades and not self._config.orders.journal:
            remove_ended(path.parent, time.time() - PRACTICE_KEPT)
        if not self._trades or self._config.orders.share_account:
            return self._open(path)
        try:
            lock = account_lock_path(self._config, self._login)
        except Halted as error:  # a user without a home, whose journal is configured
            logger.warning("a second runtime on {} will not be noticed: {}", self._account, error)
            return self._open(path)
        lost = lost_journal(lock, path)
        journal: Journal = NoJournal(lost) if lost else self._open(path)
        try:
            self._lock = lock_account(self._account, lock)
        except BaseException:
            journal.close()
            raise
        if self._lock is not None and journal.refusal() is None:
            remember_journal(lock, path)
        return journal

    def _open(self, path: Path) -> Journal:
        journal = open_journal(
            path,
            self._account,
            retention=self._config.orders.retention,
            own_name=journal_name(self._config, self._login),
        )
        if journal.is_new and self._folder is None:
            logger.info("a new journal of orders: {}", path)
        return journal

    def release(self) -> None:
        """Idempotent."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
