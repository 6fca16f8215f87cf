"""Decodes the rows of a document one by one, so that an invalid row does not lose the others."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw

from actors.errors import RemoteProtocolError
from actors.protocols.json_documents import MALFORMED

T = TypeVar("T")

LARGEST_RAW: Final = 4096
"""Bytes of a row whose fields are kept; the largest that was seen has 700."""

_FIELDS: Final = msgspec.json.Decoder(dict[str, Any])


class RowDecoder:
    """``refused`` counts the invalid rows that were left out."""

    def __init__(self) -> None:
        self.refused = 0

    def each(self, read: Callable[[Raw], T], rows: Iterable[Raw]) -> Iterator[T]:
        """The results of ``read``, without the rows for which it raises ``RemoteProtocolError``."""
        for row in rows:
            try:
                yield read(row)
            except RemoteProtocolError:
                self.refused += 1

    def some(self, read: Callable[[Raw], T], rows: list[Raw]) -> list[T]:
        """The same as a list; raises ``RemoteProtocolError`` if every row is invalid."""
        found = list(self.each(read, rows))
        if rows and not found:
            raise RemoteProtocolError("every row of the list is invalid")
        return found


def raw_fields(row: Raw) -> Mapping[str, Any]:
    """The fields of ``row`` under the venue's own names; empty if they cannot be kept.

    They travel between processes, whose encoding has no whole number beyond 64 bits. A row is not lost with
    what is not needed of it.
    """
    if len(bytes(row)) > LARGEST_RAW:
        return {}
    try:
        fields = _FIELDS.decode(row)
        msgspec.msgpack.encode(fields)
    except (*MALFORMED, OverflowError):
        return {}
    return fields
