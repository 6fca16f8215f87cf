"""The client's side of SOCKS5 (RFC 1928), with a user and a password (RFC 1929).

Our own, since the libraries give each read the whole timeout: a proxy that dribbles would hold up a dial for
minutes beyond its deadline.
"""

import ipaddress
import socket
from typing import Final

from actors.errors import DialFailed
from actors.network import Proxy
from actors.transport.deadline import Deadline

_VERSION: Final = 5
_ANYONE, _PASSWORD, _NONE = 0, 2, 0xFF
_PASSWORD_VERSION: Final = 1
_CONNECT: Final = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_LONGEST_NAME: Final = 255

_REPLIES: Final = {  # RFC 1928, 6
    1: "has failed",
    2: "does not allow this connection",
    3: "does not reach the network",
    4: "does not reach the host",
    5: "is refused by the host",
    6: "got no answer in time (TTL expired)",
    7: "does not know the command",
    8: "does not know the type of address",
}


def open_socks_tunnel(sock: socket.socket, proxy: Proxy, host: str, port: int, deadline: Deadline) -> None:
    """Have ``proxy``, to which ``sock`` is connected, connect it to ``host``, whose name the proxy looks up.

    Raises ``DialFailed`` with a text that follows the proxy's name, or ``OSError``.
    """
    stream = _Stream(sock, deadline)
    _log_in(stream, proxy)
    stream.send(bytes([_VERSION, _CONNECT, 0]) + _address(host) + port.to_bytes(2, "big"))
    version, reply, _, kind = stream.receive(4)
    _check(version, _VERSION)
    if reply:
        raise DialFailed(_REPLIES.get(reply, f"answers with an unknown error ({reply})"))
    length = {_IPV4: 4, _IPV6: 16}.get(kind)
    stream.receive((stream.receive(1)[0] if length is None else length) + 2)


def _log_in(stream: "_Stream", proxy: Proxy) -> None:
    user, password = proxy.user.value.encode(), proxy.password.value.encode()
    stream.send(bytes([_VERSION, 2, _ANYONE, _PASSWORD] if user else [_VERSION, 1, _ANYONE]))
    version, method = stream.receive(2)
    _check(version, _VERSION)
    if method == _PASSWORD and user:
        stream.send(bytes([_PASSWORD_VERSION, len(user)]) + user + bytes([len(password)]) + password)
        version, refused = stream.receive(2)
        _check(version, _PASSWORD_VERSION)
        if refused:
            raise DialFailed("refuses the user or the password")
    elif method == _NONE:
        raise DialFailed("takes neither a password nor none" if user else "asks for a user and a password")
    elif method != _ANYONE:
        raise DialFailed("chose a way to log in that was not offered")


def _check(version: int, expected: int) -> None:
    if version != expected:
        raise DialFailed("does not speak SOCKS5")


def _address(host: str) -> bytes:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.encode()
        if len(name) > _LONGEST_NAME:
            raise DialFailed("cannot be given a name that is so long") from None
        return bytes([_NAME, len(name)]) + name
    return bytes([_IPV4 if address.version == 4 else _IPV6]) + address.packed


class _Stream:
    """Bytes to and from a socket, within a deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def send(self, data: bytes) -> None:
        self._sock.settimeout(self._deadline.remaining())
        self._sock.sendall(data)

    def receive(self, size: int) -> bytes:
        """Exactly so many; none beyond, which are for the WebSocket."""
        data = b""
        while len(data) < size:
            self._sock.settimeout(self._deadline.remaining())
            piece = self._sock.recv(size - len(data))
            if not piece:
                raise DialFailed("ended the stream")
            data += piece
        return data
