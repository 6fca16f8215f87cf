"""A watch over one file and over every symbolic link in its path."""

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

RELEASE_TIMEOUT: Final = 1.0
"""Seconds that the thread of a watch may take to end."""

MOST_LINKS: Final = 40
"""Symbolic links that lead from one to the next; Linux follows as many."""

TELLS_OF_CLOSES: Final = sys.platform == "linux"
"""Whether the system reports that a writer closes a file (inotify does)."""


class FileWatch(ABC):
    """Calls ``on_change``, in a thread of its own, whenever the text at ``path`` may be another: the file was
    written to or replaced, or a link was (deployments swap a link to a folder).

    ``written`` is true from a write to the file until its writer closes it, where the system tells of that.
    """

    def __init__(self, path: Path, on_change: Callable[[], None]) -> None:
        self.path = path
        self.written = False
        self.trail: frozenset[Path] = frozenset()
        """The file, every link that leads to it, and for a folder that is missing the first one to come."""
        self.on_change = on_change

    @abstractmethod
    def start(self) -> None:
        """Raises ``OSError`` if the system has no more watches to give."""

    @abstractmethod
    def stop(self) -> None:
        """Do nothing if it was not started."""

    def renew(self) -> None:
        """Follow the links and the file again: they may be others. Raises ``OSError`` as ``start`` does."""
        followed: list[Path] = []
        while (steps := self._steps()) != followed:  # again if they changed before they were listened to
            followed = steps
            self.trail = frozenset(steps)
            self.follow({step.parent for step in steps if step.parent.is_dir()}, steps[-1])

    def _steps(self) -> list[Path]:
        *links, file = _trail(self.path)
        return [*links, _first_to_come(file), file]

    @abstractmethod
    def follow(self, folders: set[Path], file: Path) -> None:
        """Listen to ``file`` and to ``folders``, and to nothing else; do nothing unless started."""


def file_watch(path: Path, on_change: Callable[[], None]) -> FileWatch:
    """The watch of this system."""
    if sys.platform == "linux":
        from runtime.system.inotify_watch import InotifyWatch as Watch  # noqa: PLC0415  # Linux alone has it
    else:
        from runtime.system.watchdog_watch import WatchdogWatch as Watch  # noqa: PLC0415  # is not installed there
    return Watch(path, on_change)


def _trail(path: Path, most: int = MOST_LINKS) -> Iterator[Path]:
    """Every link on ``path``, then the file itself, each by a path without links before it."""
    for part in (*reversed(path.parents), path):
        if most and part.is_symlink():
            yield _plain(part)
            yield from _trail(part.parent / part.readlink() / path.relative_to(part), most - 1)
            return
    yield _plain(path)


def _first_to_come(file: Path) -> Path:
    """``file``, or the missing folder above it whose own folder exists."""
    while not file.parent.is_dir() and file.parent != file:
        file = file.parent
    return file


def _plain(path: Path) -> Path:
    return Path(os.path.normpath(path))  # as text: no link comes before a ".."
