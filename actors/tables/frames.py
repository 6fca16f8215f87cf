"""Data frames of rows. Each library is loaded when the first frame of its kind is asked for."""

import importlib
import math
import shlex
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from actors.arithmetic import rounded
from actors.tables.columns import Column

DECIMALS: Final = 9
"""Of an amount in a column of decimals; the smallest unit of a currency has eight at most."""

_DIGITS: Final = 38
"""That an amount may have in such a column."""

_NO_TIME: Final = -(2**63)
"""NumPy's NaT."""

_UNIT: Final = Decimal(1).scaleb(-DECIMALS)
_MICROSECONDS: Final = 1_000_000


def pandas_frame(columns: Sequence[Column], rows: Sequence[Any], index: str) -> Any:
    """With the column ``index`` as the index; ``""``: the rows are numbered."""
    pd = _needed("to_pandas", "pandas")
    data = {column.name: _series(pd, column, column.values(rows)) for column in columns}
    frame = pd.DataFrame(data, columns=[column.name for column in columns])
    return frame.set_index(index) if index else frame


def polars_frame(columns: Sequence[Column], rows: Sequence[Any]) -> Any:
    pl = _needed("to_polars", "polars")
    types: dict[str, Any] = {
        "time": pl.Int64(),
        "float": pl.Float64(),
        "int": pl.Int64(),
        "bool": pl.Boolean(),
        "text": pl.String(),
        "money": pl.Decimal(_DIGITS, DECIMALS),
        "ints": pl.List(pl.Int64()),
    }
    data = [
        pl.Series(column.name, _exact(column, column.values(rows)), types[column.kind]) for column in columns
    ]
    moments = [pl.col(column.name).cast(pl.Datetime("us", "UTC")) for column in columns if _is_time(column)]
    return pl.DataFrame(data).with_columns(moments)


def arrow_table(columns: Sequence[Column], rows: Sequence[Any]) -> Any:
    pa = _needed("to_arrow", "pyarrow", extra="arrow")
    types = {
        "time": pa.timestamp("us", tz="UTC"),
        "float": pa.float64(),
        "int": pa.int64(),
        "bool": pa.bool_(),
        "text": pa.string(),
        "money": pa.decimal128(_DIGITS, DECIMALS),
        "ints": pa.list_(pa.int64()),
    }
    fields = [pa.field(column.name, types[column.kind], column.nullable) for column in columns]
    data = [pa.array(_exact(column, column.values(rows)), types[column.kind]) for column in columns]
    return pa.Table.from_arrays(data, schema=pa.schema(fields))


def _needed(method: str, library: str, extra: str = "") -> Any:
    """The module of ``library``; says how to install it where it is missing."""
    try:
        return importlib.import_module(library)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise  # it is installed, and something of its own is missing
    command = shlex.join([sys.executable or "python", "-m", "pip", "install", library])
    text = f"{method} needs {library}, the extra {extra or library} of tellwire: {command}"
    raise ModuleNotFoundError(text, name=library)


def _is_time(column: Column) -> bool:
    return column.kind == "time"


def _microseconds(values: Sequence[Any]) -> list[int | None]:
    return [None if each is None else round(each * _MICROSECONDS) for each in values]


def _exact(column: Column, values: list[Any]) -> list[Any]:
    """What a column of Arrow or polars is made of: times in microseconds, amounts with all their decimals."""
    if _is_time(column):
        return _microseconds(values)
    if column.kind == "money":
        return [None if each is None else rounded(each, _UNIT) for each in values]
    return values


def _series(pd: Any, column: Column, values: list[Any]) -> Any:
    match column.kind:
        case "time":
            return _moments(pd, values)
        case "int" if not column.nullable:
            return pd.Series(values, dtype="int64")
        case "int" | "float" | "money":
            numbers = [math.nan if each is None else float(each) for each in values]
            return pd.Series(numbers, dtype="float64")
        case "bool":
            return pd.Series(values, dtype="bool")
        case "text":  # what pandas has for text depends on its version
            return pd.Series(values) if values else pd.Series(values, dtype=str)
    return pd.Series(values, dtype=object)


def _moments(pd: Any, values: list[Any]) -> Any:
    """By nanoseconds, the unit of pandas; a list with ``None`` would pass through floats, which have not
    that many digits."""
    np = importlib.import_module("numpy")  # pandas brings it

    known = _microseconds(values)
    stamps = np.array([_NO_TIME if each is None else each * 1000 for each in known], dtype="int64")
    return pd.Series(pd.DatetimeIndex(stamps.view("M8[ns]")).tz_localize("UTC"))
