"""A worker process as the main process handles it: started, told messages over its link, killed."""

import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Collection
from typing import Any

import pykka

from actors.errors import WorkerDied
from actors.messages.lifecycle import Tellable
from actors.messages.traffic import EventBatch, Uplink
from actors.messages.workers import ConnectionSettings, LogRecord, StartConnection, StartLife, UseSettings
from actors.routing.messages import LinkOpened, LinkReadable
from actors.values import LogLevel
from runtime.logs import printable
from runtime.workers import log_forwarding as forwarding, signals as group_signals
from runtime.workers.command import command as worker_command, environment
from runtime.workers.link import Link
from runtime.workers.standard_error import StandardError

KILL_TIMEOUT = 1.0
"""Seconds that a killed process may take to end. One that takes longer cannot run: it is frozen, or a disk
does not answer it."""

WORKER_STALL = 0.25
"""Seconds; a worker that serves reads its link at once or hangs, and the pool must not wait long to find out.
What is sent before fits into the link, which takes 200 KB: the supervisor starts no connection then."""


class WorkerProcess:
    """A ``WorkerHandle`` of a process; starts it.

    The process is started by command line with one inherited socket, not by multiprocessing, which would
    import the caller's ``__main__`` again. It has the caller's ``sys.path`` and environment, without the
    variables that are or contain one of ``secrets``. It ends when it has sent no heartbeat for
    ``heartbeat_timeout`` seconds, where there is ``setitimer``.

    Raises ``WorkerDied`` if no process can be started as a worker, ``OSError`` if the system starts none.
    """

    def __init__(
        self,
        name: str,
        heartbeat_interval: float,
        log_level: LogLevel,
        router: Tellable,
        secrets: Collection[str],
        venue: str,
        heartbeat_timeout: float,
    ) -> None:
        command = worker_command()
        command += ["--name", name, "--heartbeat", str(heartbeat_interval), "--log-level", log_level]
        command += ["--watchdog", str(heartbeat_timeout)]
        command += ["--venue", venue]
        ours, theirs = socket.socketpair()
        with contextlib.ExitStack() as abandoned:
            abandoned.callback(ours.close)
            with theirs, group_signals.held_back():
                self._process = _start(command, theirs, environment(os.environ, secrets))
            abandoned.pop_all()
        assert self._process.stderr is not None
        self._stderr = StandardError(self._process.stderr)
        self._link: Link[Any] = Link(ours, Uplink, stall=WORKER_STALL)
        self.pid = self._process.pid
        self._killed = False
        self._end = ""
        self._settings: ConnectionSettings | None = None
        self._receiver = _Receiver(self._link)
        opened = LinkOpened(name, self.pid, self._receiver)
        self._link.on_taken_in = functools.partial(_tell, router, LinkReadable(opened))
        router.tell(opened)

    def tell(self, message: Any) -> None:
        try:
            if isinstance(message, StartConnection):
                message = self._without_settings(message)
            self._link.send(message)
        except WorkerDied:
            self._process.kill()
            raise

    def kill(self, patience: float = 0.0) -> str | None:
        if patience and (code := self._wait(patience)) is not None:
            self._end = f"exit status {code}" if code >= 0 else f"by {_signal_name(-code)}"
            return self._end
        self._process.kill()
        timeout, self._killed = (0.0 if self._killed else KILL_TIMEOUT), True
        if self._wait(timeout) is None:
            # It holds its end of the link open, and the router must see an end.
            self._link.shut_down()
            return None
        return ""

    @property
    def silent_end(self) -> str:
        """How the process has ended, and the last line that it wrote to standard error, if it ended by itself
        and had never served; else ``""``."""
        if not self._end or self.has_served:
            return ""
        last = self._stderr.last_line()
        return f"{self._end}, after {printable(last)!r}" if last else self._end

    @property
    def has_served(self) -> bool:
        return self._receiver.has_batches

    def _without_settings(self, start: StartConnection) -> StartLife:
        """Only the supervisor starts connections, so no other thread is here."""
        if start.settings != self._settings:
            self._link.send(UseSettings(start.settings))
            self._settings = start.settings
        return StartLife(*start.life, start.region)

    def _wait(self, timeout: float) -> int | None:
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None


class _Receiver:
    """The link as the router reads it; logs the log lines that arrive between the batches."""

    def __init__(self, link: Link[EventBatch | LogRecord]) -> None:
        self._link = link
        self.has_batches = False
        self.fileno = link.fileno
        self.close = link.close

    def receive(self) -> list[EventBatch]:
        batches = []
        for message in self._link.receive():
            if isinstance(message, LogRecord):
                forwarding.log(message)
            else:
                batches.append(message)
                self.has_batches = True
        return batches


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _tell(router: Tellable, readable: LinkReadable) -> None:
    with contextlib.suppress(pykka.ActorDeadError):  # the router has ended
        router.tell(readable)


def _start(
    command: list[str], theirs: socket.socket, environment: dict[str, str]
) -> "subprocess.Popen[bytes]":
    if sys.platform == "win32":
        process = subprocess.Popen(
            [*command, "--link", "stdin"], env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdin is not None
        with process.stdin as pipe:
            pipe.write(theirs.share(process.pid))
        return process
    fileno = theirs.fileno()
    return subprocess.Popen(
        [*command, "--link", str(fileno)],
        env=environment,
        pass_fds=[fileno],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
