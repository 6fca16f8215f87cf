"""The program as a service of systemd: it says when it is ready, that it works, and that it stops.

The protocol is sd_notify(3): datagrams of NAME=value lines to the socket that ``NOTIFY_SOCKET`` names. Where
it names none, nothing happens here.
"""

import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping, MutableMapping
from typing import Final

import pykka
from loguru import logger

from actors.engine.router_ref import RouterRef
from actors.errors import RequestError, TellwireError
from actors.messages.commands import GetStatus
from actors.messages.status import Status
from runtime.monitoring.readiness import is_fresh, not_ready

INTERVAL: Final = 1.0
"""Seconds between two looks, if the watchdog of systemd does not ask for more."""

STARTS_WITHIN: Final = 30.0
"""Seconds that systemd is asked to wait from each look on, until the runtime is ready: one that answers must
not be killed because its venue is away."""

Work = Callable[[], object]


class Service:
    """Looks at the runtime in a thread of its own, by the status, of which every actor has a part.

    So the watchdog of systemd watches over the actors: it hears nothing while one of them is stuck.
    """

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        """Takes the variables of systemd out of ``environment``: they are not for child processes."""
        self._address = environment.pop("NOTIFY_SOCKET", "")
        limit = environment.pop("WATCHDOG_USEC", "")
        mine = environment.pop("WATCHDOG_PID", "") in {"", str(os.getpid())}
        seconds = int(limit) / 1e6 if mine and limit.isdecimal() else 0.0
        self._interval = min(INTERVAL, seconds / 3) if seconds else INTERVAL
        self._is_ready = False
        self._work: queue.SimpleQueue[Work | None] = queue.SimpleQueue()  # a signal handler may put into it
        self._thread: threading.Thread | None = None

    def start(self, router: RouterRef) -> None:
        def statuses(timeout: float) -> dict[str, Status | None]:
            try:
                return {"": router.ask(GetStatus(), timeout=timeout)}
            except (RequestError, pykka.ActorDeadError):
                return {"": None}

        self.start_all(statuses)

    def start_all(self, statuses: Callable[[float], Mapping[str, Status | None]]) -> None:
        """``statuses`` returns the status of each account within so many seconds, ``None`` where none
        comes."""
        if self._address:
            self._thread = threading.Thread(target=self._run, args=(statuses,), name="service", daemon=True)
            self._thread.start()

    def reload(self, work: Work) -> bool:
        """Have ``work`` read the configuration again, and say when it begins and ends. Returns at once;
        ``False``: no service manager listens, so nothing is done."""
        if self._thread is not None:
            self._work.put(work)
        return self._thread is not None

    def stop(self) -> None:
        """Say that the program stops; idempotent."""
        if self._thread is not None:
            thread, self._thread = self._thread, None
            self._tell("STOPPING=1", "STATUS=stopping")
            self._work.put(None)
            thread.join(INTERVAL)

    def _run(self, statuses: Callable[[float], Mapping[str, Status | None]]) -> None:
        while True:
            self._look(statuses(self._interval))
            try:
                work = self._work.get(timeout=self._interval)
            except queue.Empty:
                continue
            if work is None:
                return
            self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
            try:
                work()
            except TellwireError as error:  # the file is refused; the log says more
                self._tell(f"STATUS=not reloaded: {error}".partition("\n")[0])
            finally:
                if self._is_ready:
                    self._tell("READY=1")

    def _look(self, statuses: Mapping[str, Status | None]) -> None:
        found = {name: status for name, status in statuses.items() if status is not None}
        if len(found) < len(statuses):
            return  # so that the watchdog hears nothing
        self._tell("WATCHDOG=1", f"STATUS={described_all(found)}")
        if not self._is_ready and are_ready(found.values()):
            self._is_ready = True
            self._tell("READY=1")
        elif not self._is_ready:
            self._tell(f"EXTEND_TIMEOUT_USEC={int(STARTS_WITHIN * 1e6)}")

    def _tell(self, *lines: str) -> None:
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.sendto("\n".join(lines).encode(), address)
        except OSError as error:
            logger.debug("systemd does not listen at {}: {}", self._address, error)


def are_ready(statuses: Collection[Status]) -> bool:
    """Whether one account is ready, and every other one is too or has been given up: one that cannot log in
    must not keep the program from having started."""
    waiting = [status for status in statuses if not_ready(status)]
    return len(waiting) < len(statuses) and all(map(_is_given_up, waiting))


def _is_given_up(status: Status) -> bool:
    return all(each.child.state == "quarantined" for each in status.connections)


def described_all(statuses: Mapping[str, Status]) -> str:
    """The state of one runtime, or of each of several, in a line."""
    return "; ".join(
        f"{name}: {described(each)}" if name else described(each) for name, each in statuses.items()
    )


def described(status: Status) -> str:
    """The state of the runtime in a line, as ``systemctl status`` shows it."""
    up = sum(each.child.state == "up" for each in status.connections)
    fresh = sum(map(is_fresh, status.streams))
    parts = [
        f"{up} of {len(status.connections)} connections up",
        f"{fresh} of {len(status.streams)} streams fresh",
    ]
    if status.disconnected is not None:
        parts.append(f"disconnected ({status.disconnected})")
    desk = status.desk
    if desk.halted is not None:
        parts.append(f"orders halted ({desk.halted})")
    if in_doubt := desk.in_doubt + status.pending.in_doubt:
        parts.append(f"{in_doubt} orders in doubt")
    return ", ".join(parts)
