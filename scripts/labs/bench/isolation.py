"""A network without any other host: some clients try the real venue when the load server is not enough."""

import contextlib
import shutil
import socket
import struct
import subprocess
import sys

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1  # linux/sockios.h, linux/if.h
_REQUEST = struct.Struct("16sh14x")
_UNSHARE = ("unshare", "--map-root-user", "--net")


def prefix() -> tuple[str, ...]:
    """The prefix of a command that runs it with a loopback of its own and no other interface.

    Empty if the system does not allow that."""
    if sys.platform != "linux" or is_isolated() or not shutil.which(_UNSHARE[0]):
        return ()
    return () if subprocess.call([*_UNSHARE, "true"], stderr=subprocess.DEVNULL) else _UNSHARE


def is_isolated() -> bool:
    """Whether loopback is the only interface."""
    return [name for _, name in socket.if_nameindex()] == ["lo"]


def raise_loopback() -> None:
    """Bring up a new loopback, which is down at first; without the right to do so nothing changes."""
    if sys.platform != "linux":
        return
    import fcntl  # noqa: PLC0415  # Windows has none

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
        request = fcntl.ioctl(sock, _GET_FLAGS, _REQUEST.pack(b"lo", 0))
        (_, flags) = _REQUEST.unpack(request)
        fcntl.ioctl(sock, _SET_FLAGS, _REQUEST.pack(b"lo", flags | _UP))
