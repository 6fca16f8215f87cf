"""The account that a journal belongs to, and its lock: one runtime on a machine trades on it."""

import sqlite3
from pathlib import Path
from typing import Final, Self

from loguru import logger
from msgspec import Struct

from actors.errors import JournalInUse
from actors.values import AccountKind
from runtime.storage.lock import acquire, announce, holder

PRACTICE: Final = "practice"


class JournalAccount(Struct, frozen=True):
    """``venue`` is the name in ``account.venue``; ``kind`` is demo, live or practice; ``user`` is its number
    or name at the venue, empty on the practice exchange, whose accounts are new with each start."""

    venue: str
    kind: str
    user: str

    @classmethod
    def practice(cls, venue: str) -> Self:
        """The account of the embedded practice exchange."""
        return cls(venue, PRACTICE, "")

    @property
    def orders_of(self) -> AccountKind:
        """What its orders name as their account."""
        return AccountKind.DEMO if self.kind == PRACTICE else AccountKind(self.kind)

    def __str__(self) -> str:
        if self.kind == PRACTICE:
            return f"the practice exchange of {self.venue}"
        return f"the {self.kind} account {self.user} of {self.venue}"


def lock_account(account: JournalAccount, path: Path) -> sqlite3.Connection | None:
    """Lock ``account`` by the file ``path``.lock, until the result is closed or this process ends.

    Raises ``JournalInUse`` while another runtime has it. ``None``, with a warning in the log, if there is no
    place for the lock.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = acquire(path)
        if lock is not None:
            announce(path)
    except (OSError, sqlite3.Error) as error:
        text = "a second runtime on {} will not be noticed: {}; let its folder be written to"
        logger.warning(text, account, error)
        return None
    if lock is None:
        raise JournalInUse(
            f"another runtime{holder(path)} trades on {account}: operate that one (tellwire ctl), attach to"
            " it, or set orders.share_account: true, which allows two"
        )
    return lock
