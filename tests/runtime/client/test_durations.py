"""Lengths of time as people write them."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

from actors.errors import RequestRefused
from actors.messages import GetBalance, LoadCandles
from runtime.client.durations import length, within


@pytest.mark.parametrize(
    ("value", "seconds", "minutes", "found"),
    [
        (60, None, None, 60),
        (dt.timedelta(minutes=1), None, None, dt.timedelta(minutes=1)),
        (None, 30, None, 30),
        (None, None, 1, 60),
        (None, None, 0.5, 30),
        (None, 15, 1, 75),
        (None, np.int64(5), np.int64(1), 65),
    ],
)
def test_a_length_is_seconds_minutes_or_both(value: Any, seconds: Any, minutes: Any, found: Any) -> None:
    assert length("duration", value, seconds, minutes) == found


def test_without_one_there_is_the_default_or_a_refusal() -> None:
    assert length("period", None, None, None, default=60) == 60
    with pytest.raises(RequestRefused, match="duration is missing: give it, or seconds= or minutes="):
        length("duration", None, None, None)


def test_two_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(RequestRefused, match="give either duration, or seconds= and minutes="):
        length("duration", 60, None, 1)


@pytest.mark.parametrize("minutes", ["1", True, [1]])
def test_what_is_no_number_is_refused(minutes: Any) -> None:
    with pytest.raises(RequestRefused, match="minutes has to be a number, not "):
        length("duration", None, None, minutes)


def test_a_timeout_is_the_deadline_of_the_command() -> None:
    assert within(GetBalance(), None) == GetBalance()
    assert within(LoadCandles("A", 60), dt.timedelta(seconds=90)) == LoadCandles("A", 60, deadline=90.0)
