"""Times on the wire follow the venue's clock; here they become UTC, and back (protocol 1.8)."""

from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import Meta

from actors.errors import RemoteProtocolError
from actors.venues.pocketoption.profile import VENUE_UTC_OFFSET

MILLISECONDS: Final = 1e12
"""A larger time is in milliseconds, a smaller one in seconds; the venue sends both."""

END_OF_TIME: Final = 1e11
"""In seconds; a later time has the wrong unit."""

Time = Annotated[float, Meta(gt=VENUE_UTC_OFFSET, lt=100 * MILLISECONDS)]
"""A time on the wire."""

_TEXT: Final = "%Y-%m-%d %H:%M:%S"


def to_utc(time: float) -> float:
    """UTC seconds of a time on the wire, which is in seconds or milliseconds."""
    return (time / 1000 if time > MILLISECONDS else time) - VENUE_UTC_OFFSET


def read(text: str) -> int:
    """UTC seconds of a date and time in text; raises ``RemoteProtocolError`` if it is none."""
    try:
        spelt = datetime.strptime(text, _TEXT).replace(tzinfo=UTC)
    except ValueError:
        raise RemoteProtocolError("not a date and a time") from None
    return int(spelt.timestamp()) - VENUE_UTC_OFFSET


def spell(time: float) -> str:
    """``time`` (UTC, from 0 to ``END_OF_TIME``) as the venue's text for a date and time, to the second."""
    return datetime.fromtimestamp(int(time) + VENUE_UTC_OFFSET, UTC).strftime(_TEXT)
