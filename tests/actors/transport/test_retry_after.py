import pytest
from hypothesis import given, strategies as st

from actors.transport.retry_after import LONGEST, retry_after

NOW = 784_111_777.0
"""Sun, 06 Nov 1994 08:49:37 GMT."""


def seconds(value: str, **fields: str) -> float | None:
    return retry_after({"retry-after": value, **fields}, NOW)


@pytest.mark.parametrize(("value", "expected"), [("0", 0.0), ("120", 120.0), (" 5 ", 5.0), ("007", 7.0)])
def test_it_may_be_seconds(value: str, expected: float) -> None:
    assert seconds(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "Sun, 06 Nov 1994 08:51:07 GMT",
        "Sunday, 06-Nov-94 08:51:07 GMT",
        "Sun Nov  6 08:51:07 1994",
    ],
    ids=["IMF-fixdate", "RFC 850", "asctime"],
)
def test_it_may_be_a_date_in_any_of_the_three_forms(value: str) -> None:
    assert seconds(value) == 90.0


def test_a_date_counts_from_the_answers_own_since_our_clock_may_be_wrong() -> None:
    assert seconds("Sun, 06 Nov 1994 20:00:30 GMT", date="Sun, 06 Nov 1994 20:00:00 GMT") == 30.0


def test_a_date_that_has_passed_means_now() -> None:
    assert seconds("Sun, 06 Nov 1994 08:00:00 GMT") == 0.0


@pytest.mark.parametrize(
    "value", ["3601", "9" * 400, "Mon, 07 Nov 1994 08:49:37 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"]
)
def test_what_is_absurd_is_an_hour(value: str) -> None:
    assert seconds(value) == LONGEST


@pytest.mark.parametrize("value", ["", "soon", "-5", "1.5", "١٢", "Sun, 99 Nov 1994 08:49:37 GMT", "5, 7"])
def test_what_is_neither_says_nothing(value: str) -> None:
    assert seconds(value) is None


def test_an_answer_without_it_says_nothing() -> None:
    assert retry_after({"date": "Sun, 06 Nov 1994 20:00:00 GMT"}, NOW) is None


@given(value=st.text(), date=st.text())
def test_any_value_is_a_time_within_bounds_or_nothing(value: str, date: str) -> None:
    found = seconds(value, date=date)
    assert found is None or 0.0 <= found <= LONGEST
