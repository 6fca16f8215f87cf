"""The control socket: its listening end in the runtime, and how its peers connect to it.

It is a Unix socket where the system has them. Elsewhere it is a port on loopback, and the file at the same
path holds the port and a token.
"""

import contextlib
import ctypes
import hmac
import itertools
import os
import secrets
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from loguru import logger

from actors.errors import NoRuntime, RuntimeHung
from runtime.config import Config
from runtime.control import sightings
from runtime.control.path import LONGEST, control_paths, has_control, is_derived, make_private, names_of

BACKLOG: Final = 128

ROOT: Final = 0
"""The user who may operate the runtimes of all users."""

ALIVE_WITHIN: Final = 5.0 if sys.platform == "win32" else 0.2
"""Seconds; a process that listens is connected to at once, or its queue is full. Windows takes two seconds to
refuse."""

NO_LISTENER: Final = (FileNotFoundError, NotADirectoryError, ConnectionRefusedError, msgspec.MsgspecError)
"""The causes of ``NoRuntime`` where no process listens."""


class _Port(msgspec.Struct, frozen=True):
    """The content of the address file, where there are no Unix sockets."""

    port: int
    token: str


class ControlListener:
    """The listening end. Raises ``OSError`` if the socket cannot be created.

    ``aliases`` are further names that lead to it, in the same folder. A socket left at ``path`` by a runtime
    that died is replaced; raises ``FileExistsError`` if a runtime that is alive has it.
    """

    def __init__(
        self, path: Path, aliases: Sequence[str] = (), *, unix: bool = hasattr(socket, "AF_UNIX")
    ) -> None:
        make_private(path.parent)
        self._path = path
        self._token = "" if unix else secrets.token_hex(32)
        self._user = None if sys.platform == "win32" else os.getuid()
        self._unix = unix
        with contextlib.ExitStack() as held, _one_at_a_time(path.parent):
            if unix:
                self._socket = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                self._bind()
            else:
                self._socket = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                self._publish()
            held.callback(path.unlink, missing_ok=True)
            for alias in aliases:
                self._name_also(path.with_name(alias), held)
            self._socket.listen(BACKLOG)
            self._socket.setblocking(False)
            path.with_name(f"{path.name}.lock").unlink(missing_ok=True)  # of earlier versions
            self._held = held.pop_all()

    def __repr__(self) -> str:
        return f"<ControlListener {self._path}>"

    def fileno(self) -> int:
        return self._socket.fileno()

    def accept(self) -> socket.socket | None:
        """The next connection, ``None`` if none waits; raises ``OSError`` if no descriptor is free for it."""
        try:
            return self._socket.accept()[0]
        except (BlockingIOError, ConnectionAbortedError):
            return None

    def admits(self, sock: socket.socket) -> bool:
        """Whether the other end is a process of this user or of root, as far as the system tells."""
        try:
            return not self._unix or user_of(sock) in {None, self._user, ROOT}
        except OSError:  # the process is gone
            return False

    def accepts(self, token: str) -> bool:
        """Whether ``token`` is the one in the address file; for a Unix socket, whether it is empty."""
        return hmac.compare_digest(token.encode(), self._token.encode())

    def close(self) -> None:
        self._held.close()

    def _bind(self) -> None:
        if len(os.fsencode(self._path)) > LONGEST:
            raise OSError(f"{self._path} is longer than the {LONGEST} bytes that a socket's path may have")
        self._clear()
        self._socket.bind(str(self._path))
        self._path.chmod(0o600)

    def _publish(self) -> None:
        self._clear()
        self._socket.bind(("127.0.0.1", 0))
        port = _Port(self._socket.getsockname()[1], self._token)
        with open(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:  # noqa: PTH123
            file.write(msgspec.json.encode(port))

    def _clear(self) -> None:
        """Remove what a runtime that died has left at the path."""
        if self._path.is_symlink():  # an alias of another runtime's socket
            self._path.unlink()
        elif self._path.is_socket() or (not self._unix and self._path.exists()):
            if _is_answered(self._path):
                raise FileExistsError(f"another runtime has {self._path}")
            self._path.unlink()

    def _name_also(self, alias: Path, held: contextlib.ExitStack) -> None:
        if alias.is_symlink():  # of a runtime that died, or of one that can still be found by its own name
            alias.unlink()
        with contextlib.suppress(OSError):  # a runtime of that name has it; Windows allows no links
            alias.symlink_to(self._path.name)
            held.callback(_remove_alias, alias, self._path.name)


def open_listener(config: Config) -> ControlListener | None:
    """The listener for ``config`` at the first place that takes it; ``None`` if control is disabled, or, with
    a warning in the log, if the socket cannot be created."""
    if not has_control(config):
        return None
    aliases = names_of(config.file, config.name)[1:] if config.file and not config.control.socket else []
    reasons = []
    for path in control_paths(config):
        try:
            return ControlListener(path, aliases)
        except FileExistsError as error:
            reasons.append(str(error))
            break
        except OSError as error:
            reasons.append(f"{path.parent}: {error.strerror}" if error.strerror else str(error))
    text = "this runtime cannot be attached to or operated: {} (control.socket names another place)"
    logger.warning(text, "; ".join(reasons) or "no folder can take its socket")
    return None


def connect(path: Path, timeout: float) -> tuple[socket.socket, str]:
    """A connection to the runtime at ``path``, and its token. ``timeout``, in seconds, is the socket's from
    now on.

    Raises ``NoRuntime`` if there is none or if it is another user's, unless this user is root;
    ``RuntimeHung`` if it accepts nothing.
    """
    unix = hasattr(socket, "AF_UNIX") and not os.path.isfile(path)  # noqa: PTH113  # which raises nothing
    try:
        sock, token = _connect_unix(path, timeout) if unix else _connect_port(path, timeout)
    except (BlockingIOError, TimeoutError) as error:  # the listener's queue is full and does not move
        raise RuntimeHung(f"a runtime holds {path}, but accepts nothing within {timeout:g} s") from error
    except PermissionError as error:
        if sightings.are_told() and not sightings.is_listening(path):
            reason = f"no runtime is running: nothing answers at {path} ({error.strerror})"
            raise NoRuntime(reason) from FileNotFoundError(path)
        raise _of_another_user(path, sightings.owner_of(path.parent)) from error
    except (OSError, msgspec.MsgspecError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise NoRuntime(f"no runtime is running: nothing answers at {path} ({reason})") from error
    user = user_of(sock) if unix else None
    if unix and os.getuid() != ROOT and user not in {None, os.getuid()}:
        sock.close()
        raise _of_another_user(path, "" if user is None else sightings.name_of(user))
    sock.settimeout(timeout)
    return sock, token


def connect_to_any(paths: Sequence[Path], timeout: float) -> tuple[Path, socket.socket, str]:
    """A connection to the first runtime that is found at ``paths``, or anywhere under one of their names; its
    path and its token. ``timeout`` is that of each attempt.

    Raises ``NoRuntime`` with all these places if there is none, ``RuntimeHung`` as ``connect`` does.
    """
    refusals: list[NoRuntime] = []
    for path in itertools.chain(paths, _elsewhere(paths)):
        inside = sightings.visible(path)
        try:
            return path, *connect(inside or path, timeout)
        except NoRuntime as error:
            refusals.append(error)
    telling = [refusal for refusal in refusals if not isinstance(refusal.__cause__, NO_LISTENER)]
    if telling or len(refusals) == 1:
        raise (telling or refusals)[0]
    text = f"{str(refusals[0]).removesuffix(')')}, nor wherever else it could be)"
    raise NoRuntime(text) from refusals[0].__cause__


def _elsewhere(paths: Sequence[Path]) -> Iterator[Path]:
    """Where else a process listens under one of their names, as far as the system tells. Only the names that
    are derived from a file mean the same everywhere."""
    names = {path.name for path in paths if is_derived(path.name)}
    yield from (path for path in sightings.listening(names) if path not in paths)


def user_of(sock: socket.socket) -> int | None:
    """The user of the process at the other end of a Unix socket; ``None`` where the system does not tell."""
    if sys.platform == "linux":
        return _credentials(sock)[1]
    getpeereid = None if sys.platform == "win32" else getattr(ctypes.CDLL(None), "getpeereid", None)
    if getpeereid is None:
        return None
    uid, gid = ctypes.c_uint32(), ctypes.c_uint32()
    if getpeereid(sock.fileno(), ctypes.byref(uid), ctypes.byref(gid)) != 0:
        raise PermissionError("the system does not tell the user of the other process")
    return uid.value


def pid_of(sock: socket.socket) -> int | None:
    """The process at the other end of a Unix socket; ``None`` where the system does not tell."""
    if sys.platform == "linux" and sock.family == socket.AF_UNIX:
        return _credentials(sock)[0]
    return None


def _credentials(sock: socket.socket) -> tuple[int, int]:
    """Process and user, on Linux."""
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("iII"))
    pid, user, _ = struct.unpack("iII", credentials)
    return pid, user


def _of_another_user(path: Path, owner: str) -> NoRuntime:
    theirs = f"another user's{owner and f', {owner}'}"
    if sightings.is_listening(path):
        return NoRuntime(f"the runtime at {path} is {theirs}: operate it as that user or as root")
    return NoRuntime(f"the runtime at {path}, if there is one, is {theirs}")


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Two runtimes that start at once must not both take what a third has left. Without a file that stays."""
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415  # not there on Windows

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_answered(path: Path) -> bool:
    """Whether a process listens at ``path``, busy or not."""
    try:
        connect(path, ALIVE_WITHIN)[0].close()
    except RuntimeHung:
        return True
    except NoRuntime as error:
        return not isinstance(error.__cause__, NO_LISTENER)
    return True


def _remove_alias(alias: Path, name: str) -> None:
    with contextlib.suppress(OSError):
        if alias.readlink() == Path(name):
            alias.unlink()


def _connect_unix(path: Path, timeout: float) -> tuple[socket.socket, str]:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(True)  # whatever default another library has set for new sockets
        if sys.platform == "linux":
            # A non-blocking connect fails at once while the listener's queue is full; with a send timeout it
            # waits for a place in the queue.
            whole = int(timeout)
            limit = struct.pack("ll", whole, int((timeout - whole) * 1_000_000))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        sock.connect(str(path))
    except BaseException:
        sock.close()
        raise
    return sock, ""


def _connect_port(path: Path, timeout: float) -> tuple[socket.socket, str]:
    address: Any = msgspec.json.decode(path.read_bytes(), type=_Port)
    return socket.create_connection(("127.0.0.1", address.port), timeout), address.token
