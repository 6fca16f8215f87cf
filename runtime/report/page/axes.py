"""Where the lines of a chart's grid lie, and what is written beside them; no I/O, no clock."""

import math
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from msgspec import Struct

from runtime.report.page.texts import MINUS
from runtime.report.zone import ReportZone

HOUR: Final = 3600
DAY: Final = 86_400
MOST_LABELS: Final = 7
_STEPS: Final = (
    1,
    5,
    10,
    30,
    60,
    120,
    300,
    600,
    900,
    HOUR // 2,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
)
_DAYS: Final = (1, 2, 5, 7, 14, 28, 56, 91, 182, 365)


class AxisMark(Struct, frozen=True):
    """``place`` is 0 at the lower end of the axis, and 1 at the upper one."""

    place: float
    value: float
    text: str


class ValueAxis(Struct, frozen=True):
    """From ``low`` to ``high``, both multiples of one round step."""

    low: float
    high: float
    marks: list[AxisMark]

    def place(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)


class TimeAxis(Struct, frozen=True):
    """From ``began`` to ``ended``, in Unix seconds."""

    began: float
    ended: float
    marks: list[AxisMark]

    def place(self, time: float) -> float:
        return (time - self.began) / (self.ended - self.began)


def value_axis(lowest: float, highest: float, most: int = 5) -> ValueAxis:
    """An axis that has 0, ``lowest`` and ``highest``."""
    lowest, highest = min(lowest, 0.0), max(highest, 0.0)
    span = (highest - lowest) or 1.0
    power = Decimal(10) ** math.floor(math.log10(span / most))
    step = next(power * each for each in (1, 2, 5, 10) if float(power * each) * most >= span * (1 - 1e-9))
    first, last = math.floor(lowest / float(step)), math.ceil(highest / float(step))
    last = max(last, first + 1)
    low, high = float(step * first), float(step * last)
    values = [step * each for each in range(first, last + 1)]
    marks = [
        AxisMark((float(each) - low) / (high - low), float(each), f"{each:,f}".replace("-", MINUS))
        for each in values
    ]
    return ValueAxis(low, high, marks)


def time_axis(began: float, ended: float, zone: ReportZone) -> TimeAxis:
    """At the full minutes, hours or days of ``zone``."""
    ended = max(ended, began + 1)
    marks = []
    for shown in _round_times(began, ended, zone):
        time = zone.seconds(shown)
        if began <= time <= ended:
            marks.append(AxisMark((time - began) / (ended - began), time, _time_text(shown)))
    return TimeAxis(began, ended, marks)


def _time_text(shown: datetime) -> str:
    if shown.second:
        return f"{shown:%H:%M:%S}"
    return f"{shown:%H:%M}" if shown.hour or shown.minute else f"{shown.day} {shown:%b}"


def _round_times(began: float, ended: float, zone: ReportZone) -> list[datetime]:
    span = ended - began
    first, last = (zone.at(each).replace(tzinfo=None) for each in (began, ended))
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    step = next((each for each in _STEPS if span / each <= MOST_LABELS), None)
    if step is None:
        days = next((each for each in _DAYS if span / DAY / each <= MOST_LABELS), 2 * _DAYS[-1])
        step = days * DAY
    count = int((last - midnight).total_seconds() // step) + 1
    return [midnight + timedelta(seconds=step * each) for each in range(count + 1)]
