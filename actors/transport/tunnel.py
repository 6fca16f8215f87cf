"""A connection through a proxy: HTTP's CONNECT (RFC 9110, 9.3.6) or SOCKS5."""

import base64
import re
import socket
from typing import Final

from actors.errors import DialFailed
from actors.network import Proxy
from actors.transport.deadline import Deadline
from actors.transport.socks import open_socks_tunnel
from actors.transport.upgrade import read_header

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: |\r|$)")
_OTHER_LOGINS: Final = re.compile(rb"(?im)^proxy-authenticate:")
_BASIC: Final = re.compile(rb"(?im)^proxy-authenticate:.*\bbasic\b")
_NEEDS_LOGIN: Final = 407


def open_tunnel(sock: socket.socket, proxy: Proxy, host: str, port: int, deadline: Deadline) -> None:
    """Have ``proxy``, to which ``sock`` is connected, connect it to ``host``, whose name the proxy looks up.

    Raises ``DialFailed`` with a text that follows the proxy's name, or ``OSError``.
    """
    if proxy.is_socks:
        open_socks_tunnel(sock, proxy, host, port, deadline)
    else:
        _open_http_tunnel(sock, proxy, host, port, deadline)


def _open_http_tunnel(sock: socket.socket, proxy: Proxy, host: str, port: int, deadline: Deadline) -> None:
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    fields = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.user.value:
        credentials = base64.b64encode(f"{proxy.user.value}:{proxy.password.value}".encode()).decode()
        fields.append(f"Proxy-Authorization: Basic {credentials}")
    sock.settimeout(deadline.remaining())
    sock.sendall("".join(f"{field}\r\n" for field in [*fields, ""]).encode())
    try:
        header, rest = read_header(sock, deadline, "the request for it")
    except DialFailed as error:
        raise DialFailed(f"gives no tunnel: {error}") from None
    found = _STATUS_LINE.match(header)
    status = int(found[1]) if found else 0
    if status == _NEEDS_LOGIN:
        if _OTHER_LOGINS.search(header) and not _BASIC.search(header):
            raise DialFailed(f"asks for another way to log in than Basic (HTTP status {status})")
        what = "refuses the user or the password" if proxy.user.value else "asks for a user and a password"
        raise DialFailed(f"{what} (HTTP status {status})")
    if not 200 <= status < 300:
        raise DialFailed(
            f"answers HTTP status {status} instead of a tunnel" if found else "does not speak HTTP"
        )
    if rest:
        raise DialFailed("sends data before the tunnel is used")
