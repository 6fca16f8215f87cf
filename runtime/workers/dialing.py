"""What a connection actor is handed: how its region is dialled, and how its venue's session is opened."""

import functools
import ssl

from actors.messages.workers import StartConnection
from actors.transport.base import Transport
from actors.transport.tls import client_context
from actors.transport.websocket import dial as dial_url
from actors.venues import venue
from actors.venues.base import Session

_shared_context = functools.cache(client_context)
"""Making one reads all certificate authorities: once per process, not once per attempt."""


def dial(start: StartConnection) -> Transport:
    """Blocks until the WebSocket stands; raises ``DialFailed``."""
    settings = start.settings
    context: ssl.SSLContext | None = None
    if start.region.url.startswith("wss:"):
        context = _shared_context(settings.ssl_verify)
    return dial_url(
        start.region.url,
        timeout=settings.open_timeout,
        origin=settings.origin,
        headers=settings.headers,
        ssl_context=context,
    )


def open_session(start: StartConnection) -> Session:
    """The session of one life, in the protocol of the venue that the settings name."""
    return venue(start.settings.venue).open_session(start)
