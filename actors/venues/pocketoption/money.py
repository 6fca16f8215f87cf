"""Amounts of money to and from JSON numbers, without binary fractions."""

from decimal import Decimal
from typing import Final

from msgspec import Raw

from actors.errors import RequestRefused
from actors.protocols.json_documents import scalar

_DIGITS: Final = 18  # on either side of the point; beyond them a number is a mistake or an attack

_LONGEST_CURRENCY: Final = 12


def is_amount(number: Decimal) -> bool:
    """Whether a number from the venue can be an amount of money."""
    return number.is_finite() and (not number or -_DIGITS <= number.adjusted() < _DIGITS)


def write(stake: Decimal) -> Raw:
    """The stake as a JSON number: all digits, no exponent, no trailing zeros (``1.50`` is ``1.5``).

    Raises ``RequestRefused`` unless it can be an amount of money above 0.
    """
    if not (is_amount(stake) and stake > 0):
        raise RequestRefused("the amount cannot be staked")
    digits = f"{stake:f}"
    return Raw((digits.rstrip("0").rstrip(".") if "." in digits else digits).encode())


def currency(document: Raw) -> str | None:
    """The name of a currency, ``None`` where the venue gives none that can be one."""
    name = scalar(document)
    return name if 1 <= len(name) <= _LONGEST_CURRENCY and name.isascii() and name.isalpha() else None
