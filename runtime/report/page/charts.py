"""The charts of the page, drawn as SVG; what is written beside them is HTML, which keeps its size."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final
from xml.etree.ElementTree import Element

from msgspec import Struct

from runtime.report.equity import EquityPoint, LargestDrawdown
from runtime.report.page.axes import TimeAxis, ValueAxis, time_axis, value_axis
from runtime.report.page.markup import svg, tag, verbatim
from runtime.report.page.texts import MoneyForm, clock
from runtime.report.zone import ReportZone

WIDTH: Final = 1000
COLUMNS: Final = 500
"""Into how many columns a curve is divided; of each, its first, lowest, highest and last point are drawn."""

EQUITY_HEIGHT: Final = 260
DRAWDOWN_HEIGHT: Final = 80
BARS_HEIGHT: Final = 160
NARROW_LINE: Final = 30
"""Characters below a chart on a phone."""


class ChartBar(Struct, frozen=True):
    """A bar from 0 to ``value``; ``text`` is shown where it is pointed at, ``label`` below it."""

    value: float
    text: str
    label: str = ""
    kind: str = ""


def equity_chart(
    points: Sequence[EquityPoint], largest: LargestDrawdown | None, zone: ReportZone, money: MoneyForm
) -> Element:
    """The course of the profit as steps, and below it the drawdown on the same axis of time."""
    times = time_axis(points[0].time, points[-1].time, zone)
    drawn = list(thinned(points, times))
    profits = value_axis(*_range(float(point.profit) for point in points))
    falls = value_axis(*_range(-float(point.drawdown) for point in points), most=2)
    profit = [(times.place(point.time), profits.place(float(point.profit))) for point in drawn]
    fall = [(times.place(point.time), falls.place(-float(point.drawdown))) for point in drawn]
    return tag(
        "div",
        _framed("equity", _curve(profit, profits, times, EQUITY_HEIGHT, _marked(largest, times)), profits),
        tag("p", "Drawdown", cls="over"),
        _framed("drawdown", _curve(fall, falls, times, DRAWDOWN_HEIGHT, None), falls),
        date_labels(times),
        verbatim("script", _readings(drawn, times, zone, money), type="application/json", cls="readings"),
        cls="chart curves",
    )


def bar_chart(bars: Sequence[ChartBar], name: str) -> Element:
    """Bars side by side, those below 0 downwards."""
    axis = value_axis(*_range(bar.value for bar in bars), most=4)
    zero, step = axis.place(0.0), WIDTH / len(bars)
    gap = min(step * 0.22, 14.0)
    shapes = []
    for number, bar in enumerate(bars):
        end = axis.place(bar.value)
        top, bottom = (1 - max(zero, end)) * BARS_HEIGHT, (1 - min(zero, end)) * BARS_HEIGHT
        kind = bar.kind or ("gain" if bar.value > 0 else "loss")
        box = {"x": number * step + gap / 2, "width": step - gap, "y": top, "height": bottom - top}
        area = {"x": number * step, "width": step, "y": 0, "height": BARS_HEIGHT}
        shape = tag("rect", cls=kind, **{key: f"{value:.2f}" for key, value in box.items()})
        reach = tag("rect", cls="reach", **{key: f"{value:.2f}" for key, value in area.items()})
        shapes.append(tag("g", tag("title", bar.text), reach, shape))
    drawing = svg(*_grid(axis, BARS_HEIGHT), *shapes, width=WIDTH, height=BARS_HEIGHT, cls="bars", label=name)
    labels = [((number + 0.5) / len(bars), bar.label) for number, bar in enumerate(bars) if bar.label]
    return tag("div", _framed("bars-plot", drawing, axis), _labels(labels), cls="chart")


def interval_chart(low: float, rate: float, high: float, break_even: float | None) -> Element:
    """A win rate between 0 and 1, its interval, and the rate at which nothing is gained or lost."""
    marks = [
        tag("i", cls="range", style=f"left:{low:.2%};width:{high - low:.2%}"),
        tag("i", cls="rate", style=f"left:{rate:.2%}"),
    ]
    if break_even is not None:
        marks.insert(1, tag("i", cls="even", style=f"left:{break_even:.2%}"))
    return tag("span", *marks, cls="interval", aria_hidden="true")


def result_bar(value: float, most: float) -> Element:
    """A bar to the right for a gain and to the left for a loss; ``most`` fills its half."""
    width = abs(value) / most / 2 if most else 0.0
    left = 0.5 if value >= 0 else 0.5 - width
    bar = tag("i", cls="gain" if value > 0 else "loss", style=f"left:{left:.2%};width:{width:.2%}")
    return tag("span", bar, cls="result", aria_hidden="true")


def thinned(points: Sequence[EquityPoint], times: TimeAxis) -> Iterator[EquityPoint]:
    """So many points as can be told apart, with every high and every low, in their order."""
    if len(points) <= COLUMNS:
        yield from points
        return
    for _, column in groupby(points, lambda point: int(times.place(point.time) * COLUMNS)):
        each = list(column)
        kept = {each[0], each[-1], min(each, key=_profit), max(each, key=_profit), max(each, key=_drawdown)}
        yield from sorted(kept, key=lambda point: point.time)


def _profit(point: EquityPoint) -> float:
    return float(point.profit)


def _drawdown(point: EquityPoint) -> float:
    return float(point.drawdown)


def _range(values: Iterable[float]) -> tuple[float, float]:
    known = list(values)
    return min(known), max(known)


def date_labels(times: TimeAxis) -> Element:
    """What is written below a chart, at the places of its lines."""
    return _labels([(mark.place, mark.text) for mark in times.marks])


def _labels(labels: Sequence[tuple[float, str]]) -> Element:
    """Each at its place between 0 and 1; a narrow page leaves out every second one if they are long."""
    spans = [tag("span", text, style=f"left:{place:.2%}") for place, text in labels]
    is_long = sum(len(text) for _, text in labels) > NARROW_LINE
    return tag("div", *spans, cls="dates long" if is_long else "dates")


def _framed(cls: str, drawing: Element, axis: ValueAxis) -> Element:
    """A drawing with the values of its axis to the left."""
    labels = [tag("span", mark.text, style=f"top:{1 - mark.place:.2%}") for mark in axis.marks]
    return tag("div", tag("div", *labels, cls="values", aria_hidden="true"), drawing, cls=f"plot {cls}")


def _grid(axis: ValueAxis, height: int) -> list[Element]:
    lines = []
    for mark in axis.marks:
        y = f"{(1 - mark.place) * height:.2f}"
        lines.append(tag("line", cls=None if mark.value else "zero", x1=0, x2=WIDTH, y1=y, y2=y))
    return lines


def _curve(
    points: list[tuple[float, float]],
    axis: ValueAxis,
    times: TimeAxis,
    height: int,
    marked: Element | None,
) -> Element:
    """Steps: a value holds until the next point. It begins and ends at the edges."""
    zero = (1 - axis.place(0.0)) * height
    x, y = points[0][0] * WIDTH, zero
    path = [f"M0 {zero:.2f}H{x:.2f}"]
    for place, value in points:
        x, y = place * WIDTH, (1 - value) * height
        path.append(f"H{x:.2f}V{y:.2f}")
    line = "".join(path)
    upright = [f"{mark.place * WIDTH:.2f}" for mark in times.marks]
    return svg(
        *(tag("line", x1=place, x2=place, y1=0, y2=height) for place in upright),
        *_grid(axis, height),
        marked,
        tag("path", cls="area", d=f"{line}V{zero:.2f}Z"),
        tag("path", cls="line", d=line),
        width=WIDTH,
        height=height,
        cls="curve",
        label="the course of the profit" if height == EQUITY_HEIGHT else "the drawdown",
    )


def _marked(largest: LargestDrawdown | None, times: TimeAxis) -> Element | None:
    """The time of the largest drawdown, from the peak to the trough."""
    if largest is None:
        return None
    left = times.place(times.began if largest.peak_at is None else largest.peak_at) * WIDTH
    width = times.place(largest.trough_at) * WIDTH - left
    return tag("rect", cls="fall", x=f"{left:.2f}", width=f"{width:.2f}", y=0, height=EQUITY_HEIGHT)


def _readings(points: Iterable[EquityPoint], times: TimeAxis, zone: ReportZone, money: MoneyForm) -> str:
    """What a reader who points at the curve is told: of each point its place, time, profit and drawdown."""
    rows = [
        (
            round(times.place(point.time), 5),
            clock(zone.at(point.time)),
            money.signed(point.profit),
            money.plain(point.drawdown.copy_negate()) if point.drawdown else "",
        )
        for point in points
    ]
    return json.dumps(rows, ensure_ascii=True).replace("<", "\\u003c")
