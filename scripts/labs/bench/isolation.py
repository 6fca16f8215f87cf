"""No way to any host but this one: some clients try the real venue's when ours does not please them."""

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
    """What to put before a command so that it runs with a loopback of its own and nothing else; empty where
    the system does not grant that."""
    if sys.platform != "linux" or is_isolated() or not shutil.which(_UNSHARE[0]):
        return ()
    return () if subprocess.call([*_UNSHARE, "true"], stderr=subprocess.DEVNULL) else _UNSHARE


def is_isolated() -> bool:
    """Whether loopback is the only interface there is."""
    return [name for _, name in socket.if_nameindex()] == ["lo"]


def raise_loopback() -> None:
    """A new loopback is down; where ours is up, or is not ours to raise, nothing changes."""
    if sys.platform != "linux":
        return
    import fcntl  # noqa: PLC0415  # there is none on Windows

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
        request = fcntl.ioctl(sock, _GET_FLAGS, _REQUEST.pack(b"lo", 0))
        (_, flags) = _REQUEST.unpack(request)
        fcntl.ioctl(sock, _SET_FLAGS, _REQUEST.pack(b"lo", flags | _UP))
