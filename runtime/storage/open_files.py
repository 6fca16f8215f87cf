"""Whether the files of an open journal still lie where they lay: what is written into others is lost."""

import os
from pathlib import Path
from typing import Final

LOG_FILES: Final = ("-wal", "-shm")
"""What SQLite keeps beside the main file while that is open."""

_REMEDY: Final = ": stop the runtime, put the file or a copy back, and start it again"


class OpenFiles:
    """The main file of a journal, and what SQLite keeps beside it, as they were when it was opened."""

    def __init__(self, path: Path) -> None:
        self._path = os.fspath(path)  # as text: stat() of a Path takes ten calls of Python
        self._main = _identity(path.stat())
        self._size = 0
        logs = [path.with_name(path.name + suffix) for suffix in LOG_FILES]
        self._logs = {os.fspath(log): _identity(log.stat()) for log in logs if log.exists()}

    def __repr__(self) -> str:
        return f"<OpenFiles: {self._path} and {len(self._logs)} beside it>"

    def refusal(self) -> str | None:
        """Why nothing may be written: one was removed, replaced or cut; ``None`` if all are there."""
        for path, identity in ((self._path, self._main), *self._logs.items()):
            try:
                found = os.stat(path)  # noqa: PTH116  # HOT: twice an order
            except OSError as error:
                return f"{self._name(path)} has gone while it is in use ({error.strerror}){_REMEDY}"
            if (found.st_dev, found.st_ino) != identity:
                return f"{self._name(path)} was replaced while it is in use{_REMEDY}"
            if path is self._path:
                if found.st_size < self._size:
                    return f"{self._name(path)} was cut while it is in use{_REMEDY}"
                self._size = found.st_size
        return None

    def _name(self, path: str) -> str:
        return f"the journal {path}" if path is self._path else f"{path}, which the journal needs,"


def check_links(path: Path) -> None:
    """Raises ``OSError`` if ``path``, or a folder on the way to it, is a link to nowhere: a journal may be
    there again tomorrow, as with a disk that is not mounted."""
    for each in (*reversed(path.absolute().parents), path):
        if each.is_symlink() and not each.exists():
            target = each.readlink()
            raise OSError(
                f"{each} is a link to {target}, which is not there: put that back, or remove the link"
            )


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
