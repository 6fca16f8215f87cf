"""The control socket: its listening end in the runtime, and how its peers connect to it.

It is a Unix socket where the system has them. Elsewhere it is a port on loopback, and the file at the same
path holds the port and a token.
"""

import contextlib
import ctypes
import hmac
import os
import secrets
import socket
import sqlite3
import struct
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
from loguru import logger

from actors.errors import NoRuntime, RuntimeHung
from runtime.config import Config
from runtime.control.path import LONGEST, control_path, make_private
from runtime.storage.lock import acquire

BACKLOG: Final = 128


class _Port(msgspec.Struct, frozen=True):
    """The content of the address file, where there are no Unix sockets."""

    port: int
    token: str


class ControlListener:
    """The listening end. Raises ``OSError`` if the socket cannot be created.

    A socket left at ``path`` by a runtime that died is replaced; raises ``FileExistsError`` if a runtime that
    is alive has it.
    """

    def __init__(self, path: Path, *, unix: bool = hasattr(socket, "AF_UNIX")) -> None:
        make_private(path.parent)
        self._path = path
        self._token = "" if unix else secrets.token_hex(32)
        self._user = None if sys.platform == "win32" else os.getuid()
        self._unix = unix
        with contextlib.ExitStack() as held:
            held.enter_context(contextlib.closing(_lock(path)))
            if unix:
                self._socket = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                self._bind()
            else:
                self._socket = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                self._publish()
            held.callback(path.unlink, missing_ok=True)
            self._socket.listen(BACKLOG)
            self._socket.setblocking(False)
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

    def is_same_user(self, sock: socket.socket) -> bool:
        """Whether the other end is a process of this user, as far as the system tells."""
        try:
            return not self._unix or user_of(sock) in {None, self._user}
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
        if self._path.is_socket():
            self._path.unlink()
        self._socket.bind(str(self._path))
        self._path.chmod(0o600)

    def _publish(self) -> None:
        self._socket.bind(("127.0.0.1", 0))
        port = _Port(self._socket.getsockname()[1], self._token)
        self._path.unlink(missing_ok=True)
        with open(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:  # noqa: PTH123
            file.write(msgspec.json.encode(port))


def open_listener(config: Config) -> ControlListener | None:
    """The listener for ``config``; ``None`` if control is disabled, or, with a warning in the log, if the
    socket cannot be created."""
    path = control_path(config)
    if path is None:
        return None
    try:
        return ControlListener(path)
    except OSError as error:
        logger.warning("this runtime cannot be attached to or operated: {}", error)
        return None


def connect(path: Path, timeout: float) -> tuple[socket.socket, str]:
    """A connection to the runtime at ``path``, and its token. ``timeout``, in seconds, is the socket's from
    now on.

    Raises ``NoRuntime`` if there is none or if it is another user's, ``RuntimeHung`` if it accepts nothing.
    """
    unix = hasattr(socket, "AF_UNIX") and not path.is_file()
    try:
        sock, token = _connect_unix(path, timeout) if unix else _connect_port(path, timeout)
    except (BlockingIOError, TimeoutError) as error:  # the listener's queue is full and does not move
        raise RuntimeHung(f"a runtime holds {path}, but accepts nothing within {timeout:g} s") from error
    except (OSError, msgspec.MsgspecError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise NoRuntime(f"no runtime is running: nothing answers at {path} ({reason})") from error
    if unix and user_of(sock) not in {None, os.getuid()}:
        sock.close()
        raise NoRuntime(f"the runtime at {path} is another user's")
    sock.settimeout(timeout)
    return sock, token


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


def _lock(path: Path) -> sqlite3.Connection:
    try:
        lock = acquire(path)
    except sqlite3.Error as error:
        raise PermissionError(f"{path}.lock cannot be locked: {error}") from error
    if lock is None:
        raise FileExistsError(f"another runtime has {path}")
    return lock


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
