"""How far a session has come, and what may happen next."""

import enum
from typing import Final


class State(enum.Enum):
    """How far a connection has come."""

    OPENING = "opening"  # Engine.IO OPEN is due
    CONNECTING = "connecting"  # Socket.IO CONNECT is due
    AUTHENTICATING = "authenticating"  # successauth is due
    READY = "ready"
    CLOSED = "closed"


class Step(enum.Enum):
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
STEPS: Final[dict[tuple[State, Step], State]] = {
    (State.OPENING, Step.OPEN): State.CONNECTING,
    (State.CONNECTING, Step.CONNECT): State.AUTHENTICATING,
    (State.CONNECTING, Step.CONNECT_ERROR): State.CLOSED,
    (State.AUTHENTICATING, Step.EVENT): State.AUTHENTICATING,  # assets may come before the consent
    (State.AUTHENTICATING, Step.AUTHENTICATED): State.READY,
    (State.AUTHENTICATING, Step.DISCONNECT): State.CLOSED,
    (State.READY, Step.EVENT): State.READY,
    (State.READY, Step.AUTHENTICATED): State.READY,
    (State.READY, Step.REQUEST): State.READY,
    (State.READY, Step.DISCONNECT): State.CLOSED,
}
