"""Money is reckoned exactly, whatever context the process or the thread has."""

import decimal
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from actors.arithmetic import minus, percent_of, plus, remainder, total

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12)
PERCENTS = st.decimals(allow_nan=False, allow_infinity=False, places=1, min_value=0, max_value=1000)
UNDER_ANY_CONTEXT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=["as it is", "three digits", "every trap", "no trap"])
def _context(request: pytest.FixtureRequest) -> Iterator[None]:
    with decimal.localcontext() as context:
        if request.param == "three digits":
            context.prec, context.rounding, context.Emax, context.Emin = 3, decimal.ROUND_UP, 1, -1
        elif request.param != "as it is":
            context.prec = 1
            for trap in context.traps:
                context.traps[trap] = request.param == "every trap"
        yield


@pytest.mark.usefixtures("_context")
@UNDER_ANY_CONTEXT
@given(AMOUNTS, AMOUNTS, PERCENTS)
def test_sums_differences_and_percentages_are_exact(one: Decimal, other: Decimal, percent: Decimal) -> None:
    a, b = Fraction(one), Fraction(other)
    assert Fraction(plus(one, other)) == a + b
    assert Fraction(minus(one, other)) == a - b
    assert Fraction(total([one, other, one])) == 2 * a + b
    assert total([]) == 0
    assert Fraction(percent_of(one, percent)) == a * Fraction(percent) / 100


@pytest.mark.usefixtures("_context")
@UNDER_ANY_CONTEXT
@given(st.integers(1, 10**9), st.integers(0, 9))
def test_a_remainder_is_what_a_step_does_not_hold(cents: int, tenth: int) -> None:
    amount = Decimal(f"{cents * 10 + tenth}e-3")
    assert remainder(amount, Decimal("0.01")) == Decimal(f"{tenth}e-3")


def test_the_context_of_the_caller_gets_no_flag() -> None:
    with decimal.localcontext() as context:
        context.clear_flags()
        percent_of(Decimal("1234.56"), Decimal(7))
        assert not any(context.flags.values())
