"""The outgoing messages of one socket."""

import asyncio
from collections import deque
from collections.abc import Callable

from aiohttp import ClientConnectionError, web

_MAX_BYTES = 32 * 1024 * 1024


class Outbox:
    """Keeps the messages of all callers in order, so that nothing separates a header from its payload.

    ``overflow`` is called when more than 32 MiB wait.
    """

    def __init__(self, overflow: Callable[[], None]) -> None:
        self._messages: deque[str | bytes] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._ending = False
        self._overflow = overflow

    def put(self, *messages: str | bytes) -> None:
        if self._ending:
            return
        self._messages.extend(messages)
        self._bytes += sum(map(len, messages))
        self._filled.set()
        self._emptied.clear()
        if self._bytes > _MAX_BYTES:
            self._overflow()

    def end(self) -> None:
        """Accept no further message; the WebSocket is closed once everything is written."""
        self._ending = True
        self._filled.set()

    async def emptied(self) -> None:
        """Wait until everything is handed to the network, or never will be."""
        await self._emptied.wait()

    async def write_to(self, socket: web.WebSocketResponse, written: Callable[[int], None]) -> None:
        """Write until ``end``; calls ``written`` with the number of messages of each flush."""
        try:
            while True:
                await self._filled.wait()
                self._filled.clear()
                written(await self._flush(socket))
                self._emptied.set()
                if self._ending and not self._messages:
                    break
        except (ClientConnectionError, ConnectionError):
            return  # the reader of the socket reports the reason
        finally:
            self._ending = True
            self._emptied.set()
        await socket.close()

    async def _flush(self, socket: web.WebSocketResponse) -> int:
        count = 0
        while self._messages:
            message = self._messages.popleft()
            self._bytes -= len(message)
            if isinstance(message, str):
                await socket.send_str(message)
            else:
                await socket.send_bytes(message)
            count += 1
        return count
