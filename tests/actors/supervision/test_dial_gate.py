from hypothesis import given, strategies as st

from actors.rates import Rate
from actors.supervision.dial_gate import DialGate


def test_each_name_stands_at_the_gate_once_and_keeps_its_place() -> None:
    gate = DialGate([Rate(2, 1.0)])
    for name in ("b", "a", "b", "c"):
        gate.join(name)
    assert gate.first == "b"
    gate.leave("b")
    gate.leave("unknown")
    assert gate.first == "a"
    assert [name in gate for name in ("a", "b", "c")] == [True, False, True]


def test_a_name_that_has_passed_waits_no_more() -> None:
    gate = DialGate([Rate(2, 1.0)])
    gate.join("a")
    gate.passed("a", 0.0)
    assert gate.first is None


def test_the_first_attempts_pass_at_once_and_the_others_at_the_rate() -> None:
    gate = DialGate([Rate(2, 1.0)])
    assert gate.wait(0.0) == 0.0
    gate.passed("a", 0.0)
    gate.passed("b", 0.25)
    assert gate.wait(0.25) == 0.75
    assert gate.wait(1.0) == 0.0


def test_all_rates_are_kept() -> None:
    gate = DialGate([Rate(2, 1.0), Rate(3, 60.0)])
    for at in (0.0, 0.0, 1.0):
        gate.passed("a", at)
    assert gate.wait(2.0) == 58.0


@given(
    pauses=st.lists(st.floats(0, 2), min_size=1, max_size=60),
    rates=st.lists(st.builds(Rate, st.integers(1, 5), st.floats(0.1, 5)), min_size=1, max_size=3),
)
def test_no_window_ever_holds_more_attempts_than_its_rate(pauses: list[float], rates: list[Rate]) -> None:
    gate, now, passed = DialGate(rates), 0.0, []
    for pause in pauses:
        now += pause
        now += gate.wait(now)
        gate.passed("a", now)
        passed.append(now)
    for rate in rates:
        for first, last in zip(passed, passed[rate.count :], strict=False):
            assert last - first >= rate.seconds - 1e-6


def test_other_rates_apply_at_once() -> None:
    gate = DialGate([Rate(1, 60.0)])
    gate.passed("a", 0.0)
    assert gate.wait(10.0) == 50.0
    gate.change([Rate(1, 15.0)])
    assert gate.wait(10.0) == 5.0
