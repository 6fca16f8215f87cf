"""The table of faults, and how each is written: for Python, the command line and the console."""

import shlex
from collections.abc import Mapping
from difflib import get_close_matches
from inspect import getdoc
from typing import Any

import msgspec
from msgspec import inspect

from actors.errors import RequestRefused
from runtime.practice.faults import (
    listener as listener_faults,
    order as order_faults,
    socket as socket_faults,
    tick as tick_faults,
    variants,
    venue as venue_faults,
)
from runtime.practice.faults.fault import Fault

_KINDS: tuple[type[Fault], ...] = (
    listener_faults.Refuse,
    listener_faults.Hang,
    listener_faults.Dribble,
    listener_faults.AnswerStatus,
    listener_faults.RestartRegion,
    socket_faults.Drop,
    socket_faults.Close,
    socket_faults.Garbage,
    socket_faults.HalfFrame,
    socket_faults.Stall,
    socket_faults.SocketIODisconnect,
    socket_faults.EngineClose,
    socket_faults.Slow,
    socket_faults.PingsOnly,
    socket_faults.NoPings,
    socket_faults.DataOnly,
    venue_faults.RefuseSessions,
    venue_faults.Mute,
    venue_faults.Unanswered,
    venue_faults.CloseMarket,
    venue_faults.ClockJump,
    tick_faults.Duplicate,
    tick_faults.Reorder,
    variants.BatchedTicks,
    variants.WholeSeconds,
    variants.AssetsFirst,
    variants.SixthColumn,
    variants.OldHistoryName,
    variants.MissingBars,
    order_faults.LostBefore,
    order_faults.LostAfter,
    order_faults.Delayed,
    order_faults.Doubled,
    order_faults.Stranger,
    order_faults.RefusedOrder,
)

_NO_DEFAULT = (msgspec.NODEFAULT, None, "")

FAULTS: Mapping[str, type[Fault]] = {str(kind.__struct_config__.tag): kind for kind in _KINDS}


def make_fault(name: str, parameters: Mapping[str, object]) -> Fault:
    """Raises ``RequestRefused`` with the usage for an unknown name or an impossible parameter.

    Numbers and truth values may come as text.
    """
    kind = find_kind(name)
    try:
        return msgspec.convert(parameters, kind, strict=False)
    except msgspec.ValidationError as error:
        raise RequestRefused(f"{name}: {error}; it is written: {usage(kind)}") from None


def find_kind(name: str) -> type[Fault]:
    """Raises ``RequestRefused`` for an unknown name."""
    if kind := FAULTS.get(name):
        return kind
    near = get_close_matches(name, FAULTS, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FAULTS)}"
    raise RequestRefused(f"no fault is called {name!r}; {hint}")


def read_line(line: str) -> tuple[list[str], dict[str, str]]:
    """The words of a line and its parameters: ``mute asset=EURUSD_otc`` has one of each.

    Raises ``RequestRefused`` for a quote without an end.
    """
    try:
        pieces = shlex.split(line)
    except ValueError:
        raise RequestRefused(f"a quote has no end: {line}") from None
    words = [piece for piece in pieces if "=" not in piece]
    parameters = dict(piece.split("=", 1) for piece in pieces if "=" in piece)
    return words, parameters


def show(fault: Fault) -> str:
    """A fault in the form that ``read_line`` takes, without parameters that have their defaults."""
    words = [str(fault.__struct_config__.tag)]
    for field in msgspec.structs.fields(fault):
        value = getattr(fault, field.name)
        if field.required or value != field.default:
            words.append(f"{field.name}={shlex.quote(_as_text(value))}")
    return " ".join(words)


def usage(kind: type[Fault]) -> str:
    """How a fault is written: ``slow rate=NUMBER [region=TEXT] [lasts=NUMBER]``; defaults show as such."""
    words = [str(kind.__struct_config__.tag)]
    for field in _described(kind):
        value = _placeholder(field.type) if field.default in _NO_DEFAULT else _as_text(field.default)
        words.append(f"{field.name}={value}" if field.required else f"[{field.name}={value}]")
    return " ".join(words)


def explain(kind: type[Fault]) -> str:
    """What a fault does, in one line."""
    return " ".join((getdoc(kind) or "").replace("``", "").split())


def _described(kind: type[Fault]) -> tuple[inspect.Field, ...]:
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return described.fields


def _placeholder(kind: Any) -> str:
    match kind:
        case inspect.UnionType(types=types):
            return _placeholder(types[0])
        case inspect.StrType():
            return "TEXT"
        case _:
            return "NUMBER"


def _as_text(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case None:
            return "null"
        case _:
            return str(value)
