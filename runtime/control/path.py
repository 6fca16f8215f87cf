"""Where the control socket of a configuration can lie; the runtime and its peers derive it alike.

The places are the same for every process that looks: a service, a login and cron have different variables
(``XDG_RUNTIME_DIR``, ``TMPDIR``), and an operator may be another user.
"""

import contextlib
import hashlib
import os
import re
import stat
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from platformdirs import user_runtime_path

from actors.errors import ConfigInvalid
from runtime.config import Config, load

SUFFIX: Final = ".sock"
"""A path with this suffix is a control socket; any other is a configuration."""

LONGEST: Final = 100
"""Bytes; the path of a socket has to fit into 104 bytes on macOS and 108 on Linux, with its final NUL."""

NAME: Final = "tellwire"

_DERIVED: Final = re.compile(rf"[0-9a-f]{{16}}(\.[A-Za-z0-9_-]+)?{re.escape(SUFFIX)}")

RUNTIME_FOLDERS: Final = Path("/run/user")
"""Has a folder for each logged-in user, by number."""

TEMPORARY_FOLDERS: Final = tuple(map(Path, ("/tmp", "/var/tmp", "/dev/shm")))  # noqa: S108  # each user's is private


def paths_of(target: str | os.PathLike[str] | Config, account: str | None = "") -> list[Path]:
    """Where the runtime of ``target`` may listen: a configuration, its file, or the control socket itself.

    ``account`` is the name of one of several accounts, ``""`` where there is one; with ``None`` it is the
    process as a whole. Empty if the configuration has no socket. A file may have become invalid since its
    runtime was started: if a socket exists that is named after the file, it counts; otherwise raises
    ``ConfigInvalid``, and for an ``account`` that the configuration does not have.
    """
    if isinstance(target, Config):
        return _paths(target if account is None or target.name == account else target.of(account))
    path = Path(target)
    if path.suffix == SUFFIX:
        return [path.with_name(_name_for(path.name, account or ""))]
    try:
        config = load(path)
    except ConfigInvalid:
        if found := [place for place in _named_after(path, account or "") if _exists(place)]:
            return found
        raise
    return _paths(config if account is None else config.of(account))


def has_control(config: Config) -> bool:
    """Whether a runtime of ``config`` has a control socket."""
    return config.control.enabled and bool(config.control.socket or config.file)


def control_paths(config: Config) -> list[Path]:
    """Where a runtime of ``config`` may create its socket, the best place first; empty if it has none."""
    if not has_control(config):
        return []
    if config.control.socket:
        return [_configured(config)]
    assert config.file is not None
    name, *_ = names_of(config.file, config.name)
    return [path for folder in own_folders() if _fits(path := folder / name) and _is_safe(folder)]


def names_of(file: Path, account: str = "") -> list[str]:
    """The names of its socket, or of that of one of its accounts. The first is derived from its path with the
    links in its folder resolved: the file itself may be a link, and may point elsewhere than when its runtime
    started. The second, if it is another one, is derived from what it points to: a peer may use another
    link."""
    named = os.path.join(os.path.realpath(file.parent), file.name)  # noqa: PTH118  # not Path.resolve: no loop ends it
    paths = [os.fsencode(path) for path in dict.fromkeys((named, os.path.realpath(file)))]
    return [_name_for(hashlib.sha256(path).hexdigest()[:16] + SUFFIX, account) for path in paths]


def is_derived(name: str) -> bool:
    """Whether it is one of ``names_of`` a file."""
    return _DERIVED.fullmatch(name) is not None


def own_folders() -> Iterator[Path]:
    """The folders for sockets of this user, the best first. Those that every process derives alike come
    before those that its environment names."""
    if os.name == "posix":
        user = os.getuid()
        if _exists(own := RUNTIME_FOLDERS / str(user)):
            yield own / NAME
        yield TEMPORARY_FOLDERS[0] / f"{NAME}-{user}"
    if (folder := _runtime_folder()) is not None:
        yield folder
    with contextlib.suppress(FileNotFoundError):  # nothing here can be written to
        yield Path(tempfile.gettempdir()) / (f"{NAME}-{os.getuid()}" if os.name == "posix" else NAME)
    if os.name == "posix":
        yield from (folder / f"{NAME}-{os.getuid()}" for folder in TEMPORARY_FOLDERS[1:])


def make_private(folder: Path) -> None:
    """Create ``folder`` for this user alone; raises ``PermissionError`` if others have access to it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_private(folder):
        raise PermissionError(f"{folder} is not a folder of this user alone (mode 700)")


def _paths(config: Config) -> list[Path]:
    if not has_control(config):
        return []
    if config.control.socket:
        return [_configured(config)]
    assert config.file is not None
    return _named_after(config.file, config.name)


def _configured(config: Config) -> Path:
    path = config.path(config.control.socket)
    return path.with_name(_name_for(path.name, config.name))


def _name_for(name: str, account: str) -> str:
    """The socket of one of several accounts is beside that of the process."""
    return f"{name.removesuffix(SUFFIX)}.{account}{SUFFIX}" if account else name


def _named_after(file: Path, account: str) -> list[Path]:
    folders = dict.fromkeys([*own_folders(), *_folders_of_others(file)])
    paths = [folder / name for name in names_of(file, account) for folder in folders]
    return [path for path in paths if _fits(path)]


def _folders_of_others(file: Path) -> Iterator[Path]:
    """Those of the file's owner, then, for root, those of all users."""
    if os.name != "posix":
        return
    try:
        owner = str(file.stat().st_uid)
    except OSError:
        owner = "*"
    for user in (owner, "*") if os.getuid() == 0 else (owner,):
        yield from sorted(RUNTIME_FOLDERS.glob(f"{user}/{NAME}"))
        for folder in TEMPORARY_FOLDERS:
            found = sorted(folder.glob(f"{NAME}-{user}"))
            yield from (each for each in found if each.name.removeprefix(f"{NAME}-").isdecimal())


def _runtime_folder() -> Path | None:
    """The user's runtime folder by the environment, such as ``XDG_RUNTIME_DIR``; ``None`` without one."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of platformdirs, if the system has none
            return user_runtime_path(NAME)
    except (OSError, RuntimeError):  # the latter without a home
        return None


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= LONGEST


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True


def _is_safe(folder: Path) -> bool:
    """Whether it is this user's alone, or can be created, and nobody else can replace it."""
    if os.name != "posix":
        return True
    try:
        parent = folder.parent.stat()
        others_write = parent.st_mode & 0o022 and not parent.st_mode & stat.S_ISVTX
        if parent.st_uid not in {0, os.getuid()} or others_write:
            return False
        return _is_private(folder) if _exists(folder) else os.access(folder.parent, os.W_OK | os.X_OK)
    except OSError:
        return False


def _is_private(folder: Path) -> bool:
    if os.name != "posix":
        return True
    facts = folder.lstat()
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and not facts.st_mode & 0o077
