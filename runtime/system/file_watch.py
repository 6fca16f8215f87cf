"""A watch over one file, and over every link on the way to it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

RELEASE_TIMEOUT: Final = 1.0
"""Seconds that the watching thread may take to end."""

MOST_LINKS: Final = 40
"""That lead from one to the next; Linux follows as many."""


class FileWatch(FileSystemEventHandler):
    """Calls ``touched``, in a thread of its own, whenever ``path`` may lead to another text: the file was
    written to or replaced, or a link was (deployments swap a link to a folder)."""

    def __init__(self, path: Path, touched: Callable[[], None]) -> None:
        self.path = path
        self._touched = touched
        self._observer: BaseObserver | None = None
        self._folders: dict[Path, ObservedWatch] = {}
        self._trail: frozenset[str | bytes] = frozenset()

    def start(self) -> None:
        """Raises ``OSError`` if the system has no more watches to give."""
        self._observer = Observer()
        self.renew()
        self._observer.start()

    def renew(self) -> None:
        """Follow the links anew: they may lead elsewhere by now. Raises ``OSError`` like ``start``."""
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
            return  # somebody reads it, most often ourselves
        if not self._trail.isdisjoint((event.src_path, event.dest_path)):
            self._touched()


def _trail(path: Path, most: int = MOST_LINKS) -> Iterator[Path]:
    """Every link on the way along ``path``, then the file itself, each by a path without links before it."""
    for part in (*reversed(path.parents), path):
        if most and part.is_symlink():
            yield _plain(part)
            yield from _trail(part.parent / part.readlink() / path.relative_to(part), most - 1)
            return
    yield _plain(path)


def _plain(path: Path) -> Path:
    return Path(os.path.normpath(path))  # by text, as is right where no link comes before a ".."
