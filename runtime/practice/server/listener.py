"""One region of the exchange: a listening port that can be shut and opened again."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

from actors.errors import LocalProtocolError
from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.fault import Fault
from runtime.practice.faults.listener import Dribble, Hang
from runtime.practice.faults.socket import Slow
from runtime.practice.server.fault_transport import FaultTransport

TURNS = 8
"""Turns of the loop after which a connection that asyncio has just accepted has its handler. If the server is
closed earlier, the socket stays open, and nothing owns it."""

SETTLE_TIMEOUT = 2.0
"""Seconds for requests in progress to end after the region is shut."""


Admit = Callable[["RegionListener", web.BaseRequest], Awaitable[web.StreamResponse]]
"""Answers one HTTP request of a region."""


class RegionListener:
    """A region that is shut keeps its port: bound but not listening, so connections are refused.

    The active ``faults`` apply to incoming connections.
    """

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        faults: ActiveFaults,
        admit: Admit,
    ) -> None:
        self.name = name
        self._host = host
        self._port = port
        self._faults = faults
        self._admit = admit
        self._socket: socket.socket | None = None
        self._listener: asyncio.Server | None = None
        self._server: web.Server | None = None
        self._transports: set[FaultTransport] = set()

    @property
    def url(self) -> str:
        return f"ws://{self._host}:{self._port}/socket.io/?EIO=4&transport=websocket"

    def bind(self) -> None:
        """Bind the port; raises ``OSError`` if that fails."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if os.name == "posix":  # elsewhere the option would let others take the port
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((self._host, self._port))
        except OSError as error:
            sock.close()
            place = f"port {self._port} on {self._host}"
            mend = "choose another, or end what uses it"
            raise OSError(f"{place} cannot be bound: {error.strerror} ({mend})") from error
        self._port = sock.getsockname()[1]
        self._socket = sock

    async def open(self) -> None:
        if self._listener is not None:
            return
        if self._socket is None:
            raise LocalProtocolError(f"region {self.name} has no port yet")
        server = web.Server(lambda request: self._admit(self, request), access_log=None)
        self._server = server
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: FaultTransport(server(), self._connected, self._transports.discard), sock=self._socket
        )

    async def shut(self) -> None:
        """Stop listening; ``settle`` waits for the requests that are left."""
        if self._listener is None or self._socket is None:
            return
        with contextlib.suppress(NotImplementedError):  # Windows: its loop waits for connections otherwise
            asyncio.get_running_loop().remove_reader(self._socket)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        _cut_off_waiting(self._socket)
        with contextlib.suppress(OSError):
            # A process that is just being forked holds a copy, which would go on listening.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        self.bind()

    async def settle(self) -> None:
        """End the requests of a region that was shut."""
        if self._server is not None:
            for handler in self._server.connections:
                handler.close()  # of a connection without a request, the shutdown would wait for one
            await self._server.shutdown(SETTLE_TIMEOUT)
            self._server = None
        for transport in list(self._transports):  # one that a fault holds back does not end by itself
            transport.abort()

    @property
    def faults(self) -> list[Fault]:
        """The faults that struck single connections."""
        return [fault for transport in self._transports for fault in transport.faults]

    def relieve(self, matches: Callable[[Fault], bool]) -> list[Fault]:
        """End the matching faults of single connections. Returns them."""
        return [fault for transport in list(self._transports) for fault in transport.relieve(matches)]

    def adjust(self) -> None:
        """Limit the rate of every connection as the active faults say."""
        for transport in self._transports:
            self._set_rate(transport)

    def release(self) -> None:
        """Release the port."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self, transport: FaultTransport) -> None:
        self._transports.add(transport)
        for kind in (Hang, Dribble):
            if fault := self._faults.take(kind, region=self.name):
                transport.strike(fault)
        self._set_rate(transport)

    def _set_rate(self, transport: FaultTransport) -> None:
        slow = self._faults.find(Slow, region=self.name)
        transport.set_rate(slow.rate if slow else None)


def _cut_off_waiting(listener: socket.socket) -> None:
    """Cut off clients that the system has accepted and the loop has not: they would wait for ever."""
    with contextlib.suppress(OSError):  # BlockingIOError: there are no more
        while True:
            client, _ = listener.accept()
            client.close()
