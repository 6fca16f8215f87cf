"""The states of a stream as a table, and what can be done about one that is silent."""

import enum
from typing import Final


class StreamState(enum.Enum):
    """What a stream looks like: without a tick since it was placed or its market opened, ticking, silent for
    too long, or rightly silent."""

    UNCONFIRMED = "unconfirmed"
    FRESH = "fresh"
    STALE = "stale"
    CLOSED = "closed"


class Turn(enum.Enum):
    """What can happen to it."""

    HANDED_ON = "it has another carrier, or none"
    TICKED = "a tick came"
    SILENT = "its patience ended"
    CLOSED = "its market closed"
    OPENED = "its market opened"


class Cure(enum.Enum):
    """What can be done about silence, the mildest first."""

    RESUBSCRIBE = "resubscribe"
    MOVE = "move"
    RECONNECT = "reconnect"


NEXT: Final = {
    (StreamState.UNCONFIRMED, Turn.HANDED_ON): StreamState.UNCONFIRMED,
    (StreamState.UNCONFIRMED, Turn.TICKED): StreamState.FRESH,
    (StreamState.UNCONFIRMED, Turn.SILENT): StreamState.STALE,
    (StreamState.UNCONFIRMED, Turn.CLOSED): StreamState.CLOSED,
    (StreamState.FRESH, Turn.HANDED_ON): StreamState.UNCONFIRMED,
    (StreamState.FRESH, Turn.TICKED): StreamState.FRESH,
    (StreamState.FRESH, Turn.SILENT): StreamState.STALE,
    (StreamState.FRESH, Turn.CLOSED): StreamState.CLOSED,
    (StreamState.STALE, Turn.HANDED_ON): StreamState.STALE,  # it is not cured before it ticks
    (StreamState.STALE, Turn.TICKED): StreamState.FRESH,
    (StreamState.STALE, Turn.SILENT): StreamState.STALE,
    (StreamState.STALE, Turn.CLOSED): StreamState.CLOSED,
    (StreamState.CLOSED, Turn.HANDED_ON): StreamState.CLOSED,
    (StreamState.CLOSED, Turn.TICKED): StreamState.CLOSED,
    (StreamState.CLOSED, Turn.OPENED): StreamState.UNCONFIRMED,
}
