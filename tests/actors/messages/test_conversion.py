"""Values of other libraries in the fields of commands."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from actors.errors import RequestRefused
from actors.messages.commands import (
    GetBalance,
    LoadCandles,
    PlaceOrder,
    PlacePendingOrder,
    Subscribe,
    SubscribeTicks,
)
from actors.routing.validation import problem
from actors.values import Direction

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")

END = 1_770_856_131.5
MOMENT = dt.datetime.fromtimestamp(END, dt.UTC)


class Text(str):
    """A subclass, as a library may have it."""

    __slots__ = ()


def order(**changes: Any) -> PlaceOrder:
    terms: dict[str, Any] = {"asset": "A", "amount": 1, "direction": Direction.CALL, "duration": 60}
    return PlaceOrder(**(terms | changes))


@pytest.mark.parametrize(
    "end",
    [
        END,
        np.float64(END),
        np.float32(END),
        Decimal(str(END)),
        Fraction(END),
        MOMENT,
        MOMENT.astimezone(dt.timezone(dt.timedelta(hours=9))),
        pd.Timestamp(MOMENT),
        np.datetime64(MOMENT.replace(tzinfo=None)),
        np.datetime64(MOMENT.replace(tzinfo=None), "ns"),
        pd.Series([MOMENT]).iloc[0],
    ],
    ids=repr,
)
def test_a_time_becomes_unix_seconds(end: Any) -> None:
    command = LoadCandles("A", 60, 5, end=end)
    assert type(command.end) is float
    assert command.end == pytest.approx(END, abs=64)  # float32 has no more digits
    assert problem(command) == ""


@pytest.mark.parametrize("end", [1_770_856_131, np.int64(1_770_856_131), np.uint32(1_770_856_131)], ids=repr)
def test_a_whole_time_stays_whole(end: Any) -> None:
    command = LoadCandles("A", 60, 5, end=end)
    assert (type(command.end), command.end) == (int, 1_770_856_131)
    assert problem(command) == ""


@pytest.mark.parametrize("end", [MOMENT.replace(tzinfo=None), pd.Timestamp("2026-02-12T00:28:51")], ids=repr)
def test_a_time_without_a_zone_is_refused(end: Any) -> None:
    with pytest.raises(RequestRefused, match="end is a datetime without a time zone"):
        LoadCandles("A", 60, 5, end=end)


def test_a_time_that_is_missing_in_a_table_is_refused_as_such() -> None:
    with pytest.raises(RequestRefused, match="end is NaT, which is no time"):
        LoadCandles("A", 60, 5, end=pd.NaT)


@pytest.mark.parametrize("end", [END * 1000, int(END * 1000), 10**400, np.int64(END * 1e9), -END * 1000])
def test_a_time_in_other_units_is_refused(end: Any) -> None:
    with pytest.raises(RequestRefused, match="must be in Unix seconds"):
        LoadCandles("A", 60, 5, end=end)
    with pytest.raises(RequestRefused, match="open_at must be in Unix seconds"):
        PlacePendingOrder("A", Decimal(1), Direction.CALL, 60, open_at=end)


@pytest.mark.parametrize(
    "duration",
    [
        60,
        60.0,
        np.int64(60),
        np.uint8(60),
        np.float64(60),
        dt.timedelta(minutes=1),
        pd.Timedelta(minutes=1),
        np.timedelta64(1, "m"),
        np.timedelta64(60_000, "ms"),
    ],
    ids=repr,
)
def test_a_length_of_time_becomes_whole_seconds(duration: Any) -> None:
    placed = order(duration=duration)
    assert (type(placed.duration), placed.duration) == (int, 60)
    assert problem(placed) == ""
    assert problem(SubscribeTicks("A", duration)) == ""
    assert problem(LoadCandles("A", duration, duration)) == ""


@pytest.mark.parametrize(
    "duration",
    [60.5, True, np.bool_(True), "60", None, np.array([60]), dt.timedelta(seconds=0.5), np.nan],
    ids=repr,
)
def test_what_is_no_whole_number_of_seconds_is_refused(duration: Any) -> None:
    with pytest.raises(RequestRefused, match="whole seconds"):
        order(duration=duration)
    assert problem(SubscribeTicks("A", duration)).startswith(
        "period must be a whole number of at most 64 bits"
    )


@pytest.mark.parametrize(
    "deadline", [2, 2.0, np.int64(2), np.float32(2), dt.timedelta(seconds=2), pd.Timedelta("2s")]
)
def test_a_deadline_may_be_a_length_of_time(deadline: Any) -> None:
    command = GetBalance(deadline=deadline)
    assert command.deadline == 2
    assert type(command.deadline) in {int, float}
    assert problem(command) == ""


@pytest.mark.parametrize("deadline", [MOMENT, "2s", np.datetime64("2026-01-01")])
def test_a_moment_is_no_deadline(deadline: Any) -> None:
    said = problem(GetBalance(deadline=deadline))
    assert said.startswith("deadline must be a number of seconds, infinity or None")


@pytest.mark.parametrize("amount", [np.float64(1.5), np.float32(1.5), Decimal("1.5"), "1.5"])
def test_an_amount_may_be_any_number(amount: Any) -> None:
    assert order(amount=amount).amount == Decimal("1.5")


def test_texts_and_truth_values_become_plain_ones() -> None:
    command = LoadCandles(np.str_("A"), 60)
    assert (type(command.asset), command.asset) == (str, "A")
    assert type(SubscribeTicks(Text("A")).asset) is str
    subscribe = Subscribe("tick.A", to=print, batch=np.bool_(True))
    assert subscribe.batch is True
    assert problem(subscribe) == ""


@pytest.mark.parametrize("direction", ["call", "CALL", "Call", np.str_("call"), Direction.CALL])
def test_a_direction_may_be_written(direction: Any) -> None:
    assert order(direction=direction).direction is Direction.CALL


def test_another_word_is_no_direction() -> None:
    with pytest.raises(RequestRefused, match="direction"):
        order(direction="up")


@pytest.mark.parametrize("nothing", [pd.NaT, np.datetime64("NaT", "s")], ids=repr)
def test_a_time_that_is_none_is_refused_by_its_name(nothing: Any) -> None:
    with pytest.raises(RequestRefused, match="end is NaT, which is no time"):
        LoadCandles("A", 60, 5, end=nothing)
    assert problem(GetBalance(deadline=np.timedelta64("NaT", "s"))).startswith(
        "deadline must be a number of seconds"
    )
