"""How one WebSocket behaves."""

from typing import Annotated

from runtime.config.sections.account import DEFAULTS
from runtime.config.types import fields, units
from runtime.config.types.fields import Duration, Flag, between, compared
from runtime.config.types.section import Section

_MIB = 1024 * 1024


class ConnectionConfig(Section):
    """How one WebSocket behaves."""

    open_timeout: Duration = 10.0
    """For connect, TLS, handshake and login together."""
    ping_interval: Duration = 20.0
    """A WebSocket ping is sent when nothing has arrived for this long."""
    ping_timeout: Duration = 10.0
    """A connection whose ping is unanswered for this long is closed."""
    close_timeout: Duration = 2.0
    """How long a close waits for the venue's close frame."""
    keep_alive_interval: Duration = DEFAULTS.keep_alive_interval
    """Between the venue's own keep-alive messages; the venue hangs up on a client that sends none."""
    inbound_linger: Annotated[fields.Pause, compared("<", "ping_timeout", "pongs would be read too late")] = (
        0.0
    )
    """The least time between two reads of a socket. What arrives meanwhile is read at once, at a fraction of
    the cost. Not delayed are the first read after a pause, the login, and the answers to requests."""
    message_timeout: fields.MessageTimeout = 30.0
    """How long a request waits for its answer, unless the request has a deadline of its own."""
    ssl_verify: Flag = True
    """Whether the venue's certificate is checked; if not, anyone on the network path can read the session."""
    origin: fields.Origin = DEFAULTS.origin
    """The site that the handshake claims to come from."""
    custom_headers: fields.Headers = {}
    """Further header fields of the handshake."""
    max_message_size: Annotated[fields.Size, between(_MIB, 1024 * _MIB, units.show_size)] = 16 * _MIB
    """A larger message closes the connection."""
