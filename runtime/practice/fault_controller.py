"""The fault desk: begins and ends faults."""

import asyncio
from collections.abc import Callable

from actors.errors import RequestRefused
from runtime.practice.faults import frames
from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.fault import Fault
from runtime.practice.faults.socket import (
    Close,
    Drop,
    EngineClose,
    Garbage,
    HalfFrame,
    SocketFault,
    SocketIODisconnect,
    Stall,
)
from runtime.practice.faults.table import show
from runtime.practice.faults.venue import ClockJump, CloseMarket
from runtime.practice.ledger import ExchangeLedger
from runtime.practice.market.assets import AssetTable
from runtime.practice.market.listings import LISTINGS
from runtime.practice.records import FaultRecord
from runtime.practice.server import packets
from runtime.practice.server.clock import ExchangeClock
from runtime.practice.server.connection import ClientConnection
from runtime.practice.server.regions import RegionListeners

_FRAME = frames.text('42["half a frame",{}]')
_HALF = len(_FRAME) // 2


class FaultController:
    """Applies faults. One of sockets ends at once or stays with the sockets; any other is in ``faults``.

    ``reschedule`` is called after a change of the venue's clock, ``announce`` after one of open markets.
    """

    def __init__(
        self,
        faults: ActiveFaults,
        regions: RegionListeners,
        assets: AssetTable,
        clock: ExchangeClock,
        ledger: ExchangeLedger,
        *,
        reschedule: Callable[[], None],
        announce: Callable[[], None],
    ) -> None:
        self._faults = faults
        self._regions = regions
        self._assets = assets
        self._clock = clock
        self._ledger = ledger
        self._reschedule = reschedule
        self._announce = announce
        self._one_at_a_time = asyncio.Lock()
        self._endings: set[asyncio.Task[None]] = set()

    async def holding(self) -> list[Fault]:
        """The active faults; one that struck several sockets appears once."""
        struck = {id(fault): fault for fault in self._regions.faults}
        return [*self._faults, *struck.values()]

    async def begin(self, fault: Fault) -> int:
        """Returns how many sockets it struck; raises ``RequestRefused`` for an unknown region or asset."""
        self._check_place(getattr(fault, "region", None), getattr(fault, "asset", None))
        async with self._one_at_a_time:
            self._write(fault, ended=False)
            struck = 0
            if isinstance(fault, SocketFault):
                clients = self._regions.clients(fault.region, fault.count)
                struck = len(clients)
                await self._strike(fault, clients)
            else:
                self._faults.add(fault)
                await self._adjust()
        lasts: float | None = getattr(fault, "lasts", None)
        if lasts is not None:
            asyncio.get_running_loop().call_later(lasts, self._run_out, fault)
        return struck

    async def calm(self, kind: type[Fault], region: str | None, asset: str | None) -> None:
        """End the faults of a kind, or only those of a region or an asset.

        Raises ``RequestRefused`` for an unknown region or asset.
        """
        self._check_place(region, asset)
        place = {"region": region, "asset": asset}
        wanted = {key: name for key, name in place.items() if name is not None}

        def matches(fault: Fault) -> bool:
            here = all(getattr(fault, key, None) == name for key, name in wanted.items())
            return here and isinstance(fault, kind)

        await self._end(matches)

    async def _strike(self, fault: SocketFault, clients: list[ClientConnection]) -> None:
        match fault:
            case Drop():
                await self._regions.drop(clients)
            case Close():
                for client in clients:
                    client.leave("closed on command", fault.frame)
            case SocketIODisconnect():
                for client in clients:
                    client.fall_silent(packets.DISCONNECT)
            case EngineClose():
                for client in clients:
                    client.fall_silent(packets.CLOSE, pings=False)
            case Garbage():
                for client in clients:
                    client.transport.write(fault.data)
            case HalfFrame():
                for client in clients:
                    client.transport.write(_FRAME[:_HALF])
                    client.transport.strike(fault)
                    client.transport.write(_FRAME[_HALF:])
            case Stall():
                for client in clients:
                    client.transport.strike(fault)

    def _run_out(self, fault: Fault) -> None:
        ending = asyncio.create_task(self._end(lambda each: each is fault))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def _end(self, matches: Callable[[Fault], bool]) -> None:
        async with self._one_at_a_time:
            struck = {id(fault): fault for fault in self._regions.relieve(matches)}
            for fault in (*self._faults.end(matches), *struck.values()):
                self._write(fault, ended=True)
            await self._adjust()

    async def _adjust(self) -> None:
        """Apply the active faults."""
        await self._regions.adjust()
        jump = sum(fault.seconds for fault in self._faults if isinstance(fault, ClockJump))
        if jump != self._clock.jump:
            self._clock.jump = jump
            self._reschedule()
        closed = frozenset(fault.asset for fault in self._faults if isinstance(fault, CloseMarket))
        if closed != self._assets.closed:
            self._assets.closed = closed
            self._announce()

    def _write(self, fault: Fault, *, ended: bool) -> None:
        self._ledger.write_fault(FaultRecord(self._clock.utc(), show(fault), ended))

    def _check_place(self, region: str | None, asset: str | None) -> None:
        if region is not None and region not in self._regions.listeners:
            there = ", ".join(self._regions.listeners)
            raise RequestRefused(f"no region is called {region!r}; there are {there}")
        if asset is not None and asset not in LISTINGS:
            raise RequestRefused(f"not listed here: {asset}")
