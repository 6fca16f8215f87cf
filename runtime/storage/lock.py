"""A lock on something on disk: one holder at a time, released with its process."""

import os
import sqlite3
from pathlib import Path
from typing import Final

SUFFIX: Final = ".lock"


def acquire(path: Path) -> sqlite3.Connection | None:
    """Lock ``path`` until the result is closed or this process ends; ``None`` while another holder has it.

    The lock is SQLite's own, on the file ``path``.lock: it exists on every system, and it also holds between
    two threads of one process. Any thread may close it. Raises ``sqlite3.Error`` if that file cannot be made.
    """
    lock = sqlite3.connect(f"{path}{SUFFIX}", timeout=0, isolation_level=None, check_same_thread=False)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        lock.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return None
        raise
    return lock


def announce(path: Path) -> None:
    """Write into the file ``path``.pid that this process is the holder. Raises ``OSError``."""
    _pid_file(path).write_text(f"{os.getpid()}\n", encoding="ascii")


def holder(path: Path) -> str:
    """``" (pid N)"`` for a holder that has announced itself, otherwise ``""``. It says nothing about whether
    the lock is still held."""
    # Not in the lock's own file: to close any descriptor of it would release a lock of this process (POSIX).
    try:
        return f" (pid {int(_pid_file(path).read_text(encoding='ascii'))})"
    except (OSError, ValueError):
        return ""


def _pid_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.pid")
