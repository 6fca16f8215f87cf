"""What is drawn: every high and every low is, however many points there are."""

from decimal import Decimal

from hypothesis import given, strategies as st

from runtime.report.equity import EquityPoint
from runtime.report.page.axes import time_axis
from runtime.report.page.charts import COLUMNS, ChartBar, bar_chart, thinned
from runtime.report.page.markup import as_html, tag, verbatim
from runtime.report.zone import ReportZone

UTC = ReportZone(utc=True)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=3 * COLUMNS))
def test_a_curve_that_is_thinned_keeps_its_ends_its_highs_and_its_lows(profits: list[int]) -> None:
    points = [EquityPoint(float(at), Decimal(profit), Decimal(0)) for at, profit in enumerate(profits)]
    times = time_axis(points[0].time, points[-1].time, UTC)
    kept = list(thinned(points, times))
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert max(point.profit for point in kept) == max(profits)
    assert min(point.profit for point in kept) == min(profits)
    assert [point.time for point in kept] == sorted({point.time for point in kept})
    assert len(kept) <= 5 * (COLUMNS + 1)


def test_bars_grow_from_zero_in_the_direction_of_their_value() -> None:
    chart = bar_chart([ChartBar(10.0, "a"), ChartBar(-10.0, "b"), ChartBar(0.0, "c")], "test")
    bars = [each for each in chart.iter("rect") if each.get("class") in {"gain", "loss"}]
    tops = [(float(each.attrib["y"]), float(each.attrib["height"])) for each in bars]
    assert [each.get("class") for each in bars] == ["gain", "loss", "loss"]
    assert tops == [(0.0, 80.0), (80.0, 80.0), (80.0, 0.0)]


def test_a_text_is_never_markup() -> None:
    page = as_html(tag("p", "<b>&", tag("i", "a"), '"tail"\x1b[2J<', title='"><script>'))
    assert page == (
        '<!DOCTYPE html>\n<p title="&quot;&gt;<script&gt;">&lt;b&gt;&amp;<i>a</i>"tail"\\x1b[2J&lt;</p>\n'
    )
    assert "a < b && c" in as_html(verbatim("script", "a < b && c"))
