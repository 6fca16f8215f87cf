"""When something was, as people read it."""

from datetime import datetime


def time_of_day(at: float, now: float) -> str:
    """``at``, UTC seconds, on this machine's clock, as in the log; with its day if that is not today's."""
    then, today = (datetime.fromtimestamp(moment).astimezone() for moment in (at, now))
    return f"{then:%H:%M:%S}" if then.date() == today.date() else f"{then:%Y-%m-%d %H:%M:%S}"
