"""The venue's clock, which every stamp on the wire follows, and UTC (protocol 1.8)."""

from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import Meta

from actors.errors import RemoteProtocolError

VENUE_UTC_OFFSET: Final = 7200
"""The venue's clock is UTC plus this, summer and winter."""

MILLISECONDS: Final = 1e12
"""No time in seconds is that large and none in milliseconds that small; the venue may send either."""

END_OF_TIME: Final = 1e11
"""In seconds; what is later is a mistake of units."""

Time = Annotated[float, Meta(gt=VENUE_UTC_OFFSET, lt=100 * MILLISECONDS)]
"""A stamp as it stands on the wire."""

_TEXT: Final = "%Y-%m-%d %H:%M:%S"


def to_utc(time: float) -> float:
    """A stamp of the venue, in seconds or milliseconds, in UTC seconds."""
    return (time / 1000 if time > MILLISECONDS else time) - VENUE_UTC_OFFSET


def read(text: str) -> int:
    """The UTC of a time that the venue spells out; raises ``RemoteProtocolError`` if it is none."""
    try:
        spelt = datetime.strptime(text, _TEXT).replace(tzinfo=UTC)
    except ValueError:
        raise RemoteProtocolError("not a date and a time") from None
    return int(spelt.timestamp()) - VENUE_UTC_OFFSET


def spell(time: float) -> str:
    """``time`` (UTC, from 0 to ``END_OF_TIME``) as the venue spells times out, to the whole second."""
    return datetime.fromtimestamp(int(time) + VENUE_UTC_OFFSET, UTC).strftime(_TEXT)
