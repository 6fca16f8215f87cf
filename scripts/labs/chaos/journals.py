"""What happens to the journal between the death of one runtime and the start of the next."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Final

from runtime.storage.account import JournalAccount
from runtime.storage.journal import SqliteJournal

INTACT: Final = "journal intact"

WITHOUT_LOG: Final = "journal without its log"

JOURNAL_WEIGHTS: Final[Mapping[str, int]] = {
    INTACT: 3,
    WITHOUT_LOG: 2,
    "journal damaged": 2,
    "journal cut": 1,
    "journal gone": 1,
    "journal swapped": 1,
}

MUST_BE_REFUSED: Final = frozenset({"journal gone", "journal swapped"})
"""Other damage may hit what nobody reads, or what the log has."""

STRANGER: Final = JournalAccount("pocketoption", "demo", "1")


class JournalMischief:
    """Spoils the journal ``path``; ``put_back`` undoes that, and ``folder`` keeps the good one meanwhile."""

    def __init__(self, path: Path, folder: Path, random: Random) -> None:
        self._path = path
        self._kept = folder / "kept"
        self._random = random
        self.kinds: dict[str, Callable[[], None]] = {
            WITHOUT_LOG: self._lose_log,
            "journal damaged": self._flip,
            "journal cut": self._cut,
            "journal gone": self._path.unlink,
            "journal swapped": self._swap,
        }

    def spoil(self, kind: str) -> None:
        """Keep a copy, and do it."""
        shutil.rmtree(self._kept, ignore_errors=True)
        self._kept.mkdir()
        for file in self._files():
            shutil.copy2(file, self._kept)
        self.kinds[kind]()

    def kept_alone(self) -> set[str]:
        """The ids of the orders that the kept journal has, and the one in its place has not."""
        return _order_ids(self._kept, self._path.name) - _order_ids(self._path.parent, self._path.name)

    def put_back(self) -> None:
        for file in self._files():
            file.unlink()
        for file in self._kept.iterdir():
            shutil.copy2(file, self._path.parent)

    def _files(self) -> list[Path]:
        """The journal and what SQLite keeps beside it; not the mark, nor the lock."""
        names = [self._path.name + suffix for suffix in ("", "-wal", "-shm")]
        return [file for name in names if (file := self._path.with_name(name)).exists()]

    def _lose_log(self) -> None:
        """As when a person copies the main file alone."""
        for file in self._files()[1:]:
            file.unlink()

    def _flip(self) -> None:
        """Invert 16 bytes anywhere."""
        data = bytearray(self._path.read_bytes())
        at = self._random.randrange(len(data) - 16)
        data[at : at + 16] = bytes(byte ^ 0xFF for byte in data[at : at + 16])
        self._path.write_bytes(data)

    def _cut(self) -> None:
        data = self._path.read_bytes()
        self._path.write_bytes(data[: self._random.randrange(len(data))])

    def _swap(self) -> None:
        """The journal of another account lies in its place."""
        other = self._path.with_name("other.sqlite")
        if not other.exists():
            SqliteJournal(other, STRANGER).close()
        for file in self._files():
            file.unlink()
        shutil.copy2(other, self._path)


def _order_ids(folder: Path, name: str) -> set[str]:
    """By a copy: to read a journal moves its log into the main file."""
    with tempfile.TemporaryDirectory() as copy:
        for file in (folder / name, folder / f"{name}-wal"):
            if file.exists():
                shutil.copy2(file, copy)
        with closing(sqlite3.connect(Path(copy, name))) as db:
            return {str(id) for (id,) in db.execute("SELECT id FROM orders")}
