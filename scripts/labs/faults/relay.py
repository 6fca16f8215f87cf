"""A relay of TCP connections that can cut them, hold their bytes, or split them into single bytes."""

import asyncio
import enum
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

CALL_TIMEOUT = 5.0
READ_SIZE = 64 * 1024
RESET = struct.pack("ii", 1, 0)
"""For ``SO_LINGER``: a close discards unsent bytes and sends a reset."""


class Way(enum.Flag):
    """Directions in which bytes travel."""

    OUT = enum.auto()
    IN = enum.auto()
    BOTH = OUT | IN


class _Pipe:
    """A client's connection and its counterpart to the server; held bytes are sent at the release."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.ends = (client, server)
        self.way = {Way.OUT: asyncio.Event(), Way.IN: asyncio.Event()}
        self.trickling = False
        self.lag = 0.0

    def hold(self, ways: Way) -> None:
        for each in ways:
            self.way[each].clear()

    def release(self) -> None:
        for event in self.way.values():
            event.set()

    def reset(self) -> None:
        for end in self.ends:
            if end.transport.is_closing():
                continue
            sock: socket.socket = end.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.transport.abort()

    def close(self) -> None:
        for end in self.ends:
            end.close()

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        while data := await reader.read(READ_SIZE):
            if self.lag:
                await asyncio.sleep(self.lag)
            await self.way[way].wait()
            if self.trickling and way is Way.IN:
                for byte in data:
                    writer.write(bytes((byte,)))
                    await asyncio.sleep(0)
            else:
                writer.write(data)
            await writer.drain()


class Relay:
    """A context manager; listens on ``port`` for connections to ``target``, a port of this machine.

    Its methods may be called from any thread, and have taken effect when they return.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self.accepted = 0
        self._target = target
        self._pipes: set[_Pipe] = set()
        self._held = Way(0)
        self._trickling = False
        self._lag = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self) -> None:
        """End every connection as a crashed host does."""
        self._each(_Pipe.reset)

    def finish(self) -> None:
        """End every connection as a closed socket does, without a close frame."""
        self._each(_Pipe.close)

    def hold(self, ways: Way = Way.BOTH, *, new: bool = True) -> None:
        """Hold all bytes, also those of ``new`` connections, which are accepted."""
        if new:
            self._held = ways
        self._each(lambda pipe: pipe.hold(ways))

    def release(self) -> None:
        """Pass all bytes, those that were held first."""
        self._held = Way(0)
        self._each(_Pipe.release)

    def trickle(self) -> None:
        """From the next connection on, bytes of the server arrive in segments of one byte."""
        self._trickling = True

    def delay(self, seconds: float) -> None:
        """Pass all bytes later by so many seconds in each direction."""

        def apply(pipe: _Pipe) -> None:
            pipe.lag = seconds

        self._lag = seconds
        self._each(apply)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            answers, server = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        pipe = _Pipe(writer, server)
        pipe.release()
        pipe.hold(self._held)
        pipe.trickling, pipe.lag = self._trickling, self._lag
        self._pipes.add(pipe)
        ways = (pipe.pump(reader, server, Way.OUT), pipe.pump(answers, writer, Way.IN))
        pumps = [asyncio.ensure_future(way) for way in ways]
        with suppress(asyncio.CancelledError):  # the callback of start_server would print it
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        self._pipes.discard(pipe)
        for pump in pumps:
            pump.cancel()
        with suppress(asyncio.CancelledError):  # as above, if the relay closes meanwhile
            await asyncio.gather(*pumps, return_exceptions=True)
        pipe.close()

    def _each(self, act: Callable[[_Pipe], object]) -> None:
        async def on_loop() -> None:
            for pipe in tuple(self._pipes):
                act(pipe)

        self._call(on_loop())

    def _call(self, step: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, self._loop).result(CALL_TIMEOUT)
