"""Where the control socket of a configuration is; both sides work it out by themselves."""

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
"""Tells the address of a control socket from the path of a configuration."""

LONGEST: Final = 100
"""Bytes; a socket's path has to fit into 104 of them on macOS and 108 on Linux, its end mark included."""


def place_of(target: str | os.PathLike[str] | Config) -> Path | None:
    """The control socket that ``target`` leads to: a configuration, its file, or the socket itself.

    ``None`` if the configuration has none. A file that is invalid, perhaps only since its runtime was
    started, still leads to the socket named after it, if there is one: raises ``ConfigInvalid`` otherwise.
    """
    if isinstance(target, Config):
        return control_path(target)
    path = Path(target)
    if path.suffix == SUFFIX:
        return path
    try:
        return control_path(load(path))
    except ConfigInvalid:
        if (named_after_it := _named_after(path)).exists():
            return named_after_it
        raise


def control_path(config: Config) -> Path | None:
    """The configured socket, else one in the user's own folder; ``None`` if there is to be none."""
    if not config.control.enabled:
        return None
    if config.control.socket:
        beside = config.file.parent if config.file else Path()
        return beside / Path(config.control.socket).expanduser()
    return None if config.file is None else _named_after(config.file)


def make_private(folder: Path) -> None:
    """Make ``folder``, for this user alone; raises ``PermissionError`` if it is there for others too."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_private(folder):
        raise PermissionError(f"{folder} is not a folder of this user alone (mode 700)")


def _named_after(file: Path) -> Path:
    """The same by whatever way one comes to the folder, and wherever the file, if a link, leads by now."""
    named = file.parent.resolve() / file.name
    name = hashlib.sha256(os.fsencode(named)).hexdigest()[:16] + SUFFIX
    folder = _runtime_folder()
    if folder is None or len(os.fsencode(folder / name)) > LONGEST:
        folder = Path(tempfile.gettempdir()) / (
            f"tellwire-{os.getuid()}" if os.name == "posix" else "tellwire"
        )
    return folder / name


def _runtime_folder() -> Path | None:
    """The system's folder for what lasts as long as a login; ``None`` where there is none of our own."""
    try:
        with warnings.catch_warnings(action="ignore"):  # that there is none
            folder: Path = user_runtime_path("tellwire")
        # In another user's folder ours could be replaced; only the temporary folder's mark prevents that.
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
