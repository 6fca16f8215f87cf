"""The lines of a grid lie at round values and times."""

import pytest
from hypothesis import given, strategies as st

from runtime.report.page.axes import MOST_LABELS, time_axis, value_axis
from runtime.report.zone import ReportZone

UTC = ReportZone(utc=True)
MIDNIGHT = 1_770_076_800.0
values = st.floats(-1e7, 1e7).map(lambda value: round(value, 2))


@given(values, values)
def test_an_axis_has_zero_and_both_ends_and_few_round_marks(one: float, other: float) -> None:
    axis = value_axis(min(one, other), max(one, other))
    assert axis.low <= min(one, other, 0.0) <= max(one, other, 0.0) <= axis.high
    assert 2 <= len(axis.marks) <= 8
    assert any(mark.value == 0 for mark in axis.marks)
    assert (axis.marks[0].place, axis.marks[-1].place) == (0.0, 1.0)
    assert [axis.place(mark.value) for mark in axis.marks] == pytest.approx(
        [mark.place for mark in axis.marks]
    )


@pytest.mark.parametrize(
    ("seconds", "first", "second"),
    [
        (20, "3 Feb", "00:00:05"),
        (3600, "3 Feb", "00:10"),
        (86_400, "3 Feb", "06:00"),
        (5 * 86_400, "3 Feb", "4 Feb"),
        (90 * 86_400, "3 Feb", "17 Feb"),
    ],
)
def test_times_are_full_seconds_minutes_hours_or_days(seconds: int, first: str, second: str) -> None:
    axis = time_axis(MIDNIGHT, MIDNIGHT + seconds, UTC)
    assert [mark.text for mark in axis.marks][:2] == [first, second]


@given(st.floats(MIDNIGHT, 2 * MIDNIGHT), st.floats(0, 3e8))
def test_times_lie_on_the_axis_and_are_few(began: float, seconds: float) -> None:
    axis = time_axis(began, began + seconds, UTC)
    assert len(axis.marks) <= MOST_LABELS + 1
    assert all(0 <= mark.place <= 1 for mark in axis.marks)
