"""A lock on something on disk: one holder at a time, released with its process."""

import sqlite3
from pathlib import Path


def acquire(path: Path) -> sqlite3.Connection | None:
    """Lock ``path`` until the result is closed or this process ends; ``None`` while another holder has it.

    The lock is SQLite's own, on the file ``path``.lock: it exists on every system, and it also holds between
    two threads of one process. Any thread may close it. Raises ``sqlite3.Error`` if that file cannot be made.
    """
    lock = sqlite3.connect(f"{path}.lock", timeout=0, isolation_level=None, check_same_thread=False)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        lock.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return None
        raise
    return lock
