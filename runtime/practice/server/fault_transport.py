"""One TCP connection between a client and aiohttp's server, which faults can delay, alter or stop."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from runtime.practice.faults.fault import Fault
from runtime.practice.faults.listener import Dribble, Hang
from runtime.practice.faults.socket import HalfFrame, Stall
from runtime.practice.server.pacing import Pacing

_HIGH_WATER = 64 * 1024
"""Bytes that wait, above which the server is asked to pause, as by asyncio's own transports."""


class FaultTransport(asyncio.Transport, asyncio.Protocol):
    """The protocol of the loop and the transport of ``server``.

    ``made`` and ``lost`` are called when the connection begins and ends. A fault that struck it is active
    until ``relieve`` ends it.
    """

    def __init__(
        self,
        server: asyncio.Protocol,
        made: Callable[["FaultTransport"], None],
        lost: Callable[["FaultTransport"], None],
    ) -> None:
        super().__init__()
        self._server = server
        self._made = made
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._pacing = Pacing()
        self._faults: list[Fault] = []
        self._served = False
        self._closing = False
        self._finished = False
        self._server_reads = True
        self._choked = False
        self._server_paused = False
        self._timer: asyncio.TimerHandle | None = None

    def strike(self, fault: Fault) -> None:
        self._faults.append(fault)
        if isinstance(fault, Dribble):
            self._pacing.dribble(fault.interval)
        self._adjust()

    def relieve(self, matches: Callable[[Fault], bool]) -> list[Fault]:
        """End the matching faults. Returns them."""
        ended = [fault for fault in self._faults if matches(fault)]
        self._faults = [fault for fault in self._faults if not matches(fault)]
        if not self._has(Dribble):
            self._pacing.dribble(None)
        self._adjust()
        return ended

    @property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(self._faults)

    def set_rate(self, rate: float | None) -> None:
        """Limit the bytes that are written per second."""
        self._pacing.set_rate(rate, self._loop.time())
        self._pump()

    def write_last(self, data: bytes) -> None:
        """Write ``data``, and discard everything that the server writes after it."""
        self.write(data)
        self._finished = True

    def _has(self, *kinds: type[Fault]) -> bool:
        return any(isinstance(fault, kinds) for fault in self._faults)

    def _adjust(self) -> None:
        """Apply the faults of this connection."""
        if not self._served and not self._has(Hang):
            self._served = True
            self._server.connection_made(self)
        self._pacing.held = self._has(HalfFrame)
        self._update_reading()
        self._pump()

    def _update_reading(self) -> None:
        if self._server_reads and not self._closing and not self._has(Hang, Stall):
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _pump(self) -> None:
        """Write what may leave now, and set the timer for the rest."""
        while piece := self._pacing.take(self._loop.time()):
            self._transport.write(piece)
        if self._timer is None and (pause := self._pacing.pause()) is not None:
            self._timer = self._loop.call_later(pause, self._resume)
        if self._closing and not self._pacing:
            self._transport.close()
        self._update_pressure()

    def _resume(self) -> None:
        self._timer = None
        self._pump()

    def _update_pressure(self) -> None:
        pressed = self._choked or len(self._pacing) > _HIGH_WATER
        if pressed == self._server_paused:
            return
        self._server_paused = pressed
        if pressed:
            self._server.pause_writing()
        else:
            self._server.resume_writing()

    # Called by the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._made(self)
        self._adjust()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._closing = True
        self._lost(self)
        if self._served:
            self._server.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._server.data_received(data)

    def eof_received(self) -> bool | None:
        return self._server.eof_received()

    def pause_writing(self) -> None:
        self._choked = True
        self._update_pressure()

    def resume_writing(self) -> None:
        self._choked = False
        self._update_pressure()

    # Called by the server

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        if self._finished:
            return
        if self._pacing.unhindered:
            self._transport.write(data)
            return
        self._pacing.put(bytes(data), self._loop.time())
        self._pump()

    def writelines(self, list_of_data: "Iterable[bytes | bytearray | memoryview[Any]]") -> None:
        self.write(b"".join(list_of_data))

    def pause_reading(self) -> None:
        self._server_reads = False
        self._update_reading()

    def resume_reading(self) -> None:
        self._server_reads = True
        self._update_reading()

    def close(self) -> None:
        """Close once everything that waits is written."""
        self._closing = True
        self._update_reading()
        self._pump()

    def abort(self) -> None:
        self._closing = True
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._closing or self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        return len(self._pacing) + self._transport.get_write_buffer_size()
