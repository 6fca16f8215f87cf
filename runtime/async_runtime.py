"""``AsyncRuntime``: a runtime that is started, asked and stopped in an event loop."""

import asyncio
import functools
import os
from types import TracebackType
from typing import Self

from actors.errors import RequestRefused
from runtime.aio.async_router import AsyncRouter
from runtime.aio.threads import in_a_thread
from runtime.config import Config, load
from runtime.runtime import Runtime


class AsyncRuntime(AsyncRouter):
    """``Runtime`` for asyncio; an asynchronous context manager. The arguments are those of ``Runtime``.

    The loop goes on while it starts and stops, both in a thread. ``runtime`` is the runtime itself.
    """

    def __init__(self, config: Config, *, practice: bool | None = None, allow_live: bool = False) -> None:
        super().__init__()
        self.runtime = Runtime(
            config, practice=practice, allow_live=allow_live, stop_asked=self._on_stop_asked
        )
        self._stop_task: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()

    @classmethod
    def from_yaml(
        cls,
        path: str | os.PathLike[str],
        *,
        account: str = "",
        practice: bool | None = None,
        allow_live: bool = False,
    ) -> Self:
        """As ``Runtime.from_yaml``. It reads the file at once."""
        return cls(load(path).of(account), practice=practice, allow_live=allow_live)

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self.runtime.config

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """As ``Runtime.start``. A start that is cancelled is undone first."""
        if self._router is not None:
            raise RequestRefused("this runtime runs already; another one is another AsyncRuntime")
        self._ended.clear()
        try:
            await in_a_thread(self.runtime.start)
        except asyncio.CancelledError:
            await in_a_thread(self.runtime.stop)
            raise
        self._begin(self.runtime.router)
        self.runtime.at_failure(functools.partial(self._calls.put, self._on_failure))

    async def stop(self) -> None:
        """As ``Runtime.stop``; then every iteration ends after the events that had arrived, and the handlers
        get theirs. Idempotent."""
        await in_a_thread(self.runtime.stop)
        await self._end()
        self._ended.set()

    async def reload(self) -> list[str]:
        """As ``Runtime.reload``."""
        return await in_a_thread(self.runtime.reload)

    async def wait(self) -> None:
        """Wait until the runtime has stopped, which an operator may ask for; raises its failure if it has
        failed."""
        await self._ended.wait()
        if self.runtime.failure is not None:
            raise self.runtime.failure

    def _on_failure(self) -> None:
        self._finish(self.runtime.failure)
        self._ended.set()

    def _on_stop_asked(self) -> None:
        self._calls.put(self._stop_soon)

    def _stop_soon(self) -> None:
        self._stop_task = asyncio.get_running_loop().create_task(self.stop())
