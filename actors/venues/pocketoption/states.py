"""The states of a session, and the transitions between them."""

import enum
from typing import Final


class SessionState(enum.Enum):
    """What a session waits for."""

    OPENING = "opening"  # waits for Engine.IO OPEN
    CONNECTING = "connecting"  # waits for Socket.IO CONNECT
    AUTHENTICATING = "authenticating"  # waits for successauth
    READY = "ready"
    CLOSED = "closed"


class SessionInput(enum.Enum):
    """What changes the state, or is allowed in some states only."""

    OPEN = "Engine.IO OPEN"
    CONNECT = "Socket.IO CONNECT"
    CONNECT_ERROR = "Socket.IO CONNECT_ERROR"
    DISCONNECT = "Socket.IO DISCONNECT"
    EVENT = "an event"
    AUTHENTICATED = "the acceptance of the login"
    REQUEST = "a request"


# A pair that is missing here is a fault: of the peer, or for REQUEST our own. CLOSE of Engine.IO, a refusal
# of the login and our own end of the session are possible in every state.
TRANSITIONS: Final[dict[tuple[SessionState, SessionInput], SessionState]] = {
    (SessionState.OPENING, SessionInput.OPEN): SessionState.CONNECTING,
    (SessionState.CONNECTING, SessionInput.CONNECT): SessionState.AUTHENTICATING,
    (SessionState.CONNECTING, SessionInput.CONNECT_ERROR): SessionState.CLOSED,
    # The assets may come before the acceptance.
    (SessionState.AUTHENTICATING, SessionInput.EVENT): SessionState.AUTHENTICATING,
    (SessionState.AUTHENTICATING, SessionInput.AUTHENTICATED): SessionState.READY,
    (SessionState.AUTHENTICATING, SessionInput.DISCONNECT): SessionState.CLOSED,
    (SessionState.READY, SessionInput.EVENT): SessionState.READY,
    (SessionState.READY, SessionInput.AUTHENTICATED): SessionState.READY,
    (SessionState.READY, SessionInput.REQUEST): SessionState.READY,
    (SessionState.READY, SessionInput.DISCONNECT): SessionState.CLOSED,
}
