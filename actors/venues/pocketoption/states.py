"""How far a session has come, and what may happen next."""

import enum
from typing import Final


class SessionState(enum.Enum):
    """How far a connection has come."""

    OPENING = "opening"  # Engine.IO OPEN is due
    CONNECTING = "connecting"  # Socket.IO CONNECT is due
    AUTHENTICATING = "authenticating"  # successauth is due
    READY = "ready"
    CLOSED = "closed"


class SessionInput(enum.Enum):
    """What carries a session on, or needs it to be at a certain place."""

    OPEN = "Engine.IO OPEN"
    CONNECT = "Socket.IO CONNECT"
    CONNECT_ERROR = "Socket.IO CONNECT_ERROR"
    DISCONNECT = "Socket.IO DISCONNECT"
    EVENT = "an event"
    AUTHENTICATED = "the venue's consent"
    REQUEST = "a request"


# Whatever is not here is out of turn: a fault of the peer, or for REQUEST our own. CLOSE of Engine.IO,
# a refusal by the venue and our own leaving may come at any time.
TRANSITIONS: Final[dict[tuple[SessionState, SessionInput], SessionState]] = {
    (SessionState.OPENING, SessionInput.OPEN): SessionState.CONNECTING,
    (SessionState.CONNECTING, SessionInput.CONNECT): SessionState.AUTHENTICATING,
    (SessionState.CONNECTING, SessionInput.CONNECT_ERROR): SessionState.CLOSED,
    (
        SessionState.AUTHENTICATING,
        SessionInput.EVENT,
    ): SessionState.AUTHENTICATING,  # assets may come before the consent
    (SessionState.AUTHENTICATING, SessionInput.AUTHENTICATED): SessionState.READY,
    (SessionState.AUTHENTICATING, SessionInput.DISCONNECT): SessionState.CLOSED,
    (SessionState.READY, SessionInput.EVENT): SessionState.READY,
    (SessionState.READY, SessionInput.AUTHENTICATED): SessionState.READY,
    (SessionState.READY, SessionInput.REQUEST): SessionState.READY,
    (SessionState.READY, SessionInput.DISCONNECT): SessionState.CLOSED,
}
