"""The worker processes of a runtime, and what they log."""

import contextlib
import threading
from collections.abc import Collection

from actors.errors import WorkerDied
from actors.messages.lifecycle import SetLogLevel, Tellable
from actors.values import LogLevel
from runtime.worker_process import WorkerProcess


class Workers:
    """Starts worker processes; any thread may change the level that they log from, those to come included."""

    def __init__(self, heartbeat_interval: float, log_level: LogLevel) -> None:
        self._heartbeat_interval = heartbeat_interval
        self._log_level = log_level
        self._latest: dict[str, WorkerProcess] = {}
        self._starting = threading.Lock()

    def start(self, name: str, router: Tellable, secrets: Collection[str]) -> WorkerProcess:
        with self._starting:  # so that no level is set between its birth and its entry
            worker = WorkerProcess(name, self._heartbeat_interval, self._log_level, router, secrets)
            self._latest[name] = worker
        return worker

    def set_log_level(self, level: LogLevel) -> None:
        with self._starting:
            self._log_level = level
            for worker in self._latest.values():
                with contextlib.suppress(WorkerDied):  # its successor is born with the new one
                    worker.tell(SetLogLevel(level))
