from hypothesis import given
from hypothesis import strategies as st

from actors.policy.attempts import Attempts
from actors.policy.quota import Rate


def test_the_first_ones_pass_at_once_and_the_others_are_spread_at_the_rate() -> None:
    gate = Attempts([Rate(2, 1.0)])
    assert [gate.take_turn(0.0) for _ in range(6)] == [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]


def test_every_one_of_the_rates_is_kept() -> None:
    gate = Attempts([Rate(2, 1.0), Rate(3, 60.0)])
    assert [gate.take_turn(0.0) for _ in range(5)] == [0.0, 0.0, 1.0, 60.0, 60.0]


def test_who_comes_after_a_pause_does_not_wait() -> None:
    gate = Attempts([Rate(2, 1.0)])
    for _ in range(4):
        gate.take_turn(0.0)
    assert gate.take_turn(2.0) == 0.0


def test_who_comes_later_stands_behind_those_who_wait() -> None:
    gate = Attempts([Rate(1, 1.0)])
    assert [gate.take_turn(0.0) for _ in range(3)] == [0.0, 1.0, 2.0]
    assert gate.take_turn(0.5) == 2.5


@given(
    pauses=st.lists(st.floats(0, 2), min_size=1, max_size=60),
    rates=st.lists(st.builds(Rate, st.integers(1, 5), st.floats(0.1, 5)), min_size=1, max_size=3),
)
def test_no_window_ever_holds_more_turns_than_its_rate(pauses: list[float], rates: list[Rate]) -> None:
    gate, now, turns = Attempts(rates), 0.0, []
    for pause in pauses:
        now += pause
        turns.append(now + gate.take_turn(now))
    assert turns == sorted(turns)
    for rate in rates:
        for first, last in zip(turns, turns[rate.count :], strict=False):
            assert last - first >= rate.seconds - 1e-6
