"""Takes a changed configuration file over into the running runtime, as a whole or not at all."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pykka
from loguru import logger
from msgspec import Struct
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from actors.base import Reply, RuntimeActor
from actors.errors import ConfigInvalid
from actors.inbox import Timer
from actors.messages.events import ConfigRefused, ConfigReloaded
from actors.messages.lifecycle import Begin, Tellable
from actors.messages.traffic import EventBatch
from runtime.config import Config, load
from runtime.config.changes import changes

SETTLING = 0.3
"""Seconds without another change after which a file counts as written: editors write in several steps."""


RELEASE_TIMEOUT = 1.0
"""Seconds that the watching thread may take to end."""


class Reload(Struct, frozen=True):
    """Read the file again: answered with the names of the settings that changed, raises ``ConfigInvalid``."""


class _Touched(Struct, frozen=True):
    """Something happened to the file."""


class _Watch(FileSystemEventHandler):
    """Tells of changes to one file of a folder, whether it is written to or replaced."""

    def __init__(self, path: Path, touched: Callable[[], None]) -> None:
        self._path = str(path)
        self._touched = touched

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in {"opened", "closed_no_write"}:
            return  # somebody reads it, most often ourselves
        if self._path in {event.src_path, event.dest_path}:
            self._touched()


class Reloader(RuntimeActor):
    """Owns the configuration in force, which was read from a file.

    Receives ``Reload``, asked or told, and hears of the file's changes; has a new configuration applied,
    and sends the news to ``router``.
    """

    def __init__(
        self,
        config: Config,
        *,
        apply: Callable[[Config], None],
        router: Tellable,
        **kwargs: Any,
    ) -> None:
        super().__init__("reloader", **kwargs)
        self._config = config
        assert config.file is not None
        self._path = config.file
        self._apply = apply
        self._router = router
        self._observer = Observer()
        self._settling: Timer | None = None

    def on_receive(self, message: Any) -> None:
        match message:
            case Reload():
                self._answer(self.defer())
            case _Touched():
                if self._settling is not None:
                    self._settling.cancel()
                self._settling = self.after(SETTLING, Reload())
            case Begin():
                self._watch()
            case _:
                self.unexpected(message)

    def _answer(self, asker: Reply | None) -> None:
        try:
            changed = self._reload()
        except ConfigInvalid as error:
            for problem in error.problems:
                logger.error("not reloaded: {}", problem)
            self._router.tell(EventBatch(self.name, [ConfigRefused(list(error.problems))]))
            if asker is not None:
                asker.fail(error)
            return
        logger.info("reloaded: {}", ", ".join(changed) or "nothing has changed")
        self._router.tell(EventBatch(self.name, [ConfigReloaded(changed)]))
        if asker is not None:
            asker.set(changed)

    def _reload(self) -> list[str]:
        new = load(self._path)
        changed = changes(self._config, new)
        if changed:
            self._apply(new)
            self._config = new
        return changed

    def _watch(self) -> None:
        """Where the system has no more watches to give, a signal or a command still reloads."""
        try:
            self._observer.schedule(_Watch(self._path, self._touched), str(self._path.parent))
            self._observer.start()
        except OSError as error:
            logger.warning("{} is not watched for changes: {}", self._path, error)

    def _touched(self) -> None:
        """Called by the observer's thread."""
        with contextlib.suppress(pykka.ActorDeadError):
            self.actor_ref.tell(_Touched())

    def release(self, unhandled: list[Any]) -> None:
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join(RELEASE_TIMEOUT)
