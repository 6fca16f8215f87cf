"""How far away the regions are: each step on the way to a WebSocket, timed, without logging in."""

import base64
import contextlib
import email.utils
import http.client
import os
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import pykka
from loguru import logger
from msgspec import Struct

from actors.messages.lifecycle import ConnectionSettings, RegionsProbed, Tellable
from actors.transport.deadline import Deadline
from actors.transport.retry_after import ASKING_TO_WAIT, retry_after
from actors.transport.tls import client_context
from actors.values import Region

AT_ONCE: Final = 8
"""Regions probed side by side."""


class Probe(Struct, frozen=True):
    """What became of one attempt; the times of its steps are in seconds, ``None`` for what was not reached.

    ``upgrade`` is that of the HTTP request alone: a round trip and what the server takes for it.
    ``clock_offset`` is how far the server's clock is ahead of ours, to half a second,
    ``retry_after`` for how long its host wants to be left alone.
    """

    region: str
    look_up: float | None = None
    connect: float | None = None
    tls: float | None = None
    upgrade: float | None = None
    clock_offset: float | None = None
    retry_after: float | None = None
    error: str = ""


def probe(regions: Sequence[Region], settings: ConnectionSettings) -> list[Probe]:
    """One ``Probe`` for each of ``regions``, in their order; blocks for ``open_timeout`` per eight at most.

    Those without ``error`` can be connected to, and the ``upgrade`` of those compares them. The session is
    not sent.
    """
    todo: queue.SimpleQueue[Region] = queue.SimpleQueue()
    done: queue.SimpleQueue[Probe] = queue.SimpleQueue()
    for region in regions:
        todo.put(region)
    context = client_context(settings.ssl_verify)

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                done.put(_attempt(todo.get_nowait(), settings, context))

    # Daemons, unlike an executor's threads: a name whose look-up hangs must not hold up the program's end.
    for number in range(min(AT_ONCE, len(regions))):
        threading.Thread(target=work, name=f"probe-{number}", daemon=True).start()
    limit = settings.open_timeout * -(-len(regions) // AT_ONCE)
    found = {each.region: each for each in _take(done, len(regions), time.monotonic() + limit)}
    late = f"nothing came of it within {limit:g} s"
    return [found.get(region.name) or Probe(region.name, error=late) for region in regions]


def probe_in_background(settings: ConnectionSettings, regions: Sequence[Region], to: Tellable) -> None:
    """The same in a thread of its own; ``to`` is told ``RegionsProbed``."""

    def work() -> None:
        found = probe(regions, settings)
        for each in found:
            logger.debug("probed {}: {}", each.region, each.error or f"{each.upgrade or 0.0:.3f} s")
        round_trips = {each.region: each.upgrade for each in found if each.upgrade and not each.error}
        wishes = {each.region: each.retry_after for each in found if each.retry_after is not None}
        with contextlib.suppress(pykka.ActorDeadError):  # the runtime was stopped meanwhile
            to.tell(RegionsProbed(round_trips, wishes))

    threading.Thread(target=work, name="probing", daemon=True).start()


def _take(done: "queue.SimpleQueue[Probe]", count: int, until: float) -> Iterator[Probe]:
    with contextlib.suppress(queue.Empty):
        for _ in range(count):
            yield done.get(timeout=max(0.0, until - time.monotonic()))


def _attempt(region: Region, settings: ConnectionSettings, context: ssl.SSLContext) -> Probe:
    steps: dict[str, Any] = {}
    deadline = Deadline(settings.open_timeout)
    try:
        with contextlib.ExitStack() as held:
            url = urlsplit(region.url)
            sock = held.enter_context(_connected(url, deadline, steps))
            if url.scheme == "wss":
                with _timed(steps, "tls"):
                    sock = held.enter_context(context.wrap_socket(sock, server_hostname=url.hostname))
            sock.settimeout(deadline.remaining())
            answer = _upgraded(sock, url, settings, steps)
            steps["clock_offset"] = _clock_offset(answer.getheader("Date"), steps["upgrade"])
            if answer.status in ASKING_TO_WAIT:
                fields = {name.lower(): value for name, value in answer.getheaders()}
                steps["retry_after"] = retry_after(fields, time.time())
            if answer.status != http.client.SWITCHING_PROTOCOLS:
                steps["error"] = f"HTTP status {answer.status} instead of an upgrade"
    except (OSError, http.client.HTTPException, ValueError) as error:
        steps["error"] = _reason(error, settings.open_timeout)
    return Probe(region.name, **steps)


@contextlib.contextmanager
def _timed(steps: dict[str, Any], step: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    steps[step] = time.perf_counter() - began


def _connected(url: SplitResult, deadline: Deadline, steps: dict[str, Any]) -> socket.socket:
    port = url.port or (443 if url.scheme == "wss" else 80)
    with _timed(steps, "look_up"):
        addresses = socket.getaddrinfo(url.hostname, port, type=socket.SOCK_STREAM)
    failure: OSError = OSError("no address")
    for number, (family, *_, address) in enumerate(addresses):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            with _timed(steps, "connect"):
                sock.settimeout(deadline.remaining() / (len(addresses) - number))
                sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            sock.settimeout(deadline.remaining())
            return sock
    raise failure


def _upgraded(
    sock: socket.socket, url: SplitResult, settings: ConnectionSettings, steps: dict[str, Any]
) -> http.client.HTTPResponse:
    """Ask for a WebSocket (RFC 6455, 4.1) that is dropped as soon as it is granted."""
    connection = http.client.HTTPConnection(url.netloc)
    connection.sock = sock
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Origin": settings.origin,
        **settings.headers,
    }
    with _timed(steps, "upgrade"):
        connection.request("GET", url._replace(scheme="", netloc="").geturl() or "/", headers=headers)
        return connection.getresponse()


def _clock_offset(date: str | None, round_trip: float) -> float | None:
    try:
        theirs = email.utils.parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return theirs.timestamp() + 0.5 - (time.time() - round_trip / 2)


def _reason(error: Exception, limit: float) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"certificate refused: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {error.reason}"
        case TimeoutError():
            return f"not open after {limit:g} s"
        case socket.gaierror():
            return f"its name has no address ({error.strerror})"
        case OSError():
            return error.strerror or type(error).__name__
    return f"its answer is not HTTP ({type(error).__name__})"
