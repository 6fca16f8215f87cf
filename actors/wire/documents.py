"""JSON documents off the wire: typed decoders, made once, that fail in one way only."""

from typing import Generic, TypeVar

import msgspec

from actors.errors import RemoteProtocolError

T = TypeVar("T")

# All that a typed decoder raises: its own errors, bad UTF-8 and endless numbers are ValueErrors, and
# nesting beyond the interpreter's limit is a RecursionError.
MALFORMED = (ValueError, RecursionError)


class Document(Generic[T]):
    """One kind of document: JSON bytes in, an instance of ``shape`` out."""

    def __init__(self, title: str, shape: type[T]) -> None:
        self._title = title
        self._decode = msgspec.json.Decoder(shape).decode

    def read(self, data: bytes | msgspec.Raw) -> T:
        """Raises ``RemoteProtocolError``, which names the place but never quotes the data."""
        try:
            return self._decode(data)
        except MALFORMED as error:
            raise RemoteProtocolError(f"{self._title}: {error}") from None
