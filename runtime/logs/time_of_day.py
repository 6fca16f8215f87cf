"""Times for people."""

from datetime import UTC, datetime


def time_of_day(at: float, now: float) -> str:
    """``at``, Unix time, in UTC, as in the log; with the date unless that is ``now``'s."""
    then, today = (datetime.fromtimestamp(moment, UTC) for moment in (at, now))
    return f"{then:%H:%M:%S}" if then.date() == today.date() else f"{then:%Y-%m-%d %H:%M:%S}"
