"""How the page writes money, rates and times."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

LEAST_DECIMALS: Final = 2
MINUS: Final = "\N{MINUS SIGN}"
DASH: Final = "\N{EN DASH}"


class MoneyForm:
    """Writes the amounts of one currency, and rounds none: as many decimals as it needs, and two at least.

    Those of a column have as many as the longest of ``amounts``: ``column`` and ``signed_column``.
    """

    def __init__(self, amounts: Iterable[Decimal], currency: str | None) -> None:
        self.currency = currency or ""
        self._decimals = max(LEAST_DECIMALS, *map(_decimals, amounts), 0)

    def __repr__(self) -> str:
        return f"<MoneyForm: {self._decimals} decimals, {self.currency}>"

    def plain(self, amount: Decimal) -> str:
        return _money(amount, max(LEAST_DECIMALS, _decimals(amount)))

    def signed(self, amount: Decimal) -> str:
        return _plus(amount) + self.plain(amount)

    def column(self, amount: Decimal) -> str:
        return _money(amount, max(self._decimals, _decimals(amount)))

    def signed_column(self, amount: Decimal) -> str:
        return _plus(amount) + self.column(amount)

    def named(self, amount: Decimal) -> str:
        """Signed, and with the currency, where that is known."""
        return f"{self.signed(amount)} {self.currency}".rstrip()


def _money(amount: Decimal, decimals: int) -> str:
    return f"{MINUS if amount < 0 else ''}{amount.copy_abs():,.{decimals}f}"


def _plus(amount: Decimal) -> str:
    return "+" if amount > 0 else ""


def _decimals(amount: Decimal) -> int:
    return len(f"{amount:f}".partition(".")[2].rstrip("0"))


def percent(rate: float | None, decimals: int = 1) -> str:
    """``rate`` is 1 for 100 %."""
    return DASH if rate is None else f"{rate * 100:.{decimals}f} %"


def ratio(value: float | None) -> str:
    return DASH if value is None else f"{value:.2f}"


def count(number: int, noun: str, plural: str = "") -> str:
    """Such as ``1 deal`` or ``1,200 deals``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def lasting(seconds: float) -> str:
    """Such as ``45 s``, ``1 min 30 s`` or ``2 h``."""
    whole = round(seconds)
    parts = ((whole // 86_400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s"))
    named = [f"{value} {unit}" for value, unit in parts if value]
    return " ".join(named[:2]) or f"{seconds:.1f} s"


def quick(seconds: float) -> str:
    """A short time: ``12 ms``, or ``1.25 s``."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
