"""How a connection actor reaches its region: the settings of a ``StartConnection`` turned into a dial."""

import functools
import ssl

from actors.messages.workers import StartConnection
from actors.transport.base import Transport
from actors.transport.tls import client_context
from actors.transport.websocket import dial as dial_url

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
