"""Starts what connections live in: a worker process, or this process if the configuration has no workers."""

import contextlib
import errno
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

from loguru import logger

from actors.engine.dispatcher import Dispatcher
from actors.errors import WorkerDied
from actors.messages.lifecycle import Tellable
from actors.messages.workers import WorkerHandle
from actors.routing.messages import LinkOpened
from runtime.config import Config
from runtime.workers.command import cannot_start, never_served
from runtime.workers.process import WorkerProcess

NEVER: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ENOEXEC, errno.ELOOP})
"""The errors of a program that cannot be started, however often that is tried."""


MOST_SILENT_ENDS = 3
"""How many processes of one worker in a row may end before they serve, while none of the runtime ever has.
The first is told with its reason; a machine that was out of memory for a moment gets two more."""


class _RouterToCome:
    """Keeps what a worker tells the router until there is one."""

    def __init__(self) -> None:
        self._kept: list[Any] = []
        self.tell: Callable[[Any], None] = self._kept.append

    def come(self, router: Tellable) -> None:
        self.tell = router.tell
        for message in self._kept:
            router.tell(message)

    def stay_away(self) -> None:
        """No router reads the link."""
        for message in self._kept:
            if isinstance(message, LinkOpened):
                message.link.close()


class WorkerLauncher:
    """Starts workers by name; ``config`` returns the configuration in force.

    No worker process finds a secret of the configuration, or one of ``secrets``, in its environment: what it
    needs, its session and the way to the venue, it is told over its link.
    """

    def __init__(self, config: Callable[[], Config], secrets: Iterable[str]) -> None:
        self._config = config
        self._secrets = secrets
        self._has_started_one = False
        self._has_served = False
        self._latest: dict[str, WorkerProcess] = {}
        self._silent_ends: Counter[str] = Counter()
        self._ahead: dict[str, tuple[WorkerProcess, _RouterToCome]] = {}

    def __call__(self, router: Tellable, dispatcher: Dispatcher, name: str) -> WorkerHandle:
        """Start a worker that tells ``router`` its events; in this process, its connections run in
        ``dispatcher``.

        Raises ``OSError`` if no process can be started now, ``WorkerDied`` if none ever can."""
        config = self._config()
        if config.pool.workers == 0:
            # Now: with worker processes this one needs neither a venue's protocols nor sockets to it.
            from runtime.workers.in_process import InProcessWorker  # noqa: PLC0415

            return InProcessWorker(router, dispatcher)
        self._judge_silence(name)
        try:
            worker = self._take_ahead(name, router) or self._start(config, name, router)
        except OSError as error:
            # An interpreter that has started a worker before comes back: an update is replacing it.
            if error.errno in NEVER and not self._has_started_one:
                raise cannot_start(error) from error
            raise
        self._has_started_one = True
        self._latest[name] = worker
        return worker

    def start_ahead(self, names: Iterable[str]) -> None:
        """Start these processes, which load their modules while this one does. Each is what the first call
        with its name returns. One that cannot be started is left to that call."""
        for name in names:
            router = _RouterToCome()
            with contextlib.suppress(OSError, WorkerDied):
                self._ahead[name] = self._start(self._config(), name, router), router

    def close(self) -> None:
        """End the processes that were started ahead, and that nobody has called for."""
        while self._ahead:
            _, (worker, router) = self._ahead.popitem()
            worker.kill()
            router.stay_away()

    def _take_ahead(self, name: str, router: Tellable) -> WorkerProcess | None:
        if name not in self._ahead:
            return None
        worker, to_come = self._ahead.pop(name)
        to_come.come(router)
        return worker

    def _start(self, config: Config, name: str, router: Tellable) -> WorkerProcess:
        # If a reload changes the level in this moment, the supervisor tells the worker once it has started.
        supervision, level = config.supervision, config.log.level
        return WorkerProcess(
            name,
            supervision.heartbeat_interval,
            level,
            router,
            config.secrets.union(self._secrets),
            config.account.venue,
            supervision.heartbeat_timeout,
        )

    def _judge_silence(self, name: str) -> None:
        """Tell why the last process of this worker never served, and raise ``WorkerDied`` if none will.

        What has served once comes back: what it lacks now, such as memory, it has had.
        """
        self._has_served = self._has_served or any(each.has_served for each in self._latest.values())
        if (last := self._latest.get(name)) is None or self._has_served or not (end := last.silent_end):
            return
        self._silent_ends[name] += 1
        error = never_served(name, end)
        if self._silent_ends[name] >= MOST_SILENT_ENDS:
            del self._latest[name], self._silent_ends[name]  # a ``Restart`` tries again
            raise error
        if self._silent_ends.total() == 1:
            logger.error("{}", error)
