"""The states of a stream as a table, and what can be done about one that is silent."""

import enum
from typing import Final


class StreamHealthState(enum.Enum):
    """What a stream looks like: without a tick since it was placed or its market opened, ticking, silent for
    too long, or rightly silent."""

    UNCONFIRMED = "unconfirmed"
    FRESH = "fresh"
    STALE = "stale"
    CLOSED = "closed"


class StreamInput(enum.Enum):
    """What can happen to it."""

    HANDED_ON = "it has another carrier, or none"
    TICKED = "a tick came"
    SILENT = "its patience ended"
    CLOSED = "its market closed"
    OPENED = "its market opened"


class RecoveryAction(enum.Enum):
    """What can be done about silence, the mildest first."""

    RESUBSCRIBE = "resubscribe"
    MOVE = "move"
    RECONNECT = "reconnect"


NEXT: Final = {
    (StreamHealthState.UNCONFIRMED, StreamInput.HANDED_ON): StreamHealthState.UNCONFIRMED,
    (StreamHealthState.UNCONFIRMED, StreamInput.TICKED): StreamHealthState.FRESH,
    (StreamHealthState.UNCONFIRMED, StreamInput.SILENT): StreamHealthState.STALE,
    (StreamHealthState.UNCONFIRMED, StreamInput.CLOSED): StreamHealthState.CLOSED,
    (StreamHealthState.FRESH, StreamInput.HANDED_ON): StreamHealthState.UNCONFIRMED,
    (StreamHealthState.FRESH, StreamInput.TICKED): StreamHealthState.FRESH,
    (StreamHealthState.FRESH, StreamInput.SILENT): StreamHealthState.STALE,
    (StreamHealthState.FRESH, StreamInput.CLOSED): StreamHealthState.CLOSED,
    (
        StreamHealthState.STALE,
        StreamInput.HANDED_ON,
    ): StreamHealthState.STALE,  # it is not cured before it ticks
    (StreamHealthState.STALE, StreamInput.TICKED): StreamHealthState.FRESH,
    (StreamHealthState.STALE, StreamInput.SILENT): StreamHealthState.STALE,
    (StreamHealthState.STALE, StreamInput.CLOSED): StreamHealthState.CLOSED,
    (StreamHealthState.CLOSED, StreamInput.HANDED_ON): StreamHealthState.CLOSED,
    (StreamHealthState.CLOSED, StreamInput.TICKED): StreamHealthState.CLOSED,
    (StreamHealthState.CLOSED, StreamInput.OPENED): StreamHealthState.UNCONFIRMED,
}
