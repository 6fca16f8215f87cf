"""Times for people."""

from datetime import datetime


def time_of_day(at: float, now: float) -> str:
    """``at``, Unix time, in the local time zone, as in the log; with the date unless that is ``now``'s."""
    then, today = (datetime.fromtimestamp(moment).astimezone() for moment in (at, now))
    return f"{then:%H:%M:%S}" if then.date() == today.date() else f"{then:%Y-%m-%d %H:%M:%S}"
