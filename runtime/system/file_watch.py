"""A watch over one file and over every symbolic link in its path."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from watchdog.events import FileSystemEvent, FileSystemEventHandler

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver, ObservedWatch

RELEASE_TIMEOUT: Final = 1.0
"""Seconds that the thread of the watch may take to end."""

MOST_LINKS: Final = 40
"""Symbolic links that lead from one to the next; Linux follows as many."""


TELLS_OF_CLOSES: Final = sys.platform == "linux"
"""Whether the system reports that a writer closes a file (inotify does)."""

LATE_EVENT: Final = "InotifyEmitter.queue_events() called when the thread is inactive"
"""What watchdog logs as an error when an event arrives while its thread is being stopped; none is lost that
anything still waits for."""

logging.getLogger("watchdog.observers.inotify").addFilter(lambda record: record.msg != LATE_EVENT)


class FileWatch(FileSystemEventHandler):
    """Calls ``on_change``, in a thread of its own, whenever the text at ``path`` may be another: the file was
    written to or replaced, or a link was (deployments swap a link to a folder).

    ``written`` is true from a write to the file until its writer closes it, where the system tells of that.
    """

    def __init__(self, path: Path, on_change: Callable[[], None]) -> None:
        self.path = path
        self.written = False
        self._on_change = on_change
        self._observer: BaseObserver | None = None
        self._folders: dict[Path, ObservedWatch] = {}
        self._trail: frozenset[str | bytes] = frozenset()

    def start(self) -> None:
        """Raises ``OSError`` if the system has no more watches to give."""
        # Now: the start of a runtime does not wait for this, and a watch has a thread of its own.
        from watchdog.observers import Observer  # noqa: PLC0415

        self._observer = Observer()
        self.renew()
        self._observer.start()

    def renew(self) -> None:
        """Follow the links again, which may have changed. Raises ``OSError`` as ``start`` does."""
        if self._observer is None:
            return
        trail = set(_trail(self.path))
        self._trail = frozenset(map(str, trail))
        folders = {step.parent for step in trail if step.parent.is_dir()}
        for folder in folders - self._folders.keys():
            self._folders[folder] = self._observer.schedule(self, str(folder))
        for folder in self._folders.keys() - folders:
            self._observer.unschedule(self._folders.pop(folder))

    def stop(self) -> None:
        if self._observer is not None and self._observer.is_alive():
            self._observer.stop()
            self._observer.join(RELEASE_TIMEOUT)

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in {"opened", "closed_no_write"}:
            return  # a reading, most often by this process
        if not self._trail.isdisjoint((event.src_path, event.dest_path)):
            self.written = TELLS_OF_CLOSES and event.event_type in {"created", "modified"}
            self._on_change()


def _trail(path: Path, most: int = MOST_LINKS) -> Iterator[Path]:
    """Every link on ``path``, then the file itself, each by a path without links before it."""
    for part in (*reversed(path.parents), path):
        if most and part.is_symlink():
            yield _plain(part)
            yield from _trail(part.parent / part.readlink() / path.relative_to(part), most - 1)
            return
    yield _plain(path)


def _plain(path: Path) -> Path:
    return Path(os.path.normpath(path))  # as text: no link comes before a ".."
