"""References in a value: ``${VAR}``, ``${VAR:-default}``, ``${VAR:?message}`` and ``${file:path}``."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from runtime.config.types.problems import Unreadable
from runtime.config.types.text_file import read_text

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_FILE = "file:"
_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:\?)(.*))?", re.DOTALL)


class Expansion(NamedTuple):
    """``text`` with every reference replaced; ``inserted`` are the values in their places, in order."""

    text: str
    inserted: tuple[str, ...]


def expand(text: str, folder: Path) -> Expansion:
    """Replace every reference in ``text``; ``folder`` is where a relative ``${file:path}`` begins.

    An inserted value is not expanded again, and is never part of an error. Raises
    :class:`Unreadable` for a reference that is malformed or leads nowhere.
    """
    if "${" in _REFERENCE.sub("", text):
        raise Unreadable("has a ${ that is never closed, or one inside another")
    inserted = tuple(_meant(reference, folder) for reference in _REFERENCE.findall(text))
    values = iter(inserted)
    return Expansion(_REFERENCE.sub(lambda _: next(values), text), inserted)


def origins(text: str) -> str:
    """From which variables and files the references of ``text`` take their values, for an error."""
    names: list[str] = []
    for reference in _REFERENCE.findall(text):
        variable = _VARIABLE.fullmatch(reference)
        if reference.startswith(_FILE):
            names.append(f"the file {reference.removeprefix(_FILE)}")
        elif variable is not None and os.environ.get(variable[1]):
            names.append(variable[1])
    return " and ".join(dict.fromkeys(names))


def _meant(reference: str, folder: Path) -> str:
    if reference.startswith(_FILE):
        return _content(reference.removeprefix(_FILE), folder)
    variable = _VARIABLE.fullmatch(reference)
    if variable is None:
        raise Unreadable(
            "has a reference that is none of ${VAR}, ${VAR:-default}, ${VAR:?message}, ${file:path}"
        )
    name, operator, operand = variable.groups()
    value = os.environ.get(name)
    if operator == ":-":
        return value or operand
    if operator == ":?" and not value:
        raise Unreadable(f"needs the environment variable {name}: {operand or 'it is not set'}")
    if value is None:
        raise Unreadable(
            f"needs the environment variable {name}, which is not set (or write ${{{name}:-default}})"
        )
    return value


def _content(name: str, folder: Path) -> str:
    try:
        return read_text(folder / name).removesuffix("\n").removesuffix("\r")
    except Unreadable as refusal:
        raise Unreadable(f"refers to a file that {refusal}") from None
