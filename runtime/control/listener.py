"""The control socket: kept by one runtime, found by its peers, shut to everybody else's processes.

A Unix socket, where there are such; elsewhere a port on loopback, with a token in a file at the same path.
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
    """What the address file says where it is no socket."""

    port: int
    token: str


class ControlListener:
    """The listening end; raises ``OSError`` if it cannot be had.

    What a dead runtime left at ``path`` is taken over; what a living one has is a ``FileExistsError``.
    """

    def __init__(self, path: Path, *, unix: bool = hasattr(socket, "AF_UNIX")) -> None:
        make_private(path.parent)
        self._path = path
        self._token = "" if unix else secrets.token_hex(32)
        self._user = None if sys.platform == "win32" else os.getuid()
        self._unix = unix
        with contextlib.ExitStack() as held:
            held.enter_context(contextlib.closing(_kept(path)))
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
        return f"<Door {self._path}>"

    def fileno(self) -> int:
        return self._socket.fileno()

    def accept(self) -> socket.socket | None:
        """The next who came, ``None`` if nobody did; raises ``OSError`` when no descriptor is left for it."""
        try:
            return self._socket.accept()[0]
        except (BlockingIOError, ConnectionAbortedError):
            return None

    def is_ours(self, sock: socket.socket) -> bool:
        """Whether the other end is a process of this very user, as far as the system can tell."""
        try:
            return not self._unix or user_of(sock) in {None, self._user}
        except OSError:  # it has gone again
            return False

    def opens_to(self, token: str) -> bool:
        """Whether ``token`` is the one in the address file; a socket of the system's own needs none."""
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


def open_door(config: Config) -> ControlListener | None:
    """The door of a runtime with ``config``; ``None``, with a warning in the log, if it has to do without."""
    path = control_path(config)
    if path is None:
        return None
    try:
        return ControlListener(path)
    except OSError as error:
        logger.warning("this runtime cannot be attached to or operated: {}", error)
        return None


def enter(path: Path, timeout: float) -> tuple[socket.socket, str]:
    """A connection to the runtime at ``path``, no wait on it longer than ``timeout`` seconds, and its token.

    Raises ``NoRuntime`` if there is none, or if it is another user's, ``RuntimeHung`` if it takes nobody in.
    """
    unix = hasattr(socket, "AF_UNIX") and not path.is_file()
    try:
        sock, token = _enter_unix(path, timeout) if unix else _enter_port(path, timeout)
    except (BlockingIOError, TimeoutError) as error:  # the queue at the door is full, and does not move
        raise RuntimeHung(f"a runtime holds {path}, but takes nobody in within {timeout:g} s") from error
    except (OSError, msgspec.MsgspecError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise NoRuntime(f"no runtime is running: nobody answers at {path} ({reason})") from error
    if unix and user_of(sock) not in {None, os.getuid()}:
        sock.close()
        raise NoRuntime(f"the runtime at {path} is another user's")
    sock.settimeout(timeout)
    return sock, token


def user_of(sock: socket.socket) -> int | None:
    """Whose process is at the other end of a Unix socket; ``None`` where the system does not tell."""
    if sys.platform == "linux":
        return _credentials(sock)[1]
    getpeereid = None if sys.platform == "win32" else getattr(ctypes.CDLL(None), "getpeereid", None)
    if getpeereid is None:
        return None
    uid, gid = ctypes.c_uint32(), ctypes.c_uint32()
    if getpeereid(sock.fileno(), ctypes.byref(uid), ctypes.byref(gid)) != 0:
        raise PermissionError("the system does not tell whose process is there")
    return uid.value


def pid_of(sock: socket.socket) -> int | None:
    """Which process is at the other end of a Unix socket; ``None`` where the system does not tell."""
    if sys.platform == "linux" and sock.family == socket.AF_UNIX:
        return _credentials(sock)[0]
    return None


def _credentials(sock: socket.socket) -> tuple[int, int]:
    """Process and user, on Linux."""
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("iII"))
    pid, user, _ = struct.unpack("iII", credentials)
    return pid, user


def _kept(path: Path) -> sqlite3.Connection:
    try:
        lock = acquire(path)
    except sqlite3.Error as error:
        raise PermissionError(f"{path}.lock cannot be had: {error}") from error
    if lock is None:
        raise FileExistsError(f"another runtime has {path}")
    return lock


def _enter_unix(path: Path, timeout: float) -> tuple[socket.socket, str]:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if sys.platform == "linux":
            # A non-blocking connect fails at once when a crowd waits at the door; this one waits in line.
            whole = int(timeout)
            limit = struct.pack("ll", whole, int((timeout - whole) * 1_000_000))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        sock.connect(str(path))
    except BaseException:
        sock.close()
        raise
    return sock, ""


def _enter_port(path: Path, timeout: float) -> tuple[socket.socket, str]:
    address: Any = msgspec.json.decode(path.read_bytes(), type=_Port)
    return socket.create_connection(("127.0.0.1", address.port), timeout), address.token
