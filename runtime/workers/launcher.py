"""Starts what connections live in: a worker process, or this process if the configuration has no workers."""

from collections.abc import Callable, Collection

from actors.engine.dispatcher import Dispatcher
from actors.messages.lifecycle import Tellable
from actors.messages.workers import WorkerHandle
from runtime.config import Config
from runtime.workers.in_process import InProcessWorker
from runtime.workers.process import WorkerProcess


class WorkerLauncher:
    """Starts workers by name; ``config`` returns the configuration in force.

    ``secrets`` are strings that no worker process may find in its environment.
    """

    def __init__(self, config: Callable[[], Config], secrets: Collection[str]) -> None:
        self._config = config
        self._secrets = secrets

    def __call__(self, router: Tellable, dispatcher: Dispatcher, name: str) -> WorkerHandle:
        """Start a worker that tells ``router`` its events; in this process, its connections run in
        ``dispatcher``. Raises ``OSError`` if no process can be started."""
        config = self._config()
        if config.pool.workers == 0:
            return InProcessWorker(router, dispatcher)
        # If a reload changes the level in this moment, the supervisor tells the worker once it has started.
        supervision, level = config.supervision, config.log.level
        return WorkerProcess(
            name,
            supervision.heartbeat_interval,
            level,
            router,
            self._secrets,
            config.account.venue,
            supervision.heartbeat_timeout,
        )
