"""From a host and a port to a connected socket, directly or through a proxy, plain or with TLS."""

import socket
import ssl
from typing import Any
from urllib.parse import SplitResult

from actors.errors import DialFailed
from actors.network import Proxy
from actors.transport.address import DEFAULT_PORTS
from actors.transport.deadline import Deadline
from actors.transport.memory_tls import MemoryTls
from actors.transport.socket_transport import ClientSocket
from actors.transport.tls import client_context
from actors.transport.trace import DialStep, DialTrace
from actors.transport.tunnel import open_tunnel

SEND_STALL_MS = 5000
"""How long bytes may stay unacknowledged; without it twenty sends into a dead link "succeed"."""

Address = tuple[socket.AddressFamily, Any]


def resolve(target: SplitResult, proxy: Proxy | None, trace: DialTrace) -> list[Address]:
    """The addresses of ``proxy``, which looks up the target's name itself, or else of the target."""
    with trace.during(DialStep.LOOK_UP):
        if proxy is None:
            return _look_up(target.hostname or "", _port(target))
        try:
            return _look_up(proxy.host, proxy.port)
        except DialFailed as error:
            raise _blamed(proxy, str(error)) from error


def reach(
    found: list[Address],
    target: SplitResult,
    proxy: Proxy | None,
    proxy_context: ssl.SSLContext | None,
    deadline: Deadline,
    trace: DialTrace,
) -> socket.socket:
    """A socket that is connected to ``target``. Raises ``OSError``, and ``DialFailed`` about ``proxy``."""
    if proxy is None:
        return _connect(found, deadline, trace)
    waits_for = "connecting"
    try:
        with trace.during(DialStep.CONNECT):
            sock = _connect(found, deadline, trace)
            try:
                if proxy.scheme == "https":
                    waits_for = "starting TLS"
                    sock.settimeout(deadline.remaining())
                    context = proxy_context or client_context(verify=True)
                    sock = context.wrap_socket(sock, server_hostname=proxy.host)
                waits_for = "waiting for the tunnel"
                open_tunnel(sock, proxy, target.hostname or "", _port(target), deadline)
            except BaseException:
                sock.close()
                raise
    except DialFailed as error:
        raise _blamed(proxy, str(error)) from error
    except OSError as error:
        raise _blamed(proxy, reason(error, deadline.timeout, waits_for)) from error
    return sock


def secure(
    sock: ClientSocket, target: SplitResult, context: ssl.SSLContext, deadline: Deadline, trace: DialTrace
) -> ClientSocket:
    """TLS to ``target`` over ``sock``; raises ``OSError``."""
    with trace.during(DialStep.TLS):
        assert isinstance(sock, socket.socket)
        tls = MemoryTls(sock, context, target.hostname)
        tls.handshake(deadline)
        return tls


def reason(error: OSError, timeout: float, step: str) -> str:
    """Why a dial of ``timeout`` seconds failed during ``step``."""
    match error:
        case TimeoutError():
            return f"not open after {timeout:g} s, still {step}"
        case ssl.SSLCertVerificationError():
            return f"certificate refused: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {error.reason}"
    return f"{error.strerror or type(error).__name__} while {step}"


def _blamed(proxy: Proxy, text: str) -> DialFailed:
    """Without the status of an answer: it is not the venue's."""
    return DialFailed(f"the proxy {proxy}: {text}")


def _port(target: SplitResult) -> int:
    return target.port or DEFAULT_PORTS[target.scheme]


def _look_up(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise DialFailed(f"no address for {host} ({error.strerror})") from error
    except UnicodeError as error:
        raise DialFailed(f"no address for {host} (not a host name)") from error
    return [(family, address) for family, _, _, _, address in found]


def _connect(addresses: list[Address], deadline: Deadline, trace: DialTrace) -> socket.socket:
    """To the first address that answers; each has an equal share of the time that is left."""
    failure: OSError = OSError("no address")
    for number, (family, address) in enumerate(addresses):
        try:
            with trace.during(DialStep.CONNECT):
                return _connect_to(family, address, deadline.remaining() / (len(addresses) - number))
        except OSError as error:
            failure = error
    raise failure


def _connect_to(family: socket.AddressFamily, address: Any, timeout: float) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect(address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SEND_STALL_MS)
    except OSError:
        sock.close()
        raise
    return sock
