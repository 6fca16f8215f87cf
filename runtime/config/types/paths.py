"""Paths as users write them: absolute, relative to the configuration's folder, or from their home."""

import os
import sys
from pathlib import Path


def has_home() -> bool:
    """Whether the system knows the home of this user: by ``HOME``, or by its entry in passwd."""
    return os.environ.get("HOME") != "" and not os.path.expanduser("~").startswith("~")  # noqa: PTH111


def expanded(text: str) -> Path:
    """``text`` with a leading ``~`` or ``~user`` expanded. Raises ``ValueError`` if that is nobody's home, or
    if no file can have that name."""
    if problem := unnameable(text):
        raise ValueError(problem)
    path = Path(text)
    if not text.startswith("~"):
        return path
    mine = path.parts[0] == "~"
    try:
        if not mine or has_home():
            return path.expanduser()
    except RuntimeError:
        pass
    reason = "HOME is not set and the user has no entry in passwd" if mine else "there is no such user"
    raise ValueError(f"begins with {path.parts[0]}, but {reason} (write an absolute path)")


def file_path(text: str) -> str:
    """``text``, a path that can be expanded."""
    expanded(text)
    return text


def unnameable(path: str | os.PathLike[str]) -> str:
    """Why ``path`` is no text that can be written, sent and logged, or no name that the system takes; ``""``
    if it is. In a locale of ASCII alone, without the UTF-8 mode of Python, other letters are neither."""
    try:
        os.fsencode(path)
        os.fspath(path).encode()
    except UnicodeEncodeError as error:
        shown = ascii(error.object[error.start : error.end])
        locale = sys.getfilesystemencoding()
        return f"has {shown}, which the locale ({locale}) cannot name: set LC_ALL=C.UTF-8, or PYTHONUTF8=1"
    return ""
