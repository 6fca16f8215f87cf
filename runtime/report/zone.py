"""The time zone of a report: that of the machine, or UTC."""

from collections.abc import Iterable
from datetime import UTC, datetime

from runtime.logs import printable


class ReportZone:
    """``utc``: UTC in place of the zone of this machine, whose rules hold at each moment (summer time)."""

    def __init__(self, *, utc: bool) -> None:
        self._utc = utc

    def __repr__(self) -> str:
        return f"<ReportZone: {'UTC' if self._utc else 'local'}>"

    def at(self, seconds: float) -> datetime:
        """The moment of these Unix seconds, as its clocks show it."""
        moment = datetime.fromtimestamp(seconds, UTC)
        return moment if self._utc else moment.astimezone()

    def seconds(self, shown: datetime) -> float:
        """The Unix seconds at which its clocks show ``shown``, which has no zone."""
        return (shown.replace(tzinfo=UTC) if self._utc else shown.astimezone()).timestamp()

    def name(self, moments: Iterable[float]) -> str:
        """Such as ``local time, UTC+01:00 (CET)``; two offsets where the clocks were changed between
        ``moments``."""
        if self._utc:
            return "UTC"
        shown = [self.at(moment) for moment in moments]
        offsets = dict.fromkeys(f"UTC{each:%z}"[:6] + ":" + f"{each:%z}"[3:5] for each in shown)
        names = dict.fromkeys(printable(f"{each:%Z}") for each in shown)
        return f"local time, {' and '.join(offsets)} ({', '.join(names)})"
