"""The path of a runtime's control socket; the runtime and its peers derive it alike."""

import hashlib
import os
import stat
import tempfile
import warnings
from pathlib import Path
from typing import Final

from platformdirs import user_runtime_path

from actors.errors import ConfigInvalid
from runtime.config import Config, load

SUFFIX: Final = ".sock"
"""A path with this suffix is a control socket; any other is a configuration."""

LONGEST: Final = 100
"""Bytes; the path of a socket has to fit into 104 bytes on macOS and 108 on Linux, with its final NUL."""


def path_of(target: str | os.PathLike[str] | Config) -> Path | None:
    """The control socket of ``target``, which is a configuration, its file, or the socket itself.

    ``None`` if the configuration has none. A file may have become invalid since its runtime was started: then
    it is the socket named after the file, if that exists; otherwise raises ``ConfigInvalid``.
    """
    if isinstance(target, Config):
        return control_path(target)
    path = Path(target)
    if path.suffix == SUFFIX:
        return path
    try:
        return control_path(load(path))
    except ConfigInvalid:
        if (default := _default_path(path)).exists():
            return default
        raise


def control_path(config: Config) -> Path | None:
    """The configured path, otherwise one in the user's runtime folder; ``None`` if control is disabled."""
    if not config.control.enabled:
        return None
    if config.control.socket:
        folder = config.file.parent if config.file else Path()
        return folder / Path(config.control.socket).expanduser()
    return None if config.file is None else _default_path(config.file)


def make_private(folder: Path) -> None:
    """Create ``folder`` for this user alone; raises ``PermissionError`` if others have access to it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_private(folder):
        raise PermissionError(f"{folder} is not a folder of this user alone (mode 700)")


def _default_path(file: Path) -> Path:
    """Named after the file. Symbolic links to its folder are resolved; the file itself may be a link, and may
    point elsewhere than when its runtime started."""
    named = file.parent.resolve() / file.name
    name = hashlib.sha256(os.fsencode(named)).hexdigest()[:16] + SUFFIX
    folder = _runtime_folder()
    if folder is None or len(os.fsencode(folder / name)) > LONGEST:
        folder = Path(tempfile.gettempdir()) / (
            f"tellwire-{os.getuid()}" if os.name == "posix" else "tellwire"
        )
    return folder / name


def _runtime_folder() -> Path | None:
    """The user's runtime folder (such as ``XDG_RUNTIME_DIR``); ``None`` without one that is safe to use."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of platformdirs, if the system has none
            folder: Path = user_runtime_path("tellwire")
        # Another user could replace a folder within theirs; only the sticky bit of /tmp prevents that.
        usable = _is_ours(folder.parent) and (not folder.exists() or _is_private(folder))
    except OSError:
        return None
    return folder if usable else None


def _is_ours(folder: Path) -> bool:
    return os.name != "posix" or folder.lstat().st_uid == os.getuid()


def _is_private(folder: Path) -> bool:
    if os.name != "posix":
        return True
    facts = folder.lstat()
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and not facts.st_mode & 0o077
