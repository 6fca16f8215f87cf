"""Which columns a row has, and the values of a column."""

import enum
import functools
from collections.abc import Iterable
from decimal import Decimal
from types import NoneType
from typing import Any, Final, Literal, NamedTuple, get_args, get_type_hints

from msgspec import Struct

ColumnKind = Literal["time", "float", "int", "bool", "text", "money", "ints"]

_KINDS: Final[dict[Any, ColumnKind]] = {
    float: "float",
    int: "int",
    bool: "bool",
    str: "text",
    Decimal: "money",
    tuple[int, ...]: "ints",
}


class Column(NamedTuple):
    """One column; a value of a ``nullable`` one may be ``None``, and with ``zero_is_none`` it is for 0."""

    name: str
    kind: ColumnKind
    nullable: bool
    zero_is_none: bool = False

    def values(self, rows: Iterable[Any]) -> list[Any]:
        """The value in each of ``rows``; that of an enumeration for its member."""
        found = [getattr(row, self.name) for row in rows]
        if self.zero_is_none:
            return [each or None for each in found]
        if self.kind == "text":
            return [each.value if isinstance(each, enum.Enum) else each for each in found]
        return found


@functools.cache
def columns_of(
    row: type[Struct], times: tuple[str, ...], zero_is_none: tuple[str, ...], derived: tuple[str, ...]
) -> tuple[Column, ...]:
    """The columns of ``row``: its fields, of which ``times`` are times, and those of ``zero_is_none`` unknown
    where they are 0; then the properties ``derived``."""
    types = get_type_hints(row)
    types |= {name: get_type_hints(getattr(row, name).fget)["return"] for name in derived}
    found = (_column(name, types[name], times) for name in (*row.__struct_fields__, *derived))
    columns = (column for column in found if column is not None)
    return tuple(
        column._replace(nullable=True, zero_is_none=True) if column.name in zero_is_none else column
        for column in columns
    )


def _column(name: str, annotation: Any, times: tuple[str, ...]) -> Column | None:
    arguments = get_args(annotation)
    nullable = NoneType in arguments
    if nullable:
        [annotation] = (each for each in arguments if each is not NoneType)
    if name in times:
        return Column(name, "time", nullable)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return Column(name, "text", nullable)
    kind = _KINDS.get(annotation)
    return None if kind is None else Column(name, kind, nullable)
