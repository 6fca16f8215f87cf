"""The lists and the dict that commands are answered with."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Self, SupportsIndex, overload

import msgspec
from msgspec import Struct
from typing_extensions import TypeVar

from actors.tables.columns import Column, columns_of
from actors.values import Asset, Candle, Deal, PendingOrder, Tick

if TYPE_CHECKING:
    # Extras: where one is not installed, a type checker shall not complain.
    import pandas as pd  # type: ignore[import-untyped,import-not-found,unused-ignore]
    import polars as pl  # type: ignore[import-not-found,unused-ignore]

R = TypeVar("R", bound=Struct, default=Any)


class Table(Generic[R]):
    """Rows of one kind.

    Its columns are the fields of a row. In a data frame a time is a moment in UTC, and what is missing is
    NaN, NaT or null; in tuples, dicts and JSON a time is in Unix seconds.
    """

    __slots__ = ()

    row: ClassVar[type[Struct]]
    times: ClassVar[tuple[str, ...]] = ()
    """The fields that are times."""
    zero_is_none: ClassVar[tuple[str, ...]] = ()
    """The fields that are 0 where they are not known."""
    derived: ClassVar[tuple[str, ...]] = ()
    """Properties of a row that are columns too, after its fields."""
    indexed_by: ClassVar[str] = ""
    """The column that is the index of a data frame of pandas; ``""``: the rows are numbered."""

    def _rows(self) -> Iterable[R]:
        raise NotImplementedError

    @classmethod
    def columns(cls) -> tuple[Column, ...]:
        """The columns of a data frame. A field that no column can hold is left out."""
        return columns_of(cls.row, cls.times, cls.zero_is_none, cls.derived)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of the values of ``to_tuples`` and ``to_dicts``."""
        return (*cls.row.__struct_fields__, *cls.derived)

    def to_tuples(self) -> list[tuple[Any, ...]]:
        """A tuple for each row, in the order of ``names()``."""
        names = self.names()
        return [tuple([getattr(row, name) for name in names]) for row in self._rows()]

    def to_dicts(self) -> list[dict[str, Any]]:
        """A dict for each row; an amount is a ``Decimal``, a direction a ``Direction``."""
        names = self.names()
        return [{name: getattr(row, name) for name in names} for row in self._rows()]

    def to_json(self) -> str:
        """An array with an object for each row; an amount is a text, since a number would not be exact."""
        return msgspec.json.encode(self.to_dicts()).decode()

    def to_pandas(self) -> "pd.DataFrame":
        """A data frame of pandas. Amounts, and whole numbers that may be missing, are floats.

        Raises ``ModuleNotFoundError``, with the extra to install, without pandas.
        """
        from actors.tables.frames import pandas_frame  # noqa: PLC0415  # a worker never needs it

        frame: pd.DataFrame = pandas_frame(self.columns(), list(self._rows()), self.indexed_by)
        return frame

    def to_polars(self) -> "pl.DataFrame":
        """A data frame of polars. Raises ``ModuleNotFoundError``, with the extra to install, without it."""
        from actors.tables.frames import polars_frame  # noqa: PLC0415

        frame: pl.DataFrame = polars_frame(self.columns(), list(self._rows()))
        return frame

    def to_arrow(self) -> Any:  # pyarrow has no types
        """A ``pyarrow.Table``. Raises ``ModuleNotFoundError``, with the extra to install, without pyarrow."""
        from actors.tables.frames import arrow_table  # noqa: PLC0415

        return arrow_table(self.columns(), list(self._rows()))

    def _repr_html_(self) -> str:
        from actors.tables.html import table_html  # noqa: PLC0415

        return table_html(type(self).__name__, self.columns(), list(self._rows()))


class RowList(list[R], Table[R]):
    """A list, equal to any list with the same rows; a slice of it is of its own kind."""

    __slots__ = ()

    def _rows(self) -> Iterable[R]:
        return self

    @overload
    def __getitem__(self, at: SupportsIndex, /) -> R: ...

    @overload
    def __getitem__(self, at: slice, /) -> Self: ...

    def __getitem__(self, at: Any, /) -> Any:
        found = super().__getitem__(at)
        return type(self)(found) if type(at) is slice else found

    def copy(self) -> Self:
        return type(self)(self)


class CandleList(RowList[Candle]):
    """Candles; in pandas by ``time``."""

    __slots__ = ()

    row = Candle
    times = ("time",)
    indexed_by = "time"


class TickList(RowList[Tick]):
    """Ticks; in pandas by ``time``. In a frame, those that were loaded have no ``received_at``."""

    __slots__ = ()

    row = Tick
    times = ("time", "received_at")
    zero_is_none = ("received_at",)
    indexed_by = "time"


class DealList(RowList[Deal]):
    """Deals, with their ``outcome``; in pandas by ``opened_at``."""

    __slots__ = ()

    row = Deal
    times = ("opened_at", "closes_at")
    derived = ("outcome",)
    indexed_by = "opened_at"


class PendingOrderList(RowList[PendingOrder]):
    """Pending orders."""

    __slots__ = ()

    row = PendingOrder
    times = ("open_at",)


class AssetDict(dict[str, Asset], Table[Asset]):
    """Assets by symbol; its rows are the assets."""

    __slots__ = ()

    row = Asset
    times = ("session_opens_at", "session_closes_at")
    indexed_by = "symbol"

    def _rows(self) -> Iterable[Asset]:
        return self.values()

    def copy(self) -> Self:
        return type(self)(self)


PLAIN: Final[dict[Any, Any]] = {
    CandleList: list[Candle],
    TickList: list[Tick],
    DealList: list[Deal],
    PendingOrderList: list[PendingOrder],
    AssetDict: dict[str, Asset],
}
"""The type of the same rows for msgspec, which encodes a table as this and decodes this alone."""
