"""Durations, sizes and rates as an operator writes them; each ``parse_`` undoes its ``show_``."""

import math
import re
from datetime import UTC, datetime

from actors.rates import Rate

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PERIODS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}

_NUMBER, _DECIMAL = r"([0-9]{1,15})", r"([0-9]{1,9}(?:\.[0-9]{1,20})?)"
DURATION_FORM = _DECIMAL + r" ?(ms|s|m|h)?"
SIZE_FORM = _NUMBER + r" ?(B|KiB|MiB|GiB)?"
RATE_FORM = _NUMBER + r" ?/ ?(s|min|h)"
MOMENT_FORM = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
FREQUENCY_FORM = _DECIMAL + r"(?: ?/ ?(s|min|h))?"


def parse_duration(value: object) -> float:
    """Seconds, to the microsecond; a plain number is seconds already."""
    number, unit = _number_and_unit(
        value, DURATION_FORM, "a duration (write 250ms, 10s, 2m, 1h or plain seconds)"
    )
    return round(number * _SECONDS[unit or "s"], 6)


def show_duration(seconds: float) -> str:
    if seconds and seconds < 1 and seconds == round(seconds, 3):
        return f"{seconds * 1000:.0f}ms"
    for unit in ("h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds / _SECONDS[unit]:.0f}{unit}"
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"


def parse_size(value: object) -> int:
    """Bytes; a plain number is bytes already."""
    wanted = "a size (write 512KiB, 16MiB, 1GiB or plain bytes)"
    number, unit = _number_and_unit(value, SIZE_FORM, wanted)
    if number != int(number):
        raise ValueError(f"is not {wanted}")
    return int(number) * _BYTES[unit or "B"]


def show_size(size: int) -> str:
    unit = next((unit for unit in ("GiB", "MiB", "KiB") if size and size % _BYTES[unit] == 0), "B")
    return f"{size // _BYTES[unit]}{unit}"


def parse_rate(value: object) -> Rate:
    wanted = "a rate (write 10/s, 200/min or 1000/h)"
    if isinstance(value, Rate):
        if value.count < 1 or value.seconds not in _PERIODS.values():
            raise ValueError(f"is not {wanted}")
        return value
    number, unit = _number_and_unit(value, RATE_FORM, wanted)
    if not unit:
        raise ValueError(f"is not {wanted}")
    if number < 1:
        raise ValueError("must allow at least one")
    return Rate(int(number), _PERIODS[unit])


def show_rate(rate: Rate) -> str:
    """Of a rate per second, minute or hour."""
    return f"{rate.count}/{_name(_PERIODS, rate.seconds)}"


def parse_frequency(value: object) -> float:
    """How often per second; a plain number is per second already."""
    number, unit = _number_and_unit(
        value, FREQUENCY_FORM, "a frequency (write 2/s, 30/min or a plain number per second)"
    )
    return number / _PERIODS[unit or "s"]


def show_frequency(per_second: float) -> str:
    return f"{per_second!r}/s".replace(".0/s", "/s")


def _number_and_unit(value: object, form: str, wanted: str) -> tuple[float, str]:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return float(value), ""
    written = re.fullmatch(form, value) if isinstance(value, str) else None
    if written is None:
        raise ValueError(f"is not {wanted}")
    return float(written[1]), written[2] or ""


def _name(units: dict[str, float], value: float) -> str:
    return next(name for name, factor in units.items() if factor == value)


def parse_moment(value: object) -> float:
    """Unix seconds; a moment without a time zone is UTC, a date is its midnight."""
    if isinstance(value, float):
        return value
    if not isinstance(value, str) or not re.fullmatch(MOMENT_FORM, value):
        raise ValueError("is not a moment (write 2026-01-05T09:00Z)")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is not a moment (no calendar or clock has it)") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def show_moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
