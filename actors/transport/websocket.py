"""From a URL to an open WebSocket."""

import base64
import hashlib
import os
import ssl
import time
from collections.abc import Mapping
from urllib.parse import SplitResult

from websocket import (
    WebSocket,
    WebSocketException,
    WebSocketTimeoutException,
)

from actors.errors import DialFailed
from actors.network import Proxy
from actors.transport.address import check_origin, header_problems, split_url
from actors.transport.connecting import reach, reason, resolve, secure
from actors.transport.deadline import Deadline
from actors.transport.retry_after import ASKING_TO_WAIT, retry_after
from actors.transport.socket_transport import ClientSocket, SocketTransport
from actors.transport.tls import client_context
from actors.transport.trace import DialStep, DialTrace
from actors.transport.upgrade import NO_ANSWER, SWITCHING_PROTOCOLS, UpgradeSocket

_ACCEPT_SALT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


def dial(
    url: str,
    *,
    timeout: float,
    origin: str | None = None,
    headers: Mapping[str, str] | None = None,
    ssl_context: ssl.SSLContext | None = None,
    trace: DialTrace | None = None,
    proxy: Proxy | None = None,
    proxy_context: ssl.SSLContext | None = None,
) -> SocketTransport:
    """Open a WebSocket; blocks, so call it in a thread that may block.

    ``timeout`` (seconds) is for TCP, the proxy's tunnel, TLS and the HTTP upgrade together; the look-up of
    the name comes before them and has the system's own limits. Only ``proxy`` is used, whatever the
    environment names; ``proxy_context`` is the TLS to one of ``https://``. No redirect is followed, no cookie
    kept. The result may hold bytes already: read once before waiting for more. ``trace`` is filled in on the
    way.

    Raises ``DialFailed`` and nothing else; its text repeats nothing of what was sent or answered, and names
    the proxy if the proxy is to blame.
    """
    trace = trace or DialTrace()
    fields = dict(headers or {})
    target = _checked(url, origin, fields)
    found = resolve(target, proxy, trace)
    deadline = Deadline(timeout)
    try:
        sock: ClientSocket = reach(found, target, proxy, proxy_context, deadline, trace)
        try:
            if target.scheme == "wss":
                sock = secure(sock, target, ssl_context or client_context(verify=True), deadline, trace)
            received = _upgrade(UpgradeSocket(sock, deadline), target, origin, fields, trace)
            return SocketTransport(sock, received)
        except BaseException:
            sock.close()
            raise
    except OSError as error:
        way = f" (through the proxy {proxy})" if proxy else ""
        raise DialFailed(reason(error, timeout, trace.step.value) + way) from error


def _checked(url: str, origin: str | None, headers: Mapping[str, str]) -> SplitResult:
    """The parts of ``url``; raises ``DialFailed`` for what no handshake can carry."""
    subject = "URL"
    try:
        target = split_url(url)
        subject = "origin"
        if origin is not None:
            check_origin(origin)
    except ValueError as error:
        raise DialFailed(f"the {subject} {error}") from None
    for name, problem in header_problems(headers):
        raise DialFailed(f"header {name!r} {problem}")
    return target


def _upgrade(
    sock: UpgradeSocket, target: SplitResult, origin: str | None, fields: dict[str, str], trace: DialTrace
) -> bytes:
    """Ask for the WebSocket (RFC 6455, 4.1); returns what came behind the answer."""
    key = base64.b64encode(os.urandom(16)).decode()
    library = WebSocket(enable_multithread=False)
    with trace.during(DialStep.UPGRADE):
        granted = _ask(library, sock, target, origin, {"Sec-WebSocket-Key": key, **fields})
    trace.answer = sock.answer
    # Raised outside _ask, where its context would be the library's error, which keeps headers and cookies.
    if not granted:
        raise _refusal(sock.status, sock.answer)
    # The library compares without regard to case.
    if sock.answer["sec-websocket-accept"] != _accept(key):
        raise DialFailed("the answer accepts another key")
    return sock.rest


def _ask(
    library: WebSocket, sock: UpgradeSocket, target: SplitResult, origin: str | None, fields: dict[str, str]
) -> bool:
    """Whether the answer grants the upgrade."""
    try:
        library.connect(  # type: ignore[no-untyped-call]
            # A name without cookies in the library's jar, which the whole process shares.
            target._replace(netloc="cookieless").geturl(),
            socket=sock,  # given one, it looks neither for a proxy nor for certificates
            host=target.netloc,
            origin=origin,
            suppress_origin=origin is None,
            header=fields,
            redirect_limit=0,
        )
    except WebSocketTimeoutException:
        raise TimeoutError from None
    except WebSocketException:
        return False
    return True


def _refusal(status: int, answer: Mapping[str, str]) -> DialFailed:
    if status in {NO_ANSWER, SWITCHING_PROTOCOLS}:
        return DialFailed("the answer is not a WebSocket upgrade")
    pause = retry_after(answer, time.time()) if status in ASKING_TO_WAIT else None
    shown = "" if pause is None else f" (Retry-After: {pause:g} s)"
    return DialFailed(f"HTTP status {status} instead of an upgrade{shown}", status, pause)


def _accept(key: str) -> str:
    return base64.b64encode(hashlib.sha1(key.encode() + _ACCEPT_SALT).digest()).decode()  # noqa: S324
