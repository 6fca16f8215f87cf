"""What a connection actor needs: ``dial`` opens its transport, ``open_session`` its venue's session,
``witness`` records."""

import functools
import os
import ssl

from msgspec import structs

from actors.connection.witness import Witness
from actors.errors import DialFailed
from actors.messages.workers import ConnectionSettings, StartConnection
from actors.network import TlsSettings
from actors.transport.base import Transport
from actors.transport.tls import client_context
from actors.transport.trace import DialTrace
from actors.transport.websocket import dial as dial_url
from actors.venues import venue
from actors.venues.base import Session

_KEPT = 4
"""Contexts: that to the venue, that to a proxy, and those from before a file changed."""


def dial(start: StartConnection) -> Transport:
    """Blocks until the WebSocket stands; raises ``DialFailed``."""
    return dial_region(start.region.url, start.settings)


def dial_region(url: str, settings: ConnectionSettings, trace: DialTrace | None = None) -> Transport:
    """As ``dial``; ``trace`` is filled in on the way."""
    proxy = settings.proxy
    return dial_url(
        url,
        timeout=settings.open_timeout,
        origin=settings.origin,
        headers=settings.headers,
        ssl_context=_context(settings, settings.tls) if url.startswith("wss:") else None,
        trace=trace,
        proxy=proxy,
        # The client certificate is for the venue, not for the proxy.
        proxy_context=_context(settings, structs.replace(settings.tls, certificate="", key=""))
        if proxy is not None and proxy.scheme == "https"
        else None,
    )


def witness(start: StartConnection) -> Witness | None:
    """What records this life; ``None`` unless the settings ask for it."""
    if start.settings.recording is None:
        return None
    from runtime.recording import recorder  # noqa: PLC0415  # not where nothing is recorded

    return recorder.witness(start)


def open_session(start: StartConnection) -> Session:
    """The session of one life, in the protocol of the venue that the settings name."""
    return venue(start.settings.venue).open_session(start)


def _context(settings: ConnectionSettings, tls: TlsSettings) -> ssl.SSLContext:
    files = [path for path in (tls.ca_file, tls.certificate, tls.key) if path]
    try:
        stamps = tuple(_stamp(path) for path in files)
        return _shared_context(settings.ssl_verify, tls, stamps)
    except ssl.SSLError as error:
        raise DialFailed(f"the files of the TLS settings cannot be used ({error.reason or 'PEM'})") from None
    except OSError as error:
        raise DialFailed(f"a file of the TLS settings cannot be read: {error.strerror}") from None


def _stamp(path: str) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116  # of a text
    return found.st_ino, found.st_mtime_ns


@functools.lru_cache(_KEPT)
def _shared_context(verify: bool, tls: TlsSettings, _stamps: tuple[tuple[int, int], ...]) -> ssl.SSLContext:
    """One per process until a file changes, since making a context reads all certificate authorities."""
    return client_context(verify, tls)
