"""Values as other libraries have them, in the exact types that messages carry.

Whole numbers of NumPy and pandas become ``int``, their other numbers ``float``, a ``timedelta`` its seconds,
a ``datetime`` its Unix seconds, and an instance of a subclass of ``str`` plain ``str``. The classes are known
by what they do: neither library is imported.
"""

import datetime as dt
import functools
import math
import numbers
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NamedTuple

from msgspec import Struct, structs

from actors.errors import RequestRefused
from actors.values import Direction

Amount = Decimal | float | str
Length = float | dt.timedelta
Moment = float | dt.datetime
"""What a command takes as an amount, a length of time and a time, besides what only looks like a number."""

LATEST_TIME: Final = 1e11
"""Unix seconds, in the year 5138: a larger number is most likely one of milliseconds."""

_NANOSECONDS: Final = 10**9


class _Field(NamedTuple):
    name: str
    exact: type
    convert: Callable[[Any], Any]
    is_time: bool


def convert_fields(message: Struct, times: frozenset[str]) -> None:
    """Convert each field of a frozen ``message`` that is not of its exact type; ``times`` are moments.

    What cannot be converted stays as it is. Raises ``RequestRefused`` for a time without a zone, and for one
    that cannot be in seconds.
    """
    for name, exact, convert, is_time in _fields(type(message), times):
        value = getattr(message, name)
        if type(value) is not exact and value is not None:
            value = _moment(name, value) if is_time else convert(value)
            structs.force_setattr(message, name, value)
        if is_time and type(value) in {int, float} and LATEST_TIME < abs(value) < math.inf:
            raise RequestRefused(f"{name} must be in Unix seconds; this looks like milliseconds, or finer")


@functools.cache
def _fields(kind: type[Struct], times: frozenset[str]) -> tuple[_Field, ...]:
    return tuple(
        _Field(field.name, *_CONVERSIONS[field.type], field.name in times)
        for field in structs.fields(kind)
        if field.type in _CONVERSIONS
    )


def seconds(value: Any) -> Any:
    """A number or a length of time as a number of seconds; anything else as it is."""
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if _kind(value) == "m" and not _is_nat(value):
        return _nanoseconds(value, "timedelta64[ns]") / _NANOSECONDS
    return _number(value)


def _is_nat(value: Any) -> bool:
    """Whether it is a time that is none, of pandas or NumPy, which differs from itself."""
    return (isinstance(value, dt.datetime) or _kind(value) in {"m", "M"}) and bool(value != value)  # noqa: PLR0124


def _moment(name: str, value: Any) -> Any:
    if _is_nat(value):
        raise RequestRefused(f"{name} is NaT, which is no time")
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise RequestRefused(
                f"{name} is a datetime without a time zone: give it one, such as datetime.UTC"
            )
        return value.timestamp()
    if _kind(value) == "M":  # NumPy's has no zone, and is UTC by its documentation
        return _nanoseconds(value, "datetime64[ns]") / _NANOSECONDS
    return _number(value)


def _number(value: Any) -> Any:
    if type(value) is bool or _kind(value) in {"m", "M", "b"}:
        return value
    if isinstance(value, numbers.Integral):
        return operator.index(value)
    if isinstance(value, numbers.Real | Decimal):
        try:
            return float(value)
        except (ValueError, OverflowError):
            return value
    return value


def _whole(value: Any) -> Any:
    """A whole number, also as a ``float`` without a fraction, or the whole seconds of a length of time."""
    number = seconds(value)
    return int(number) if type(number) is float and number.is_integer() else number


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _truth(value: Any) -> Any:
    return bool(value) if _kind(value) == "b" else value


def _direction(value: Any) -> Any:
    """``"call"`` and ``"put"`` in any case are directions too."""
    if isinstance(value, str) and value.lower() in _DIRECTIONS:
        return _DIRECTIONS[value.lower()]
    return value


def _kind(value: Any) -> str:
    """The kind of a NumPy scalar; ``""`` for anything else."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind if isinstance(kind, str) and not getattr(value, "shape", ()) else ""


def _nanoseconds(value: Any, unit: str) -> int:
    return operator.index(value.astype(unit).astype("int64"))


_DIRECTIONS: Final = {each.value: each for each in Direction}
_CONVERSIONS: Final[dict[Any, tuple[type, Callable[[Any], Any]]]] = {
    str: (str, _text),
    str | None: (str, _text),
    int: (int, _whole),
    bool: (bool, _truth),
    int | None: (int, _whole),
    float | None: (float, seconds),
    Direction: (Direction, _direction),
}
