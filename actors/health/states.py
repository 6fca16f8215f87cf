"""The states of a monitored stream, their transition table, and the recovery actions for a stale stream."""

import enum
from typing import Final


class StreamHealthState(enum.Enum):
    """Whether the ticks of a stream arrive as expected."""

    UNCONFIRMED = "unconfirmed"
    """No tick yet since it was placed or its market opened."""
    FRESH = "fresh"
    STALE = "stale"
    """It should tick and does not."""
    CLOSED = "closed"
    """Its market is closed, so no tick is expected."""


class StreamInput(enum.Enum):
    """What moves a stream to its next state."""

    LIFE_CHANGED = "another life of a connection carries it, or none does"
    TICKED = "a report counts new ticks"
    BECAME_STALE = "it has not ticked for too long"
    MARKET_CLOSED = "its market closed"
    MARKET_OPENED = "its market opened"


class RecoveryAction(enum.Enum):
    """What can be done about a stale stream, the least intrusive first."""

    RESUBSCRIBE = "resubscribe"
    MOVE = "move"
    RECONNECT = "reconnect"


_UNCONFIRMED = StreamHealthState.UNCONFIRMED
_FRESH = StreamHealthState.FRESH
_STALE = StreamHealthState.STALE
_CLOSED = StreamHealthState.CLOSED

NEXT_STATE: Final = {
    (_UNCONFIRMED, StreamInput.LIFE_CHANGED): _UNCONFIRMED,
    (_UNCONFIRMED, StreamInput.TICKED): _FRESH,
    (_UNCONFIRMED, StreamInput.BECAME_STALE): _STALE,
    (_UNCONFIRMED, StreamInput.MARKET_CLOSED): _CLOSED,
    (_FRESH, StreamInput.LIFE_CHANGED): _UNCONFIRMED,
    (_FRESH, StreamInput.TICKED): _FRESH,
    (_FRESH, StreamInput.BECAME_STALE): _STALE,
    (_FRESH, StreamInput.MARKET_CLOSED): _CLOSED,
    (_STALE, StreamInput.LIFE_CHANGED): _STALE,  # only a tick ends it
    (_STALE, StreamInput.TICKED): _FRESH,
    (_STALE, StreamInput.BECAME_STALE): _STALE,
    (_STALE, StreamInput.MARKET_CLOSED): _CLOSED,
    (_CLOSED, StreamInput.LIFE_CHANGED): _CLOSED,
    (_CLOSED, StreamInput.TICKED): _CLOSED,
    (_CLOSED, StreamInput.MARKET_OPENED): _UNCONFIRMED,
}
