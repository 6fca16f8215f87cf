"""What the system tells of control sockets: whether a process listens on one, and which user owns it."""

import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

TABLE: Final = "/proc/net/unix"

_LISTENS: Final = 0x10000
"""Of a row's flags in ``TABLE``: ``__SO_ACCEPTCON``."""


def listening(names: Collection[str]) -> list[Path]:
    """The sockets with one of these file names on which a process listens, wherever they lie. Only Linux
    tells, and only of this network namespace; elsewhere none."""
    return [path for path in _listening() if path.name in names]


def is_listening(path: Path) -> bool:
    """Whether the system tells that a process listens at ``path``."""
    return path in _listening()


def are_told() -> bool:
    """Whether the system tells which sockets are listened on."""
    return os.path.exists(TABLE)  # noqa: PTH110  # not Path.exists, which raises without permission


def visible(path: Path) -> Path | None:
    """``path`` as this process reaches it; ``None`` if nothing is there. A service can have a ``/tmp`` of its
    own (``PrivateTmp``), which root reaches through ``/proc``."""
    if os.path.lexists(path):
        return path
    if not is_listening(path):
        return None
    for process in Path("/proc").glob("[0-9]*"):
        inside = process / "root" / path.relative_to("/")
        try:
            if inside.is_socket():
                return inside
        except OSError:
            continue
    return None


def owner_of(path: Path) -> str:
    """The user that a file belongs to, as in ``nobody (uid 65534)``; ``""`` where that is not told."""
    try:
        return name_of(path.lstat().st_uid) if os.name == "posix" else ""
    except OSError:
        return ""


def name_of(user: int) -> str:
    """The user with this number, as in ``nobody (uid 65534)``."""
    if sys.platform == "win32":
        return f"uid {user}"
    import pwd  # noqa: PLC0415  # not there on Windows

    try:
        return f"{pwd.getpwuid(user).pw_name} (uid {user})"
    except KeyError:  # a container's user has no entry
        return f"uid {user}"


def _listening() -> Iterator[Path]:
    for row in _rows():
        if int(row[3], 16) & _LISTENS:
            yield Path(row[7])


def _rows() -> list[list[str]]:
    """The rows of sockets that have a path: number, references, protocol, flags, type, state, inode, path."""
    try:
        with open(TABLE, encoding="utf-8", errors="surrogateescape") as table:  # noqa: PTH123
            rows = [line.rstrip("\n").split(maxsplit=7) for line in table.readlines()[1:]]
    except OSError:  # another system, or /proc is not mounted
        return []
    return [row for row in rows if len(row) == 8 and row[7].startswith("/")]
