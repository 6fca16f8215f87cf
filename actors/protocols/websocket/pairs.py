"""What a venue sends most: the same short text again and again, a small binary message behind each."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from actors.protocols.json_documents import MALFORMED

_TEXT, _BINARY = b"\x81", b"\x82"  # first bytes of frames that are whole messages (RFC 6455, 5.2)
SHORT = 125  # the longest payload whose length is one byte

LEAST_AT_ONCE: Final = 2 * 1024
MOST_AT_ONCE: Final = 32 * 1024
"""Bytes. What is made of them meanwhile stays in the processor's cache, and far below the 128 KiB from which
on malloc has the system map each piece anew: that alone costs 0.1 µs a pair, more than all else here."""

ENOUGH: Final = 16
"""Pairs without a gap, after which more are expected."""

# MessagePack: how a pair begins, an array of two and its string with a length of one byte; and how bytes do,
# with a length of two.
_PAIR, _BYTES = b"\x92\xd9", b"\xc5\0"
_FOREIGN = (b"\x92", b"\xdc", b"\xdd", b"\xc4", b"\xc5", b"\xc6")
"""All that an array of two or bytes can begin with."""


class Pairs(list[bytes]):
    """Binary messages in a row, each of which followed its announcement at once."""


class PairScanner:
    """The short text that announces, of ASCII; it remembers how regular the stream was of late."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._head = _TEXT + len(text).to_bytes(1, "big") + text + _BINARY
        self._at_once = MOST_AT_ONCE
        pair = msgspec.defstruct(
            "Pair",
            [("payload", Annotated[bytes, Meta(max_length=SHORT)])],
            tag=text.decode("ascii"),
            array_like=True,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._decode: Any = msgspec.msgpack.Decoder(list[pair]).decode  # type: ignore[valid-type]

    def take(self, data: bytes, pos: int) -> tuple[Pairs, int]:
        """What it announces from ``pos`` on, without a gap; and where anything else, or the cut, is.

        HOT: 0.11 µs for both messages of a pair where there are many, else 0.2. Their frames' three headers
        and the text are compared as one piece of bytes, so that only the length is left to be looked at.
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

    def is_cut(self, data: bytes, pos: int) -> bool:
        """Whether no more is there from ``pos`` on than the beginning of both messages of a pair."""
        rest = data[pos : pos + len(self._head) + 1 + SHORT]
        if len(rest) <= len(self._head):
            return self._head.startswith(rest)
        length = rest[len(self._head)]
        return rest.startswith(self._head) and length <= SHORT and len(rest) <= len(self._head) + length

    def _take_many(self, data: bytes, pos: int, found: Pairs) -> int:
        """Many pairs at once, as many as were regular of late; returns where it is better to look at each.

        Where something stands between pairs, ever less is tried, down to nothing: so no stream, however it
        is made, costs more than twice what it would without.
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
        """The payloads of ``piece``, if it is nothing but pairs.

        The first bytes of the frames are made MessagePack's, which its decoder then checks and takes apart.
        Nothing else begins a pair or a payload for it, and there are as many of both as it finds: so what it
        finds are the frames, and none of those bytes was part of a payload.
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
