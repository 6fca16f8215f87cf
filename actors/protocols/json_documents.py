"""JSON documents of the peer: typed decoders, made once, that raise one error only."""

from typing import Final, Generic, TypeVar

import msgspec
from msgspec import Raw

from actors.errors import RemoteProtocolError

T = TypeVar("T")

# All that a typed decoder raises: its own errors, bad UTF-8 and endless numbers are ValueErrors, and
# nesting beyond the interpreter's limit is a RecursionError.
MALFORMED = (ValueError, RecursionError)

NULL: Final = Raw(b"null")
"""The default of an optional part of a document."""


class Document(Generic[T]):
    """One kind of document: JSON bytes in, an instance of ``shape`` out.

    With ``strict=False`` numbers may be written as strings too. ``title`` begins each error's text.
    """

    def __init__(self, title: str, shape: type[T], *, strict: bool = True) -> None:
        self._title = title
        self._decode = msgspec.json.Decoder(shape, strict=strict).decode

    def read(self, data: bytes | Raw) -> T:
        """Raises ``RemoteProtocolError``, which names the place but never quotes the data."""
        try:
            return self._decode(data)
        except MALFORMED as error:
            raise RemoteProtocolError(f"{self._title}: {error}") from None


_STRING = Document("text", str)


def scalar(document: bytes | Raw) -> str:
    """The content of a string; a number or a boolean as it is written; ``""`` for anything else.

    ``document`` must be JSON, or empty. Raises ``RemoteProtocolError`` for an invalid string.
    """
    data = bytes(document).strip()
    if data.startswith(b'"'):
        return _STRING.read(data)
    return "" if data == b"null" or data.startswith((b"{", b"[")) else data.decode()
