"""A host as a group of processes of its own, with its lines to the engine and to the venue."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from actors.errors import NoRuntime, RuntimeHung
from actors.tenancy.tenancy import LeaseTimes
from labs.drill_hosts.reader import ASSETS, FEED
from labs.faults.relay import Relay
from runtime import attach

PROJECT: Final = Path(__file__).resolve().parents[3]
STARTED_WITHIN: Final = 30.0
ENDED_WITHIN: Final = 15.0
PAUSE: Final = 0.02
"""Seconds between two looks at another process, whose changes are not reported."""


class HostProcess:
    """``engine`` and ``venue`` are relays, so that each can be cut off alone. A context manager."""

    def __init__(
        self,
        name: str,
        folder: Path,
        ports: tuple[int, int],
        sessions: dict[str, str],
        feed_session: str,
        times: LeaseTimes,
        workers: int,
        sentinels: str = "",
    ) -> None:
        """``ports`` are those of the engine and of the venue's region for this host, ``sessions`` those of
        the accounts; ``feed_session`` is what this host has for the feed. ``sentinels`` is the URL of the
        engine where it has some; ``""``: by the relay."""
        self.name = name
        self.workers = workers
        self._folder = folder / name
        self.socket = folder / f"{name}.sock"
        self.log = folder / f"{name}.log"
        self._ports = ports
        self._sessions = sessions
        self._feed_session = feed_session
        self._times = times
        self._sentinels = sentinels
        self._stack = ExitStack()
        self.engine: Relay
        self.venue: Relay
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.engine, self.venue = (self._stack.enter_context(Relay(port)) for port in self._ports)
        self._folder.mkdir()
        self.file = self._folder / "config.yaml"
        self.file.write_text(json.dumps(self._settings()), encoding="utf-8")  # which is YAML too
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._stack.close()

    def start(self) -> None:
        environment = os.environ | {"XDG_STATE_HOME": str(self._folder)}
        command = [sys.executable, "-m", "runtime.main", str(self.file), "--output", "log"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=PROJECT,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

    def await_start(self) -> bool:
        """Whether it answers, within ``STARTED_WITHIN``."""
        due = time.monotonic() + STARTED_WITHIN
        while time.monotonic() < due and self.code is None:
            with suppress(NoRuntime, RuntimeHung), attach(self.socket, account=None, timeout=1.0):
                return True
            time.sleep(PAUSE)
        return False

    @property
    def code(self) -> int | None:
        """Its exit code; ``None`` while it runs."""
        return None if self._process is None else self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        """To all processes of the host."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def terminate(self) -> None:
        """As a service manager asks a program to stop."""
        assert self._process is not None
        self._process.terminate()

    def kill(self) -> None:
        if self._process is not None:
            self.signal(signal.SIGKILL)
            self._process.wait()

    def wait(self) -> None:
        """Until it has ended, but no longer than ``ENDED_WITHIN``."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDED_WITHIN)

    def _settings(self) -> dict[str, Any]:
        url = f"ws://127.0.0.1:{self.venue.port}/socket.io/?EIO=4&transport=websocket"
        lease, renew, margin = self._times.lease, self._times.renew, self._times.margin
        return {
            "config_version": 1,
            "accounts": [{"name": name, "session": session} for name, session in self._sessions.items()],
            "feeds": [
                {"name": FEED, "session": self._feed_session, "assets": list(ASSETS), "standby": 1},
            ],
            "regions": {"demo": [{"name": self.name, "url": url}]},
            "pool": {"workers": self.workers, "connections": 1},
            "connection": {"open_timeout": 2.0, "ping_interval": 1.0, "ping_timeout": 1.0},
            "reconnect": {"reconnect_delay": 0.05, "max_delay": 0.5},
            "limits": {"messages": ["500/s"], "connects": ["100/s"], "max_concurrent_operations": 100},
            "orders": {"maximum_open": 1000},
            "control": {"socket": str(self.socket)},
            "cluster": {
                "engine": self._sentinels or f"valkey://127.0.0.1:{self.engine.port}/0",
                "replicas": int(bool(self._sentinels)),
                "host": self.name,
                "lease": lease,
                "renew": renew,
                "margin": margin,
            },
        }
