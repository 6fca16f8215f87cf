"""Whether the fields of a command are as annotated: checked at the router, before anything acts on it."""

import functools
import inspect
import math
import reprlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NamedTuple

from msgspec import structs

from actors.messages import topics
from actors.messages.commands import COMMANDS, CheckTopic, Command, Subscribe, no_command
from actors.values import Direction


class _Rule(NamedTuple):
    holds: Callable[[Any], bool]
    text: str


def problem(command: Command) -> str:
    """What is wrong with the first field that is not as annotated or cannot be encoded; ``""``: nothing.

    An instance of a subclass, or of a parent, is no command at all. A topic that nothing can match is wrong
    too.
    """
    if type(command) not in COMMANDS:
        return str(no_command(command))
    for name, rule, default in _rules(type(command)):
        value = getattr(command, name)
        if value is not default and not rule.holds(value):
            return f"{name} must be {rule.text}{_instead(value)}"
        if name == "ticket" and not value:  # the answer could not name the command
            return "ticket must not be empty"
    if isinstance(command, CheckTopic):
        return topics.refusal(command.topic)
    if isinstance(command, Subscribe):
        return topics.refusal(command.topic) or _stream_problem(command)
    return ""


def _stream_problem(command: Subscribe) -> str:
    if command.stream and not topics.pattern(command.topic).ticks_of:
        return f"stream needs the ticks of one asset as topic (tick.EURUSD_otc), not {command.topic!r}"
    return ""


def _instead(value: Any) -> str:
    """What was given: a number or a short text as it is; of anything else its type. It may hold a login."""
    if isinstance(value, list | tuple | set | frozenset):
        return f", not {type(value).__name__}: send one command for each"
    if type(value) is str and _is_text(value) and len(value) <= _SHORT:
        return f", not {value!r}"
    if isinstance(value, bool | int | float) or value is None:
        return f", not {reprlib.repr(value)}"
    return "" if isinstance(value, str) else f", not {type(value).__name__}"


# Exact types: msgspec encodes no subclass, so a NumPy number would end the process that encodes it.


def _is_text(value: Any) -> bool:
    return type(value) is str and (value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value))


def _is_integer(value: Any) -> bool:
    return type(value) is int and -(2**63) <= value < 2**63  # MessagePack has no others


def _is_number(value: Any) -> bool:
    return _is_integer(value) or (type(value) is float and math.isfinite(value))


def _is_deadline(value: Any) -> bool:
    return value is None or (type(value) is float and value == math.inf) or _is_number(value)


def _is_listener(value: Any) -> bool:
    return (callable(value) and not is_coroutine_function(value)) or hasattr(value, "tell")


def is_coroutine_function(value: Any) -> bool:
    """Whether a call of ``value`` makes a coroutine or an asynchronous generator, which would never run."""
    while isinstance(value, functools.partial):
        value = value.func
    methods = [vars(parent).get("__call__") for parent in type(value).__mro__]
    return any(map(inspect.iscoroutinefunction, (value, *methods))) or any(
        map(inspect.isasyncgenfunction, (value, *methods))
    )


_SHORT: Final = 20
_A_MOMENT: Final = _Rule(
    lambda value: value is None or _is_number(value),
    "a time in Unix seconds, a datetime with a time zone, or None",
)
_BY_NAME: Final = {
    "end": _A_MOMENT,
    "open_at": _A_MOMENT,
    "deadline": _Rule(_is_deadline, "a number of seconds, infinity or None"),
    "to": _Rule(
        _is_listener, "a callable or an actor, and no coroutine function (AsyncRuntime.subscribe takes one)"
    ),
}
_BY_TYPE: Final[dict[Any, _Rule]] = {
    str: _Rule(_is_text, "text that has a UTF-8 form"),
    str | None: _Rule(lambda value: value is None or _is_text(value), "text that has a UTF-8 form, or None"),
    bool: _Rule(lambda value: type(value) is bool, "true or false"),
    int: _Rule(_is_integer, "a whole number of at most 64 bits"),
    int | None: _Rule(
        lambda value: value is None or _is_integer(value), "a whole number of at most 64 bits, or None"
    ),
    float | None: _Rule(lambda value: value is None or _is_number(value), "a finite number or None"),
    Decimal: _Rule(lambda value: type(value) is Decimal, "a Decimal"),
    Direction: _Rule(lambda value: isinstance(value, Direction), "a Direction"),
}


@functools.cache
def _rules(kind: type[Command]) -> tuple[tuple[str, _Rule, Any], ...]:
    """The rule of each field and its default, which is as annotated; raises ``KeyError`` for a type without a
    rule."""
    return tuple(
        (field.name, _BY_NAME.get(field.name) or _BY_TYPE[field.type], field.default)
        for field in structs.fields(kind)
    )
