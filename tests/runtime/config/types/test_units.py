"""Durations, sizes and rates as an operator writes them."""

import pytest
from hypothesis import given, strategies as st

from actors.rates import Rate
from runtime.config.types.units import (
    parse_duration,
    parse_frequency,
    parse_rate,
    parse_size,
    show_duration,
    show_frequency,
    show_rate,
    show_size,
)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("250ms", 0.25),
        ("10s", 10),
        ("2m", 120),
        ("1h", 3600),
        ("1.5 s", 1.5),
        ("10", 10),
        (10, 10),
        (0.5, 0.5),
    ],
)
def test_a_duration_has_a_unit_or_is_seconds(written: object, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        "",
        "s",
        "10 sec",
        "-1s",
        "1h30m",
        "1e3s",
        "\u0661s",
        "9" * 20,
        -1,
        True,
        None,
        [],
        float("nan"),
        "10\n",
    ],
)
def test_anything_else_is_no_duration(written: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(written)


@pytest.mark.parametrize(
    ("written", "size"), [("16MiB", 16 << 20), ("4 KiB", 4096), ("1GiB", 1 << 30), (7, 7), ("7B", 7)]
)
def test_a_size_has_a_binary_unit_or_is_bytes(written: object, size: int) -> None:
    assert parse_size(written) == size


@pytest.mark.parametrize("written", ["16MB", "1.5MiB", 1.5, "MiB", True])
def test_anything_else_is_no_size(written: object) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(written)


@pytest.mark.parametrize(
    ("written", "rate"), [("10/s", Rate(10, 1)), ("200/min", Rate(200, 60)), ("1000 / h", Rate(1000, 3600))]
)
def test_a_rate_is_a_count_per_period(written: str, rate: Rate) -> None:
    assert parse_rate(written) == rate
    assert parse_rate(show_rate(rate)) == rate
    assert parse_rate(rate) is rate


@pytest.mark.parametrize("written", ["10", 10, "10/m", "10/5s", "2.5/s", "/s", None])
def test_anything_else_is_no_rate(written: object) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        parse_rate(written)


@pytest.mark.parametrize(("count", "seconds"), [(0, 1), (1, 5)])
def test_a_rate_that_could_not_be_written_is_refused(count: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        parse_rate(Rate(count, seconds))


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="must allow at least one"):
        parse_rate("0/s")


@pytest.mark.parametrize(("written", "per_second"), [("2/s", 2), ("30/min", 0.5), ("0.5/s", 0.5), (3, 3)])
def test_a_frequency_is_per_second(written: object, per_second: float) -> None:
    assert parse_frequency(written) == per_second


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.25, "250ms"),
        (0.0005, "0.0005s"),
        (10, "10s"),
        (90, "90s"),
        (120, "2m"),
        (7200, "2h"),
        (0, "0s"),
        (1.5, "1.5s"),
    ],
)
def test_a_duration_is_shown_in_its_plainest_unit(seconds: float, shown: str) -> None:
    assert show_duration(seconds) == shown


@given(st.floats(0, 86_400))
def test_a_duration_survives_being_shown(seconds: float) -> None:
    kept = parse_duration(seconds)
    assert parse_duration(show_duration(kept)) == kept


@given(st.integers(0, 1 << 40))
def test_a_size_survives_being_shown(size: int) -> None:
    assert parse_size(show_size(size)) == size


@given(st.floats(0.01, 1000))
def test_a_frequency_survives_being_shown(per_second: float) -> None:
    assert parse_frequency(show_frequency(per_second)) == per_second
