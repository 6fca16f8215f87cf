"""Pairs: the same short text message again and again, and a small binary message right behind each.

Looking for both messages at once is faster: a pair takes 0.11 µs where the ``FrameParser`` alone takes 0.45.
Any other message takes 0.3 µs longer between pairs, and 0.7 µs longer when it comes alone.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from actors.protocols.json_documents import MALFORMED
from actors.protocols.websocket.frames import Frame, FrameParser

_TEXT, _BINARY = b"\x81", b"\x82"  # first bytes of frames that are whole messages (RFC 6455, 5.2)
SHORT = 125  # the longest payload whose length is one byte

LEAST_AT_ONCE: Final = 2 * 1024
MOST_AT_ONCE: Final = 32 * 1024
"""Bytes. Such a piece stays in the processor's cache, and far below the 128 KiB from which on malloc has the
system map each piece anew: that alone costs 0.1 µs a pair, more than all else here."""

WINDOW: Final = 4 * 1024
"""Bytes searched for the next pair before the parser is asked how long the message under way is."""

ENOUGH: Final = 16
"""Pairs without a gap, after which more are expected."""

# MessagePack: how a pair begins, an array of two and its string with a length of one byte; and how bytes do,
# with a length of two.
_PAIR, _BYTES = b"\x92\xd9", b"\xc5\0"
_FOREIGN = (b"\x92", b"\xdc", b"\xdd", b"\xc4", b"\xc5", b"\xc6")
"""All that an array of two or bytes can begin with."""


class Pairs(list[bytes]):
    """The payloads of pairs in a row."""


Found = Frame | Pairs


class PairScanner:
    """Around a ``FrameParser``: takes the pairs out of the stream, and feeds the parser what is between them.

    A pair is the text message ``header``, of ASCII, and right behind it a binary message of up to 125 bytes,
    each in one frame.
    """

    def __init__(self, parser: FrameParser, header: bytes) -> None:
        assert parser.max_message_size >= SHORT
        self._parser = parser
        self._head = _TEXT + len(header).to_bytes(1, "big") + header + _BINARY
        self._tail = b""  # the beginning of a pair
        self._at_once = MOST_AT_ONCE  # bytes tried as many pairs: how regular the stream was of late
        pair = msgspec.defstruct(
            "Pair",
            [("payload", Annotated[bytes, Meta(max_length=SHORT)])],
            tag=header.decode("ascii"),
            array_like=True,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._decode: Any = msgspec.msgpack.Decoder(list[pair]).decode  # type: ignore[valid-type]

    def feed(self, data: bytes) -> list[Found]:
        """What ``FrameParser.feed`` returns, with ``Pairs`` in place of the messages of pairs.

        What may be the beginning of a pair at the end of ``data`` is held back until more comes.
        """
        parser = self._parser
        if parser.failure is not None:
            return []
        if self._tail:
            data = self._tail + data
            self._tail = b""
        frames: list[Found] = []
        pos = 0
        while True:
            if not parser.tail and parser.message is None:
                found, pos = self._take(data, pos)
                if found:
                    frames.append(found)
                    if pos == len(data):
                        return frames
                if self._is_cut(data, pos):
                    self._tail = data[pos:]
                    return frames
            start, pos = pos, self._next_pair(data, pos)
            frames += parser.feed(data[start:pos])
            if pos == len(data) or parser.failure is not None:
                return frames

    def _next_pair(self, data: bytes, pos: int) -> int:
        """Where behind ``pos`` the next pair may begin, whole or cut; at the latest the end."""
        message = self._parser.message
        pos += (message.missing if message else 0) or 1
        found = data.find(self._head, pos, pos + WINDOW)
        if found >= 0:
            return found
        end = len(data)
        if pos + WINDOW < end:
            return pos + WINDOW - len(self._head)
        found = data.rfind(_TEXT, max(pos, end - len(self._head) + 1))  # in a head only the first byte
        return found if found >= 0 and self._head.startswith(data[found:]) else end

    def _take(self, data: bytes, pos: int) -> tuple[Pairs, int]:
        """The pairs from ``pos`` on, without a gap; and where they end.

        HOT: 0.11 µs a pair where there are many, else 0.2. The header and the first bytes of both frames are
        compared as one piece of bytes, so that only a length is left to be looked at.
        """
        found = Pairs()
        if self._at_once and len(data) - pos >= LEAST_AT_ONCE:
            pos = self._take_many(data, pos, found)
        head, size, append = self._head, len(self._head), found.append
        end = len(data)
        at = pos + size
        while at < end and data[pos:at] == head:
            length = data[at]
            stop = at + 1 + length
            if length > SHORT or stop > end:
                break
            append(data[at + 1 : stop])
            pos = stop
            at = pos + size
        if len(found) >= ENOUGH:
            self._at_once = max(self._at_once, LEAST_AT_ONCE)
        return found, pos

    def _is_cut(self, data: bytes, pos: int) -> bool:
        """Whether all from ``pos`` on may be the beginning of a pair."""
        if len(data) - pos > len(self._head) + SHORT:
            return False
        rest = data[pos : pos + len(self._head) + 1 + SHORT]
        if len(rest) <= len(self._head):
            return self._head.startswith(rest)
        length = rest[len(self._head)]
        return rest.startswith(self._head) and length <= SHORT and len(rest) <= len(self._head) + length

    def _take_many(self, data: bytes, pos: int, found: Pairs) -> int:
        """Add many pairs at once to ``found``; returns where the rest begins, to be looked at one by one.

        Each time that something stands between pairs, less is tried at once, down to nothing: so no stream
        costs more than twice what it would otherwise.
        """
        while self._at_once and len(data) - pos >= LEAST_AT_ONCE:
            last = data.rfind(self._head, pos, pos + self._at_once)  # it may be cut
            if last > pos and (payloads := self._payloads(data[pos:last])) is not None:
                found += payloads
                pos = last
                self._at_once = min(2 * self._at_once, MOST_AT_ONCE)
            else:
                self._at_once = self._at_once // 4 if self._at_once > LEAST_AT_ONCE else 0
        return pos

    def _payloads(self, piece: bytes) -> list[bytes] | None:
        """The payloads of ``piece``, or ``None`` if it is more than pairs.

        The first bytes of the frames are replaced by MessagePack's, whose decoder then checks and splits the
        piece. No other byte begins a pair or a payload for it, and it finds as many of both as were replaced:
        so what it finds are the frames, and none of the replaced bytes was part of a payload.
        """
        if any(byte in piece for byte in _FOREIGN):
            return None
        packed = piece.replace(_BINARY, _BYTES)
        count = len(packed) - len(piece)
        packed = packed.replace(_TEXT, _PAIR)
        if len(packed) - len(piece) != 2 * count:
            return None
        try:
            return [pair.payload for pair in self._decode(b"\xdd" + count.to_bytes(4, "big") + packed)]
        except MALFORMED:
            return None
