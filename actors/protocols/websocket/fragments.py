"""A data message of which only a part has come: its fragments, joined in one growing buffer."""

import codecs
import io

from actors.errors import RemoteProtocolError

_UTF8_DECODER = codecs.getincrementaldecoder("utf-8")


class Fragments:
    """``text`` is checked to be UTF-8, piece by piece."""

    __slots__ = ("_buffer", "_decoder", "declared", "final", "missing", "opcode")

    def __init__(self, opcode: int, *, text: bool) -> None:
        self.opcode = opcode
        self.declared = 0  # bytes of payload, by the frame headers so far
        self.missing = 0  # of them, those of the present frame that are still to come
        self.final = False
        # Grows in place, and getvalue() hands it over uncopied: a message is never held twice.
        self._buffer = io.BytesIO()
        self._decoder = _UTF8_DECODER() if text else None

    def expect(self, length: int, *, final: bool) -> None:
        """A frame with ``length`` bytes of payload starts."""
        self.declared += length
        self.missing = length
        self.final = final

    def add(self, piece: bytes) -> None:
        """Raises ``RemoteProtocolError`` if ``piece`` makes the text invalid."""
        self._buffer.write(piece)
        self.missing -= len(piece)
        if self._decoder is not None and not self._is_text(piece):
            raise RemoteProtocolError("text is not UTF-8", 1007)

    @property
    def complete(self) -> bool:
        return self.final and not self.missing

    def payload(self) -> bytes:
        return self._buffer.getvalue()

    def _is_text(self, piece: bytes) -> bool:
        assert self._decoder is not None
        try:
            self._decoder.decode(piece, self.complete)
        except UnicodeDecodeError:
            return False
        return True
