"""The program of a worker process, which the main process starts: connections, and the link back to it."""

import argparse
import contextlib
import ctypes
import functools
import gc
import os
import signal
import socket
import sys
from typing import Any, get_args

from loguru import logger
from msgspec import Struct

from actors.connection.connection import Connection
from actors.connection.group import ConnectionGroup
from actors.engine.pykka_internals import Envelope
from actors.engine.ref import here
from actors.errors import WorkerDied
from actors.messages.events import Heartbeat
from actors.messages.lifecycle import Begin, Tellable
from actors.messages.traffic import Downlink, EventBatch
from actors.messages.workers import (
    ConnectionSettings,
    LeaseExtended,
    SetLogLevel,
    StartConnection,
    StartLife,
    UseSettings,
)
from actors.values import LogLevel
from actors.venues import venue
from runtime import logs
from runtime.workers import descriptors, signals as group_signals
from runtime.workers.core_dumps import forbid_core_dumps
from runtime.workers.dialing import dial, open_session, witness
from runtime.workers.link import Link
from runtime.workers.log_forwarding import Forwarding
from runtime.workers.watchdog_timer import WatchdogTimer

MAIN_STALL = 10.0
"""Seconds for which the main process may not read the link; until then this worker stops reading sockets."""

PR_SET_PDEATHSIG = 1

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Of glibc's ``mallopt``."""

KEPT_FREE, LARGEST_KEPT = 4 * 1024 * 1024, 1024 * 1024
"""Bytes of memory that stay with the process when they are free, and of the largest piece that may."""


class _LinkReadable(Struct, frozen=True):
    pass


class _Beat(Struct, frozen=True):
    pass


class MainProcess:
    """The router of the main process, as the connections here tell it their events."""

    def __init__(self, link: Link[Any]) -> None:
        self._link = link

    def tell(self, message: EventBatch) -> None:
        try:
            self._link.send(message)
        except WorkerDied as error:
            # The worker sees the end of the link too, and ends.
            logger.debug("not sent: {}", error)


class Worker(ConnectionGroup):
    """A connection group that is told messages over the link and ends with it. Its connections share its
    thread, so a heartbeat shows that they are served too. Each heartbeat starts ``watchdog`` anew."""

    def __init__(
        self, name: str, link: Link[Any], heartbeat_interval: float, watchdog: WatchdogTimer, log: logs.Log
    ) -> None:
        self._link = link
        self._watchdog = watchdog
        self._log = log
        self._main = MainProcess(link)
        self._heartbeat_interval = heartbeat_interval
        self._beaten_at = 0.0
        self._settings: ConnectionSettings | None = None
        super().__init__(self._start, name=name)

    def on_receive(self, message: Any) -> None:
        match message:
            case _LinkReadable():
                self._read()
            case _Beat():
                self._beat()
            case StartLife():
                self._start_life(message)
            case UseSettings(settings=settings):
                self._settings = settings
                others = {*settings.headers.values(), *settings.credentials}
                self._log.hide(logs.secrets_in([settings.secret.value], others))
            case SetLogLevel(level=level):
                self._log.set_level(level)
            case LeaseExtended(until=until):
                self._watchdog.ends_at = until
                self._watchdog.rearm()
            case Begin():
                self._watchdog.rearm()
                # A worker whose link is full waits in its thread and sends no heartbeats, but it lives.
                self._link.wait_step, self._link.on_wait = self._heartbeat_interval, self._watchdog.rearm
                self.watch(self._link, _LinkReadable())
                self._link.on_taken_in = functools.partial(self.inbox.put, Envelope(_LinkReadable()))
                self.every(self._heartbeat_interval, _Beat())
                logger.debug("serves, pid {}", os.getpid())
                self._beat()
            case _:
                super().on_receive(message)

    def _start_life(self, message: StartLife) -> None:
        assert self._settings is not None  # it has come over the same link, before
        super().on_receive(StartConnection(*message.life, message.region, self._settings))
        if self.now() - self._beaten_at >= self._heartbeat_interval:
            self._beat()  # one read of the link may start hundreds

    def _start(self, start: StartConnection, guardian: Tellable) -> Tellable:
        return here(
            Connection.start(
                start,
                self._main,
                dial,
                open_session,
                witness(start),
                guardian=guardian,
                dispatcher=self._dispatcher,
            )
        )

    def _read(self) -> None:
        try:
            messages = self._link.receive()
        except WorkerDied:
            self.stop()
            return
        for message in messages:
            self.on_receive(message)

    def _beat(self) -> None:
        self._watchdog.rearm()  # first: it expires before the supervisor misses the next heartbeat
        self._beaten_at = self.now()
        used = os.times()
        beat = Heartbeat(self.name, os.getpid(), used.user + used.system, _resident_bytes())
        self._main.tell(EventBatch(self.name, [beat]))


def main() -> int:
    parser = argparse.ArgumentParser(description="A worker process; started by the runtime, not by hand.")
    parser.add_argument("--name", required=True)
    parser.add_argument(
        "--link", required=True, help="file descriptor, or 'stdin' for a shared socket (Windows)"
    )
    parser.add_argument("--heartbeat", required=True, type=float)
    parser.add_argument("--watchdog", required=True, type=float, help="seconds without a heartbeat")
    parser.add_argument("--venue", required=True)
    parser.add_argument("--log-level", required=True, choices=get_args(LogLevel))
    options = parser.parse_args()
    forbid_core_dumps()  # before the session arrives
    _die_with_parent()
    _keep_memory()
    group_signals.ignore()
    descriptors.raise_soft_limit()
    watchdog = WatchdogTimer(options.watchdog)
    link: Link[Any] = Link(_inherited(options.link), Downlink, stall=MAIN_STALL)
    venue(options.venue)  # now, since what is loaded later is not frozen
    # The collector need not walk through the modules, which stay, nor look for cycles after every 700 new
    # objects: ticks, which it does not track, arrive by the thousand.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()
    forwarding = Forwarding(options.name, link, logs.to_stderr(logs.plain))
    # The link is closed after the last line of the log has gone over it.
    with contextlib.closing(link), logs.Log(options.log_level, forwarding) as log:
        worker = Worker.start(options.name, link, options.heartbeat, watchdog, log)
        worker.actor_stopped.wait()
    return 0


def _inherited(link: str) -> socket.socket:
    if link == "stdin":
        return socket.fromshare(sys.stdin.buffer.read())  # type: ignore[attr-defined,no-any-return]  # Windows
    return socket.socket(fileno=int(link))


def _die_with_parent() -> None:
    """The end of the link ends a worker that reads it; on Linux, this ends one that hangs."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _keep_memory() -> None:
    """Else glibc gives the memory of each read under full load back to the system, and page faults in the
    next one take a twentieth of the time."""
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(M_TRIM_THRESHOLD, KEPT_FREE)


def _resident_bytes() -> int:
    """0 on a system where the figure is not as cheap as on Linux, and where ``/proc`` is not mounted."""
    if sys.platform != "linux":
        return 0
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123  # once a second for years
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
