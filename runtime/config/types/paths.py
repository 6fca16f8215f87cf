"""Paths as users write them: absolute, relative to the configuration's folder, or from their home."""

import os
from pathlib import Path


def has_home() -> bool:
    """Whether the system knows the home of this user: by ``HOME``, or by its entry in passwd."""
    return os.environ.get("HOME") != "" and not os.path.expanduser("~").startswith("~")  # noqa: PTH111


def expanded(text: str) -> Path:
    """``text`` with a leading ``~`` or ``~user`` expanded. Raises ``ValueError`` if that is nobody's home."""
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
