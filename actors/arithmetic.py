"""Arithmetic with money in a context of its own: what another library sets for the whole process or thread
(``decimal.getcontext``: precision, rounding, traps) changes no amount."""

import functools
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Final

_DIGITS: Final = 60
"""More than a product of two amounts of 18 digits before and after the point may have."""


def remainder(amount: Decimal, step: Decimal) -> Decimal:
    """What is left of ``amount`` after as many whole ``step`` as it holds; 0 for a multiple."""
    return _context().remainder(amount, step)


def plus(one: Decimal, other: Decimal) -> Decimal:
    return _context().add(one, other)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum; 0 of nothing. One context for all: to make one costs more than an addition."""
    return functools.reduce(_context().add, amounts, Decimal(0))


def minus(one: Decimal, other: Decimal) -> Decimal:
    return _context().subtract(one, other)


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    context = _context()
    return context.divide(context.multiply(amount, percent), Decimal(100))


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """To a multiple of ``unit``, a power of ten, and with its decimals."""
    return _context().quantize(amount, unit)


def without_zeros(number: Decimal) -> Decimal:
    """The same number without zeros at its end, such as 1E+1 for 10.0."""
    return _context().normalize(number)


def _context() -> Context:
    """A new one: a context keeps flags, and threads must not share them."""
    return Context(
        prec=_DIGITS,
        rounding=ROUND_HALF_EVEN,
        Emin=-999_999,
        Emax=999_999,
        capitals=1,
        clamp=0,
        flags=[],
        traps=[InvalidOperation, DivisionByZero, Overflow],
    )
