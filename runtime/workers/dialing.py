"""What a connection actor calls: ``dial`` opens its transport, ``open_session`` its venue's session."""

import functools
import ssl

from actors.messages.workers import StartConnection
from actors.transport.base import Transport
from actors.transport.tls import client_context
from actors.transport.websocket import dial as dial_url
from actors.venues import venue
from actors.venues.base import Session

_shared_context = functools.cache(client_context)
"""One per process, since making a context reads all certificate authorities."""


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
