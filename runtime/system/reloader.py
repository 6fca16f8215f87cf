"""Applies a changed configuration file to the running runtime, as a whole or not at all."""

import contextlib
import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pykka
from loguru import logger
from msgspec import Struct
from msgspec.structs import replace

from actors.engine.actor import ReplySlot, RuntimeActor
from actors.engine.timers import Timer
from actors.errors import ConfigInvalid, RequestRefused
from actors.messages.control import Drain, Reconfigure
from actors.messages.events import ConfigRefused, ConfigReloaded
from actors.messages.lifecycle import SystemReady, Tellable
from actors.messages.status import Describe, ReloadStatus
from actors.messages.traffic import EventBatch
from actors.messages.workers import SetLogLevel
from actors.values import Region
from runtime.config import Config, load
from runtime.config.changes import changes
from runtime.config.loader import stamp_of
from runtime.system.file_watch import TELLS_OF_CLOSES, FileWatch, file_watch
from runtime.system.guardian import Guardian, OnFailure
from runtime.system.reload_texts import unchanged
from runtime.system.settings import LiveSettings, live_settings

FILE_SETTLING = 0.3 if TELLS_OF_CLOSES else 2.0
"""Seconds without another change until a changed file is read: editors write in several steps, and a slow
writer pauses between them."""

WATCH_DELAY = 0.05
"""Seconds within which the watch tells of a write; a reload that is asked for waits for that."""

OPEN_FILE_PATIENCE = 30.0
"""Seconds without another write until a file is read that its writer keeps open."""

ASKED_PATIENCE = 3.0
"""The same if a person or a program waits for the reload."""

STOPPING = "the runtime is stopping"


class Reload(Struct, frozen=True):
    """Read the file again, or take over ``config``; answered with the names of the settings that changed.

    Raises ``ConfigInvalid``, or ``RequestRefused`` if there is no file or the runtime is stopping.
    """

    config: Config | None = None


class _FileChanged(Struct, frozen=True):
    """The file may have changed."""


class _FileSettled(Struct, frozen=True):
    """The file has not changed for a while."""


class _FileRead(Struct, frozen=True):
    """The file was read, or could not be; ``stamp`` is that of the file just before."""

    outcome: Config | Exception
    stamp: tuple[int, ...] | None


class CurrentConfig:
    """The configuration in force; once the reloader has started, it alone replaces ``value``, and any thread
    may read it. With ``watched`` false, the host watches the file, and asks for reloads."""

    def __init__(self, value: Config, *, watched: bool = True) -> None:
        self.value = value
        self.watched = watched


class Recipients(NamedTuple):
    """The actors that a reload tells their new settings."""

    limiter: Tellable
    batcher: Tellable
    monitor: Tellable
    supervisor: Tellable
    order_desk: Tellable
    history_loader: Tellable
    streams: Tellable
    router: Tellable


class Reloader(RuntimeActor):
    """Replaces the configuration in force; refuses if it was not read from a file.

    Receives ``Reload``, asked or told, and watches the file from ``SystemReady`` on; refuses every reload
    after ``Drain``. Tells each of ``recipients`` its own settings if they have changed, and the router
    ``ConfigReloaded`` or ``ConfigRefused``. ``regions`` gives the regions that a configuration lets us dial.
    The file is read in a thread of its own: a disk may hang, and a stop must not wait for it.
    """

    def __init__(
        self,
        current: CurrentConfig,
        recipients: Recipients,
        *,
        regions: Callable[[Config], Sequence[Region]],
        apply: Callable[[Config], list[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        """``apply`` takes a configuration over in place of the ``recipients``, and returns what changed."""
        super().__init__("reloader", **kwargs)
        self._apply = apply or self._apply_to_actors
        self._current = current
        self._recipients = recipients
        self._regions = regions
        file = current.value.file
        self._status = ReloadStatus(str(file or ""))
        self._watch = None if file is None else file_watch(file, self._on_file_changed)
        self._settling: Timer | None = None
        self._changed_at = -math.inf
        self._refused_stamp: tuple[int, ...] | None = None
        self._reading: list[ReplySlot | None] = []
        """The reloads that the present reading of the file answers; ``None`` for a told one."""
        self._waiting: list[ReplySlot | None] = []
        """The reloads since it began: the file may have changed, so the next reading answers them."""
        self._stopping = False

    def on_receive(self, message: Any) -> None:
        match message:
            case Reload(config=None):
                self._reload(self.defer())
            case Reload(config=Config() as config):
                self._take_over(config, self.defer())
            case _FileRead(outcome=outcome, stamp=stamp):
                self._conclude(outcome, stamp)
            case _FileChanged():
                self._settle()
            case _FileSettled():
                self._on_settled()
            case Describe():
                self.describe(message, self._status)
            case SystemReady():
                self._begin()
            case Drain():
                self._drain()
            case _:
                self.unexpected(message)

    def _begin(self) -> None:
        config = self._current.value
        if self._watch is None or not self._current.watched:
            return
        self._try_watch(self._watch.start)
        if config.file is not None and stamp_of(config.file) != config.stamp:
            self._settle()  # it has changed between its reading and the watch

    def _settle(self) -> None:
        """The file has changed: read it once it changes no more."""
        self._changed_at = self.now()
        self._settle_in(FILE_SETTLING)

    def _settle_in(self, delay: float) -> None:
        if self._settling is not None:
            self._settling.cancel()
        self._settling = None if self._stopping else self.after(delay * self.speed, _FileSettled())

    def _on_settled(self) -> None:
        self._settling = None
        if not self._stopping:
            if not self._waiting:
                self._waiting.append(None)
            self._read_when_complete()

    def _reload(self, asker: ReplySlot | None) -> None:
        if self._stopping:
            self._refuse_all([asker])
        elif self._watch is None:
            self._refuse([asker], RequestRefused("the configuration was not read from a file"))
        else:
            self._waiting.append(asker)
            if TELLS_OF_CLOSES:
                self._settle_in(WATCH_DELAY)
            else:
                self._read_when_complete()

    def _take_over(self, config: Config, asker: ReplySlot | None) -> None:
        try:
            if self._stopping:
                raise RequestRefused(STOPPING)
            changed = self._apply(config)
        except (ConfigInvalid, RequestRefused) as error:
            self._refuse([asker], error)
        else:
            self._answer([asker], changed)

    def _read_when_complete(self) -> None:
        """Read the file for those that wait, unless it is being read or written just now."""
        if self._watch is None or self._reading or not self._waiting:
            return
        self._try_watch(self._watch.renew)  # before the reading, so that no later change is missed
        most = ASKED_PATIENCE if any(self._waiting) else OPEN_FILE_PATIENCE
        patience = self._changed_at + most - self.now()
        if self._watch.written and patience > 0:
            self._settle_in(patience)
        else:
            self._read(self._watch)

    def _read(self, watch: FileWatch) -> None:
        self._reading, self._waiting = self._waiting, []
        arguments = (watch.path, self._current.value.name, self.actor_ref)
        threading.Thread(target=_read_file, args=arguments, name="read configuration", daemon=True).start()

    def _conclude(self, outcome: Config | Exception, stamp: tuple[int, ...] | None) -> None:
        if self._stopping or self._watch is None:
            return  # the reloads that waited for it have been refused
        try:
            if isinstance(outcome, Exception):
                raise outcome
            changed = self._apply(outcome)
        except ConfigInvalid as error:
            self._refuse(self._reading, error, stamp)
        else:
            self._answer(self._reading, changed)
        self._reading = []
        self._read_when_complete()

    def _apply_to_actors(self, new: Config) -> list[str]:
        old = self._current.value
        changed = changes(old, new)
        if changed:
            self._current.value = new
            self._tell(live_settings(old, self._regions(old)), live_settings(new, self._regions(new)))
        return changed

    def _tell(self, old: LiveSettings, new: LiveSettings) -> None:
        to = self._recipients
        own = (
            (to.limiter, old.allowance, new.allowance),
            (to.history_loader, old.allowance, new.allowance),
            (to.batcher, old.batches, new.batches),
            (to.monitor, old.health, new.health),
            (to.supervisor, old.dialing, new.dialing),
            (to.supervisor, old.outage, new.outage),
            (to.order_desk, old.orders, new.orders),
            (to.streams, old.periods, new.periods),
        )
        messages: list[tuple[Tellable, Any]] = [
            (ref, Reconfigure(wanted)) for ref, before, wanted in own if wanted != before
        ]
        if new.log_level != old.log_level:
            messages.append((to.supervisor, SetLogLevel(new.log_level)))
        for ref, message in messages:
            _tell(ref, message)

    def _answer(self, askers: list[ReplySlot | None], changed: list[str]) -> None:
        self._status = replace(self._status, problems=(), refused_at=None)
        if changed:
            outcome = ", ".join(changed)
            logger.info("reloaded: {}", outcome)
            reloads = self._status.reloads + 1
            self._status = replace(self._status, reloads=reloads, last_at=time.time(), last_outcome=outcome)
            _tell(self._recipients.router, EventBatch(self.name, [ConfigReloaded(changed)]))
        else:
            logger.info("not reloaded: {}", unchanged(self._status, time.time()))
        for asker in filter(None, askers):
            asker.set(changed)

    def _refuse(
        self,
        askers: list[ReplySlot | None],
        error: ConfigInvalid | RequestRefused,
        stamp: tuple[int, ...] | None = None,
    ) -> None:
        self._record(error.problems if isinstance(error, ConfigInvalid) else (str(error),), stamp)
        for asker in filter(None, askers):
            asker.fail(error)

    def _record(self, problems: tuple[str, ...], stamp: tuple[int, ...] | None) -> None:
        if (problems, stamp) == (self._status.problems, self._refused_stamp):
            return  # read a second time: once for the watch, once for a request
        self._refused_stamp = stamp
        for problem in problems:
            logger.error("not reloaded: {}", problem)
        self._status = replace(
            self._status, refusals=self._status.refusals + 1, problems=problems, refused_at=time.time()
        )
        _tell(self._recipients.router, EventBatch(self.name, [ConfigRefused(list(problems))]))

    def _drain(self) -> None:
        self._stopping = True
        self._settle()
        if askers := self._reading + self._waiting:
            self._reading, self._waiting = [], []
            self._refuse_all(askers)

    def _refuse_all(self, askers: list[ReplySlot | None]) -> None:
        logger.info("not reloaded: {}", STOPPING)
        for asker in filter(None, askers):
            asker.fail(RequestRefused(STOPPING))

    def _try_watch(self, change: Callable[[], None]) -> None:
        """Without a watch, as where the system has no more to give, a signal or a command still reloads."""
        try:
            change()
        except OSError as error:
            text = "{} is not watched for changes: {}; after a change, `tellwire ctl FILE reload` or SIGHUP"
            logger.warning(text, self._status.file, error)

    def _on_file_changed(self) -> None:
        """In the thread of the file watch."""
        _tell(self.actor_ref, _FileChanged())

    def release(self, unhandled: list[Any]) -> None:
        if self._watch is not None:
            self._watch.stop()
        unread: list[ReplySlot | None] = [None for message in unhandled if isinstance(message, Reload)]
        if askers := self._reading + self._waiting + unread:
            self._refuse_all(askers)


def start_for_host(
    guardian: Guardian,
    current: CurrentConfig,
    desk: pykka.ActorRef[Any],
    apply: Callable[[Config], list[str]],
) -> pykka.ActorRef[Reloader]:
    """Start one for all accounts of a process: ``apply`` takes a configuration over, ``desk`` is told."""
    recipients = Recipients(*[desk] * len(Recipients._fields))
    reloader = guardian.start(
        Reloader, current, recipients, regions=lambda _: (), apply=apply, on_failure=OnFailure.LOG
    )
    reloader.tell(SystemReady())
    return reloader


def _read_file(path: Path, account: str, reloader: Tellable) -> None:
    outcome: Config | Exception
    stamp = stamp_of(path)
    try:
        outcome = load(path)
        if account:
            outcome = outcome.of(account)
    except Exception as error:  # noqa: BLE001  # the reloader raises it again
        outcome = error
    _tell(reloader, _FileRead(outcome, stamp))


def _tell(ref: Tellable, message: Any) -> None:
    with contextlib.suppress(pykka.ActorDeadError):  # it has failed or ended, so the runtime stops
        ref.tell(message)
