"""Starts what connections live in: a worker process, or this process if the configuration has no workers."""

import errno
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from loguru import logger

from actors.engine.dispatcher import Dispatcher
from actors.messages.lifecycle import Tellable
from actors.messages.workers import WorkerHandle
from runtime.config import Config
from runtime.workers.command import cannot_start, never_served
from runtime.workers.process import WorkerProcess

NEVER: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ENOEXEC, errno.ELOOP})
"""The errors of a program that cannot be started, however often that is tried."""


MOST_SILENT_ENDS = 3
"""How many processes of one worker in a row may end before they serve, while none of the runtime ever has.
The first is told with its reason; a machine that was out of memory for a moment gets two more."""


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
        # If a reload changes the level in this moment, the supervisor tells the worker once it has started.
        supervision, level = config.supervision, config.log.level
        try:
            worker = WorkerProcess(
                name,
                supervision.heartbeat_interval,
                level,
                router,
                config.secrets.union(self._secrets),
                config.account.venue,
                supervision.heartbeat_timeout,
            )
        except OSError as error:
            # An interpreter that has started a worker before comes back: an update is replacing it.
            if error.errno in NEVER and not self._has_started_one:
                raise cannot_start(error) from error
            raise
        self._has_started_one = True
        self._latest[name] = worker
        return worker

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
