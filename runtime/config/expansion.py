"""References in a value: ``${VAR}``, ``${VAR:-default}``, ``${VAR:?message}`` and ``${file:path}``."""

import os
import re
import stat
from pathlib import Path

from runtime.config.types.problems import Mark, Unreadable

LARGEST_FILE = 1024 * 1024

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_FILE = "file:"
_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:\?)(.*))?", re.DOTALL)


def expand(text: str, folder: Path) -> str:
    """``text`` with every reference replaced; ``folder`` is where a relative ``${file:path}`` begins.

    An inserted value is not expanded again, and is never part of an error. Raises
    :class:`Unreadable` for a reference that is malformed or leads nowhere.
    """
    if "${" in _REFERENCE.sub("", text):
        raise Unreadable("has a ${ that is never closed, or one inside another")
    return _REFERENCE.sub(lambda reference: _meant(reference[1], folder), text)


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


def read_text(path: Path) -> str:
    """The text of a regular file; raises :class:`Unreadable` saying, after the file's name, why not."""
    try:
        data = _bytes(path)
    except FileNotFoundError:
        raise Unreadable("does not exist") from None
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    except ValueError:  # a NUL in the name
        raise Unreadable("cannot be read: the name is not valid") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        raise Unreadable("is not UTF-8 text", Mark.after(before)) from None


def _bytes(path: Path) -> bytes:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise Unreadable("is a directory")
    if not stat.S_ISREG(mode):
        raise Unreadable("is not a regular file")  # opening a pipe would wait for its writer
    with path.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise Unreadable("is larger than 1 MiB")
    return data
