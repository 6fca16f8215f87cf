"""The regions of the exchange, and who is connected where."""

import asyncio
from collections.abc import Callable, Iterable

from runtime.practice.faults.board import FaultBoard
from runtime.practice.faults.fault import Fault
from runtime.practice.faults.gate import Outage
from runtime.practice.server.clients import Audience
from runtime.practice.server.connection import Connection
from runtime.practice.server.gate import Admit, Gate
from runtime.practice.settings import PracticeSettings

_ABORT_TIMEOUT = 2.0


class Regions:
    """Opens and closes the gates; those that an outage on the board concerns stay shut."""

    def __init__(
        self, settings: PracticeSettings, board: FaultBoard, audience: Audience, admit: Admit
    ) -> None:
        ports = settings.ports or (0,) * len(settings.regions)
        self.gates = {
            name: Gate(name, settings.host, port, board, admit)
            for name, port in zip(settings.regions, ports, strict=True)
        }
        self._board = board
        self._audience = audience

    async def open(self) -> None:
        """Raises ``OSError`` for a port that is not to be had."""
        for gate in self.gates.values():
            gate.bind()
        for gate in self.gates.values():
            await gate.open()

    async def close(self) -> None:
        """End every connection and give the ports back; harmless after a failed ``open``."""
        await asyncio.gather(*(self._shut(gate) for gate in self.gates.values()))
        for gate in self.gates.values():
            gate.release()

    async def adjust(self) -> None:
        """Let the board have its way."""
        for gate in self.gates.values():
            if self._board.find(Outage, region=gate.name):
                await self._shut(gate)
            else:
                await gate.open()
                gate.adjust()

    def clients(self, region: str | None, count: int | None) -> list[Connection]:
        """Who is connected to a region, or to any: the ``count`` oldest, or all of them."""
        return [client for client in self._audience if region in {None, client.region}][:count]

    @property
    def faults(self) -> list[Fault]:
        """Those that struck single connections."""
        return [fault for gate in self.gates.values() for fault in gate.faults]

    def relieve(self, matches: Callable[[Fault], bool]) -> list[Fault]:
        """End the faults of single connections that match; answers with them."""
        return [fault for gate in self.gates.values() for fault in gate.relieve(matches)]

    @staticmethod
    async def drop(clients: Iterable[Connection]) -> None:
        """Cut them off and wait until they are gone."""
        for client in clients:
            client.abort()
        async with asyncio.timeout(_ABORT_TIMEOUT):
            for client in clients:
                await client.ended.wait()

    async def _shut(self, gate: Gate) -> None:
        await gate.shut()
        await self.drop(self.clients(gate.name, None))
        await gate.settle()
