"""A length of time as people write it: a number, a ``timedelta``, seconds or minutes."""

import reprlib
from typing import Any, TypeVar

from msgspec import structs

from actors.errors import RequestRefused
from actors.messages.command import Command
from actors.messages.conversion import Length, seconds as in_seconds

C = TypeVar("C", bound=Command[Any])


def within(command: C, timeout: Length | None) -> C:
    """``command`` with ``timeout`` as its deadline."""
    return command if timeout is None else structs.replace(command, deadline=timeout)


def length(
    name: str, value: Length | None, seconds: float | None, minutes: float | None, *, default: Any = None
) -> Any:
    """``value``, or the sum of ``seconds`` and ``minutes``, in seconds; ``default`` where nothing is given.

    Raises ``RequestRefused`` for ``value`` beside another one, for nothing without a ``default``, and for
    what is no number.
    """
    if value is None and seconds is None and minutes is None:
        if default is None:
            raise RequestRefused(f"{name} is missing: give it, or seconds= or minutes=")
        return default
    if value is not None:
        if seconds is not None or minutes is not None:
            raise RequestRefused(f"give either {name}, or seconds= and minutes=")
        return value
    return _number("seconds", seconds) + 60 * _number("minutes", minutes)


def _number(name: str, value: Any) -> Any:
    number = in_seconds(0 if value is None else value)
    if type(number) not in {int, float}:
        raise RequestRefused(f"{name} has to be a number, not {reprlib.repr(value)}")
    return number
