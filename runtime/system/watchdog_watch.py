"""The watch over a file where the system is not Linux."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from runtime.system.file_watch import RELEASE_TIMEOUT, FileWatch

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver, ObservedWatch


class WatchdogWatch(FileWatch, FileSystemEventHandler):
    """Listens to folders: not every system can tell of one file. ``written`` stays false."""

    def __init__(self, path: Path, on_change: Callable[[], None]) -> None:
        super().__init__(path, on_change)
        self._observer: BaseObserver | None = None
        self._folders: dict[Path, ObservedWatch] = {}

    def start(self) -> None:
        self._observer = Observer()
        self.renew()
        self._observer.start()

    def stop(self) -> None:
        if self._observer is not None and self._observer.is_alive():
            self._observer.stop()
            self._observer.join(RELEASE_TIMEOUT)

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in {"opened", "closed_no_write"}:
            return  # a reading, most often by this process
        paths = (Path(os.fsdecode(path)) for path in (event.src_path, event.dest_path))
        if not self.trail.isdisjoint(paths):
            self.on_change()

    def follow(self, folders: set[Path], file: Path) -> None:  # its folder tells of the file
        if self._observer is None:
            return
        for folder in folders - self._folders.keys():
            self._folders[folder] = self._observer.schedule(self, str(folder))
        for folder in self._folders.keys() - folders:
            self._observer.unschedule(self._folders.pop(folder))
