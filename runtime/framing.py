"""Messages in a stream of bytes: a length, then MessagePack, and never pickle."""

import struct
from typing import Any, Final, Generic, TypeVar

import msgspec

from actors.errors import RemoteProtocolError, TellwireError

LENGTH: Final = struct.Struct(">I")

MAX_MESSAGE: Final = 64 * 1024 * 1024
"""Bytes; more than the largest message of the venue, decoded, so that only a broken peer exceeds it."""

M = TypeVar("M")


class Framer:
    """Messages in, bytes out; any thread."""

    def __init__(self) -> None:
        self._encoder = msgspec.msgpack.Encoder()

    def __call__(self, message: Any) -> bytes:
        body = self._encoder.encode(message)
        return LENGTH.pack(len(body)) + body


class Unframer(Generic[M]):
    """Bytes in, messages out; ``receives`` is their type, ``limit`` the bytes that one may have."""

    def __init__(self, receives: Any, limit: int = MAX_MESSAGE) -> None:
        self._decoder: msgspec.msgpack.Decoder[M] = msgspec.msgpack.Decoder(receives)
        self._limit = limit
        self._unread = bytearray()

    def __call__(self, data: bytes) -> list[M]:
        """The messages that ``data`` completes.

        Raises ``RemoteProtocolError`` for anything else than messages; nothing can be told from what follows.
        """
        self._unread += data
        unread, at, messages = self._unread, 0, []
        with memoryview(unread) as view:
            while at + LENGTH.size <= len(view):
                (length,) = LENGTH.unpack_from(view, at)
                if length > self._limit:
                    raise RemoteProtocolError(f"a message of {length} bytes was announced")
                end = at + LENGTH.size + length
                if end > len(view):
                    break
                messages.append(self._decode(view[at + LENGTH.size : end]))
                at = end
        del unread[:at]
        return messages

    def _decode(self, body: memoryview) -> M:
        try:
            return self._decoder.decode(body)
        except (msgspec.MsgspecError, ValueError, RecursionError, TellwireError) as error:
            # A TellwireError is a command's own, which refuses some values as it is made.
            raise RemoteProtocolError(f"something else than messages came: {error}") from error
