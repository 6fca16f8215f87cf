"""Small charts of prices."""

from runtime.cli.output.snapshot import Meter
from runtime.cli.output.trends import SAMPLE_EVERY, SAMPLES, Trends, change, sparkline


def test_a_sample_is_taken_at_its_time_and_the_oldest_goes() -> None:
    trends = Trends()
    for number in range(4 * SAMPLES):
        trends.sample(100.0 + number * SAMPLE_EVERY / 2, {"A": float(number)})
    assert trends.latest("A", 3) == [4.0 * SAMPLES - 6, 4.0 * SAMPLES - 4, 4.0 * SAMPLES - 2]
    assert len(trends.latest("A", 1000)) == SAMPLES
    assert trends.latest("B", 3) == []
    assert trends.latest("A", 0) == []


def test_a_pause_leaves_no_burst_of_samples_behind() -> None:
    trends = Trends()
    for now in (0.0, 600.0, 600.1, 600.2):
        trends.sample(now, {"A": now})
    assert trends.latest("A", 9) == [0.0, 600.0]


def test_a_copy_stays_as_it_is() -> None:
    trends = Trends()
    trends.sample(1.0, {"A": 1.0})
    copied = trends.copy()
    trends.sample(10.0, {"A": 2.0})
    assert (copied.latest("A", 9), trends.latest("A", 9)) == ([1.0], [1.0, 2.0])


def test_a_chart_has_one_bar_for_each_value_between_the_lowest_and_the_highest() -> None:
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([1, 2, 8, 1, 8], 4) == "▂█▁█"
    assert sparkline([1.1, 1.1], 4) == "  ▄▄"
    assert sparkline([], 3) == "   "


def test_a_change_is_from_the_first_to_the_last() -> None:
    assert change([2.0, 9.0, 3.0]) == 0.5
    assert change([2.0]) is None
    assert change([0.0, 1.0]) is None


def test_a_meter_averages_over_its_window_and_begins_anew_with_a_new_counter() -> None:
    meter = Meter()
    assert [meter(second, 10.0 * second) for second in range(10)][-1] == 10.0
    assert meter(10.0, 90.0) == 8.0
    assert meter(11.0, 1.0) == 0.0
    assert meter(12.0, 3.0) == 2.0
