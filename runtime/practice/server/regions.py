"""The regions of the exchange and the clients of each."""

import asyncio
from collections.abc import Callable, Iterable

from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.fault import Fault
from runtime.practice.faults.listener import Outage
from runtime.practice.server.clients import Clients
from runtime.practice.server.connection import ClientConnection
from runtime.practice.server.listener import Admit, RegionListener
from runtime.practice.settings import PracticeSettings

_ABORT_TIMEOUT = 2.0


class RegionListeners:
    """Opens and closes the listeners; a region in an active outage stays closed."""

    def __init__(
        self, settings: PracticeSettings, faults: ActiveFaults, clients: Clients, admit: Admit
    ) -> None:
        ports = settings.ports or (0,) * len(settings.regions)
        self.listeners = {
            name: RegionListener(name, settings.host, port, faults, admit)
            for name, port in zip(settings.regions, ports, strict=True)
        }
        self._faults = faults
        self._clients = clients

    async def open(self) -> None:
        """Raises ``OSError`` for a port that cannot be bound."""
        for listener in self.listeners.values():
            listener.bind()
        for listener in self.listeners.values():
            await listener.open()

    async def close(self) -> None:
        """End every connection and release the ports; allowed after a failed ``open``."""
        await asyncio.gather(*(self._shut(listener) for listener in self.listeners.values()))
        for listener in self.listeners.values():
            listener.release()

    async def adjust(self) -> None:
        """Apply the active faults."""
        for listener in self.listeners.values():
            if self._faults.find(Outage, region=listener.name):
                await self._shut(listener)
            else:
                await listener.open()
                listener.adjust()

    def clients(self, region: str | None, count: int | None) -> list[ClientConnection]:
        """The clients of a region, or of all regions: the ``count`` oldest, or all of them."""
        return [client for client in self._clients if region in {None, client.region}][:count]

    @property
    def faults(self) -> list[Fault]:
        """The faults that struck single connections."""
        return [fault for listener in self.listeners.values() for fault in listener.faults]

    def relieve(self, matches: Callable[[Fault], bool]) -> list[Fault]:
        """End the matching faults of single connections. Returns them."""
        return [fault for listener in self.listeners.values() for fault in listener.relieve(matches)]

    @staticmethod
    async def drop(clients: Iterable[ClientConnection]) -> None:
        """Cut these clients off and wait until their sockets are closed."""
        for client in clients:
            client.abort()
        async with asyncio.timeout(_ABORT_TIMEOUT):
            for client in clients:
                await client.ended.wait()

    async def _shut(self, listener: RegionListener) -> None:
        await listener.shut()
        await self.drop(self.clients(listener.name, None))
        await listener.settle()
