"""Takes a changed configuration file over into the running runtime, as a whole or not at all."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import pykka
from loguru import logger
from msgspec import Struct
from msgspec.structs import replace

from actors.base import Reply, RuntimeActor
from actors.errors import ConfigInvalid, RequestRefused
from actors.messages.events import ConfigRefused, ConfigReloaded
from actors.messages.lifecycle import Begin, Tellable
from actors.messages.status import Describe, ReloadStatus
from actors.messages.traffic import EventBatch
from actors.signals import Timer
from runtime.config import Config, load
from runtime.config.changes import changes
from runtime.time_of_day import time_of_day
from runtime.watch import Watch

SETTLING = 0.3
"""Seconds without another change after which a file counts as written: editors write in several steps."""


class Reload(Struct, frozen=True):
    """Read the file again: answered with the names of the settings that changed, raises ``ConfigInvalid``."""


class _Touched(Struct, frozen=True):
    """Something happened to the file."""


class Reloader(RuntimeActor):
    """Owns the configuration in force; if it was not read from a file, there is nothing to reload.

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
        self._path = config.file
        self._status = ReloadStatus(str(config.file or ""))
        self._apply = apply
        self._router = router
        self._watch = None if config.file is None else Watch(config.file, self._touched)
        self._settling: Timer | None = None

    def on_receive(self, message: Any) -> None:
        match message:
            case Reload():
                self._answer(self.defer())
            case _Touched():
                if self._settling is not None:
                    self._settling.cancel()
                self._settling = self.after(SETTLING, Reload())
            case Describe():
                self.describe(message, self._status)
            case Begin() if self._watch is not None:
                self._look(self._watch.start)
            case _:
                self.unexpected(message)

    def _answer(self, asker: Reply | None) -> None:
        try:
            changed = self._reload()
        except (ConfigInvalid, RequestRefused) as error:
            self._refused(error.problems if isinstance(error, ConfigInvalid) else (str(error),))
            if asker is not None:
                asker.fail(error)
            return
        self._status = replace(self._status, problems=(), refused_at=None)
        if changed:
            self._taken_over(changed)
        else:
            logger.info("not reloaded: {}", unchanged(self._status))
        if asker is not None:
            asker.set(changed)

    def _taken_over(self, changed: list[str]) -> None:
        outcome = ", ".join(changed)
        logger.info("reloaded: {}", outcome)
        self._status = replace(
            self._status, reloads=self._status.reloads + 1, last_at=time.time(), last_outcome=outcome
        )
        self._router.tell(EventBatch(self.name, [ConfigReloaded(changed)]))

    def _refused(self, problems: tuple[str, ...]) -> None:
        if problems == self._status.problems:
            return  # both the watch and who asked have read it
        for problem in problems:
            logger.error("not reloaded: {}", problem)
        self._status = replace(
            self._status, refusals=self._status.refusals + 1, problems=problems, refused_at=time.time()
        )
        self._router.tell(EventBatch(self.name, [ConfigRefused(list(problems))]))

    def _reload(self) -> list[str]:
        if self._path is None or self._watch is None:
            raise RequestRefused("the configuration was not read from a file")
        self._look(self._watch.renew)  # before it is read, so that no later change goes unseen
        new = load(self._path)
        changed = changes(self._config, new)
        if changed:
            self._apply(new)
            self._config = new
        return changed

    def _look(self, look: Callable[[], None]) -> None:
        """Where the system has no more watches to give, a signal or a command still reloads."""
        try:
            look()
        except OSError as error:
            logger.warning("{} is not watched for changes: {}", self._path, error)

    def _touched(self) -> None:
        """Called by the observer's thread."""
        with contextlib.suppress(pykka.ActorDeadError):
            self.actor_ref.tell(_Touched())

    def release(self, unhandled: list[Any]) -> None:
        if self._watch is not None:
            self._watch.stop()


def unchanged(status: ReloadStatus) -> str:
    """What to tell who asks for a reload of what is in force already: the watch may have been first."""
    if status.last_at is None:
        return "nothing has changed"
    since = time_of_day(status.last_at, time.time())
    return f"nothing has changed since {since}, when {status.last_outcome} took effect"
