"""Decodes the rows of a document one by one, so that an invalid row does not lose the others."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from msgspec import Raw

from actors.errors import RemoteProtocolError

T = TypeVar("T")


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
