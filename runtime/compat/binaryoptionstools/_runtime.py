"""``ClientRuntime``: the runtime of one client, in the event loop that uses the client."""

import asyncio
import datetime as dt
from typing import Any, TypeVar

from actors.messages import ConnectionDown, ConnectionUp, GetStatus, Restart
from actors.messages.commands import Command
from actors.values import AccountKind
from runtime.aio.event_stream import EventStream
from runtime.aio.threads import in_a_thread
from runtime.async_runtime import AsyncRuntime
from runtime.compat import _shared
from runtime.compat.binaryoptionstools._settings import mended, runtime_config
from runtime.compat.binaryoptionstools.config import PyConfig
from runtime.compat.binaryoptionstools.errors import PocketOptionError, PocketOptionTimeout, as_theirs

A = TypeVar("A")

UP, DOWN = "connection.up", "connection.down"


class ClientRuntime:
    """Begins when it is made in an event loop, and otherwise with the first request.

    A later event loop gets a runtime of its own, once the one before is closed. All methods are called in the
    loop, except for the properties.
    """

    def __init__(self, ssid: str, settings: PyConfig) -> None:
        """Raises ``InvalidSession`` and ``InvalidParameterError``."""
        self._config = runtime_config(mended(ssid), settings)
        login = self._config.account.login
        assert login is not None
        self.is_demo = login.account is AccountKind.DEMO
        self.uid = int(login.user) if login.user.isdigit() else None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting: asyncio.Task[AsyncRuntime] | None = None
        self._leased: AsyncRuntime | None = None
        self._up: dict[str, bool] = {}
        self._changed = asyncio.Event()
        self._shut_down = False
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # made before the loop: the first request begins
            return
        self._begin()

    @property
    def is_connected(self) -> bool:
        """Whether a connection is logged in."""
        return self._leased is not None and any(self._up.values())

    @property
    def message_timeout(self) -> float:
        """Seconds that a request waits for its answer."""
        return self._config.connection.message_timeout

    async def get(self) -> AsyncRuntime:
        """The runtime, which runs. Raises ``PocketOptionError`` after ``shut_down``."""
        if self._shut_down:
            raise PocketOptionError("this client has been shut down: make another one")
        if self._loop is not asyncio.get_running_loop():
            await self._leave_loop()
        if self._starting is None:
            self._begin()
        assert self._starting is not None
        try:
            return await asyncio.shield(self._starting)
        except asyncio.CancelledError:
            raise
        except BaseException:
            self._starting = None  # the next request tries again
            raise

    async def ask(self, command: Command[A], *, timeout: float | dt.timedelta | None = None) -> A:  # noqa: ASYNC109
        """The answer; the errors are theirs."""
        runtime = await self.get()
        with as_theirs():
            return await runtime.ask(command, timeout=timeout)

    async def events(self, topic: str) -> EventStream[Any]:
        """What a topic brings, once it is subscribed to."""
        return (await self.get()).events(topic)

    async def wait_until_connected(self) -> None:
        """Returns once a connection is logged in; raises ``PocketOptionTimeout``."""
        await self.get()
        limit = self.message_timeout
        try:
            async with asyncio.timeout(limit):
                while not self.is_connected:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise PocketOptionTimeout(f"no connection was logged in within {limit:g} s") from None

    async def restart_connections(self) -> None:
        """Begin a new life of every connection, and wait for the first that is logged in. Streams go on."""
        status = await self.ask(GetStatus())
        for connection in status.connections:
            if connection.pooled.role:  # it is up
                self._up[connection.child.name] = False
                await self.ask(Restart(connection.child.name))
        await self.wait_until_connected()

    async def leave(self) -> None:
        """Give the runtime back; the next request leases one again. Idempotent."""
        starting, self._starting = self._starting, None
        if starting is None:
            return
        try:
            await asyncio.shield(starting)
        except PocketOptionError:  # the callers that waited for the start have been told
            return
        leased, self._leased = self._leased, None
        self._up.clear()
        if leased is not None:
            for topic in (UP, DOWN):
                await leased.unsubscribe(topic, self._on_connection)
            await _shared.release(leased)

    async def shut_down(self) -> None:
        """``leave`` for ever."""
        self._shut_down = True
        if self._loop is asyncio.get_running_loop():
            await self.leave()
        else:
            await self._leave_loop()

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._starting = self._loop.create_task(self._start())

    async def _start(self) -> AsyncRuntime:
        with as_theirs():
            leased = await _shared.lease(self._config)
            for topic in (UP, DOWN):
                await leased.subscribe(topic, self._on_connection)
            status = await leased.ask(GetStatus())
        for connection in status.connections:
            self._up.setdefault(connection.child.name, bool(connection.pooled.role))
        self._leased = leased
        self._changed.set()
        return leased

    async def _leave_loop(self) -> None:
        """The loop before may be over: then its runtime is stopped in a thread."""
        if self._loop is None:
            return
        if not self._loop.is_closed():
            raise PocketOptionError("this client is in use in another event loop: make one for each loop")
        leased, self._leased = self._leased, None
        self._starting = self._loop = None
        self._up.clear()
        self._changed = asyncio.Event()
        if leased is not None:
            await in_a_thread(leased.runtime.stop)

    def _on_connection(self, event: ConnectionUp | ConnectionDown) -> None:
        self._up[event.connection] = isinstance(event, ConnectionUp)
        self._changed.set()
