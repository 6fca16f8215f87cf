"""Rows of a document, read one by one, so that a bad one costs itself alone."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from msgspec import Raw

from actors.errors import RemoteProtocolError

T = TypeVar("T")


class RowDecoder:
    """``refused`` counts the rows that were left out, for their shape or their sense."""

    def __init__(self) -> None:
        self.refused = 0

    def each(self, read: Callable[[Raw], T], rows: Iterable[Raw]) -> Iterator[T]:
        """What ``read`` makes of the rows, without those for which it raises ``RemoteProtocolError``."""
        for row in rows:
            try:
                yield read(row)
            except RemoteProtocolError:
                self.refused += 1

    def some(self, read: Callable[[Raw], T], rows: list[Raw]) -> list[T]:
        """The same; raises ``RemoteProtocolError`` if no row is left, for that is no empty list."""
        found = list(self.each(read, rows))
        if rows and not found:
            raise RemoteProtocolError("no row of the list is what it should be")
        return found
