"""A replay: a recording, the actors that it drives, and what is shown the events."""

import itertools
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pykka
from loguru import logger

from actors.engine.dispatcher import Dispatcher
from actors.engine.router_ref import RouterRef
from actors.messages.commands import Subscribe
from actors.messages.lifecycle import Tellable
from actors.messages.workers import StartConnection
from actors.values import Region
from runtime.recording.reading import files_of, read_head, read_recording
from runtime.replay.heads import recorded_login, replay_config
from runtime.replay.lives import ReplayedLife
from runtime.replay.player import Player
from runtime.replay.simulation import ReplayTime, SimulatedDispatcher
from runtime.storage.account import JournalAccount
from runtime.storage.journal import open_journal
from runtime.system.actor_system import ActorSystem, Resources
from runtime.system.guardian import Guardian
from runtime.system.reloader import CurrentConfig
from runtime.workers.dialing import open_session
from runtime.workers.in_process import InProcessWorker

_NOWHERE = (Region("recorded", "ws://127.0.0.1:9"),)
"""A life has the region of its recording; none is dialed."""


class Replay:
    """The events of a recording, ``speed`` times as fast as they came, or (``None``) without a pause.

    ``show`` gets them in lists, in the thread of the replay; ``complain`` is told what of the recording
    cannot be read. Raises ``RequestRefused`` if it is none.
    """

    router: RouterRef

    def __init__(
        self,
        path: Path,
        speed: float | None,
        show: Callable[[list[Any]], object],
        complain: Callable[[str], object] = logger.warning,
    ) -> None:
        self._files = files_of(path)
        head = min(map(read_head, self._files), key=lambda each: each.mono)
        self.config = replay_config(head)
        self._login = recorded_login(head)
        self._speed = speed
        self._show = show
        self._complain = complain
        self._ended = threading.Event()
        self._guardian = Guardian(self._escalate)
        self._failure: Exception | None = None

    def __enter__(self) -> "Replay":
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Whether the recording has ended within ``timeout`` seconds; raises why the replay cannot go on."""
        ended = self._ended.wait(timeout)
        if self._failure is not None:
            raise self._failure
        return ended

    def _start(self) -> None:
        lines = read_recording(self._files, self._complain)
        first = next(lines)
        time = ReplayTime(first.mono, first.utc - first.mono)
        self._dispatcher = dispatcher = SimulatedDispatcher(time, self._speed)
        streams = [each.asset for each in self.config.streams]
        self._folder = tempfile.TemporaryDirectory(prefix="tellwire-", ignore_cleanup_errors=True)
        journal = open_journal(Path(self._folder.name) / "orders.sqlite", self._account())
        resources = Resources(
            self._login,
            lambda _: _NOWHERE,
            journal,
            self._start_worker,
            self._escalate,
            dispatcher=dispatcher,
        )
        self._system = ActorSystem(CurrentConfig(self.config), resources, self._guardian)
        self.router = self._system.router
        self._player = self._guardian.start(
            Player,
            itertools.chain([first], lines),
            time,
            streams,
            self.router,
            complain=self._complain,
            at_end=self._end,
            dispatcher=dispatcher,
        )
        self.router.tell(Subscribe("", to=self._pass_on, batch=True, inline=True))
        dispatcher.begin()

    def _stop(self) -> None:
        self._ended.set()
        self._system.drain(self.config.supervision.drain_timeout)
        self._guardian.stop()
        self._folder.cleanup()

    def _pass_on(self, events: list[Any]) -> None:
        if not self._ended.is_set():
            self._show(events)

    def _end(self) -> None:
        self._ended.set()
        self._dispatcher.finish()

    def _escalate(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._ended.set()

    def _account(self) -> JournalAccount:
        return JournalAccount(self.config.account.venue, self._login.account.value, self._login.user)

    def _start_worker(self, router: Tellable, dispatcher: Dispatcher, _: str) -> InProcessWorker:
        return InProcessWorker(router, dispatcher, self._start_life)

    def _start_life(
        self, router: Tellable, dispatcher: Dispatcher, start: StartConnection, guardian: Tellable
    ) -> pykka.ActorRef[ReplayedLife]:
        return ReplayedLife.start(
            start,
            router,
            open_session,
            self._player,
            self._ended.is_set,
            guardian=guardian,
            dispatcher=dispatcher,
        )
