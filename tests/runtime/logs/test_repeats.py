"""How often a line may be repeated."""

from datetime import UTC, datetime

import msgspec

from runtime.logs.line import Line
from runtime.logs.repeats import Repeats

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 1, 1, 12, 5, tzinfo=UTC)


def line(message: str, place: str = "a:1", level: str = "INFO", worker: str = "") -> Line:
    return Line(NOON, level, message, ("a trace",), worker, place)


def test_as_many_as_the_limit_pass_in_a_minute() -> None:
    repeats = Repeats(2)
    passed = [repeats.take(line(str(number)), now=100.0 + number) for number in range(4)]
    assert passed == [[line("0")], [line("1")], [], []]


def test_the_count_comes_with_the_first_line_after_its_minute_and_at_its_time() -> None:
    repeats = Repeats(1)
    for number in range(4):
        repeats.take(line(str(number)), now=100.0)
    other = msgspec.structs.replace(line("other", "b:2"), time=LATER)
    assert repeats.take(line("still held", "c:3"), now=159.9) == [line("still held", "c:3")]
    count = Line(LATER, "INFO", "3 ... repeated 3 times", place="a:1")
    assert repeats.take(other, now=160.0) == [count, other]
    assert repeats.take(line("anew"), now=160.1) == [line("anew")]


def test_nothing_is_said_of_a_minute_in_which_nothing_was_held_back() -> None:
    repeats = Repeats(1)
    repeats.take(line("x"), now=100.0)
    assert repeats.take(line("y", "b:2"), now=200.0) == [line("y", "b:2")]
    assert repeats.rest() == []


def test_places_levels_and_workers_are_counted_apart() -> None:
    repeats = Repeats(1)
    kinds = [line("x"), line("x", place="b:2"), line("x", level="ERROR"), line("x", worker="worker-1")]
    assert [repeats.take(kind, now=100.0) for kind in kinds] == [[kind] for kind in kinds]


def test_what_is_held_back_at_the_end_is_told_then_and_once() -> None:
    repeats = Repeats(1)
    for number in range(1235):
        repeats.take(line(str(number)), now=100.0)
    assert [count.message for count in repeats.rest()] == ["1234 ... repeated 1234 times"]
    assert repeats.rest() == []


def test_without_a_limit_everything_passes() -> None:
    repeats = Repeats(0)
    assert all(repeats.take(line("x"), now=100.0) == [line("x")] for _ in range(1000))
