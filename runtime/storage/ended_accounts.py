"""Journals of accounts that are no more: those of practice exchanges, which are new with each start."""

import contextlib
import sqlite3
from pathlib import Path

from runtime.storage.lock import SUFFIX, acquire


def remove_ended(folder: Path, before: float) -> None:
    """Remove each journal of ``folder``, and each lock of an account, with all that lies beside it, if it was
    last written ``before``, a Unix time, and no runtime holds it. What cannot be removed stays."""
    with contextlib.suppress(OSError):
        for locked in list(folder.glob(f"*{SUFFIX}")):
            _remove_one(locked.with_name(locked.name.removesuffix(SUFFIX)), before)


def _remove_one(path: Path, before: float) -> None:
    with contextlib.suppress(OSError, sqlite3.Error):
        if max(file.stat().st_mtime for file in _files_of(path)) >= before:
            return
        if (lock := acquire(path)) is None:
            return
        try:
            for file in _files_of(path):
                file.unlink()
        finally:
            lock.close()


def _files_of(path: Path) -> list[Path]:
    """``path`` and what is named after it."""
    return [file for file in path.parent.iterdir() if file.name.startswith(path.name)]
