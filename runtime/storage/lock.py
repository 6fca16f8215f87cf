"""One keeper at a time of something on disk, whatever becomes of its process."""

import sqlite3
from pathlib import Path


def own(path: Path) -> sqlite3.Connection | None:
    """Keep ``path`` until the result is closed or its process ends; ``None`` while somebody else does.

    Holds SQLite's own lock on a file beside: every system has it, and it holds between the threads of a
    process too. Any thread may close it. Raises ``sqlite3.Error`` if there can be no such file.
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
