"""Messages in a stream of bytes: a length, then MessagePack; never pickle."""

import struct
from typing import Any, Final, Generic, TypeVar

import msgspec

from actors.errors import RemoteProtocolError, TellwireError

LENGTH: Final = struct.Struct(">I")

MAX_MESSAGE: Final = 64 * 1024 * 1024
"""Bytes; no decoded message of a venue is that long, so only a broken peer exceeds it."""

FIRST_BUFFER: Final = 16 * 1024
USUAL_BUFFER: Final = 256 * 1024
"""Bytes; the buffer is larger only while a longer message arrives."""

M = TypeVar("M")


class Framer:
    """Turns messages into bytes; any thread."""

    def __init__(self) -> None:
        self._encoder = msgspec.msgpack.Encoder()

    def __call__(self, message: Any) -> bytes:
        body = self._encoder.encode(message)
        return LENGTH.pack(len(body)) + body

    def into(self, buffer: bytearray, message: Any) -> bytearray:
        """HOT: ``buffer``, which now holds the message and nothing else; saves a copy of what was encoded."""
        self._encoder.encode_into(message, buffer, LENGTH.size)
        LENGTH.pack_into(buffer, 0, len(buffer) - LENGTH.size)
        return buffer


class Unframer(Generic[M]):
    """Turns bytes into messages; ``receives`` is their type, ``limit`` the bytes that one may have.

    The bytes arrive in one buffer, either through ``room`` and ``take`` or through a call: a new buffer for
    every read costs 26 to 94 µs of a wake-up. The buffer grows while reads fill it.
    """

    def __init__(self, receives: Any, limit: int = MAX_MESSAGE) -> None:
        self._decoder: msgspec.msgpack.Decoder[M] = msgspec.msgpack.Decoder(receives)
        self._limit = limit
        self._buffer = bytearray(FIRST_BUFFER)
        self._unread = 0  # bytes from the beginning of the buffer

    def room(self) -> memoryview:
        """Where the next bytes are to be written; never empty, valid until ``take``."""
        return memoryview(self._buffer)[self._unread :]

    def take(self, count: int) -> list[M]:
        """The messages that the next ``count`` bytes, written into ``room``, complete.

        Raises ``RemoteProtocolError`` for anything that is no message; what follows cannot be read then.
        """
        end, at, messages = self._unread + count, 0, []
        view = memoryview(self._buffer)
        while at + LENGTH.size <= end:
            (length,) = LENGTH.unpack_from(view, at)
            if length > self._limit:
                raise RemoteProtocolError(f"a message of {length} bytes was announced")
            start = at + LENGTH.size
            if start + length > end:
                break
            at = start + length
            try:
                messages.append(self._decoder.decode(view[start:at]))
            except (msgspec.MsgspecError, ValueError, RecursionError, TellwireError) as error:
                # A command's constructor raises TellwireError for a value that it refuses.
                raise RemoteProtocolError(f"the bytes are no message: {error}") from error
        self._keep(at, end)
        return messages

    def __call__(self, data: bytes) -> list[M]:
        """The messages that ``data`` completes; raises as ``take`` does."""
        messages: list[M] = []
        rest = memoryview(data)
        while rest:
            room = self.room()
            size = min(len(room), len(rest))
            room[:size] = rest[:size]
            messages += self.take(size)
            rest = rest[size:]
        return messages

    def _keep(self, at: int, end: int) -> None:
        """Keep the bytes from ``at`` to ``end``, with room after them."""
        buffer, size = self._buffer, len(self._buffer)
        if end == size and (at == 0 or size < USUAL_BUFFER):
            self._buffer = bytearray(2 * size)
        elif size > USUAL_BUFFER > end - at:
            self._buffer = bytearray(USUAL_BUFFER)
        self._unread = end - at
        if self._unread and (at or self._buffer is not buffer):
            self._buffer[: self._unread] = memoryview(buffer)[at:end]
