"""What the arguments of a client mean: regions, periods, moments, orders."""

import numbers
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from loguru import logger

from actors.values import Candle as Bar
from runtime.compat.pocketoptionapi_async.constants import API_LIMITS, REGIONS, TIMEFRAMES
from runtime.compat.pocketoptionapi_async.exceptions import InvalidParameterError
from runtime.compat.pocketoptionapi_async.models import Candle, OrderDirection

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_A_PERIOD = re.compile(r"([1-9][0-9]*)([smhdw])")


def urls_of(regions: Sequence[str] | None, preferred: str | None, *, is_demo: bool) -> dict[str, str]:
    """The addresses to try, in their order, by name. ``regions`` are names or URLs; by default all that serve
    the kind of account, ``preferred`` first. Unknown names are left out, as long as another is left. Raises
    ``InvalidParameterError`` if none is."""
    names = list(regions or ())
    if not names:
        names = [name for name in REGIONS.get_all_regions() if ("DEMO" in name) == is_demo]
        if preferred and ("://" in preferred or preferred.upper() in names):
            names = [preferred, *(name for name in names if name != preferred.upper())]
        elif preferred:
            logger.warning(
                "region {!r} serves no {} account: all regions that do are used",
                preferred,
                "demo" if is_demo else "live",
            )
    found = {}
    for number, name in enumerate(names, start=1):
        if "://" in name:
            found[f"URL-{number}"] = name
        elif url := REGIONS.get_region(name):
            found[name.upper()] = url
        else:
            logger.warning("there is no region {!r}: it is left out", name)
    if not found:
        raise InvalidParameterError(
            f"no such region: {', '.join(names)}; there are {', '.join(REGIONS.get_all_regions())}"
        )
    return found


def seconds_of(timeframe: str | int) -> int:
    """``"5m"``, ``"30s"``, ``TimeFrame.M1`` or 60. Raises ``InvalidParameterError`` for another text."""
    if not isinstance(timeframe, str):
        return int(timeframe)
    if timeframe in TIMEFRAMES:
        return TIMEFRAMES[timeframe]
    if (match := _A_PERIOD.fullmatch(timeframe)) is None:
        raise InvalidParameterError(
            f"Invalid timeframe: {timeframe!r}; write seconds, or text such as 30s, {', '.join(TIMEFRAMES)}"
        )
    return int(match[1]) * _UNITS[match[2]]


def candle_of(bar: Bar, asset: str, period: int) -> Candle:
    """``bar`` as the interface shows it, with its time in the local zone."""
    return Candle(
        timestamp=datetime.fromtimestamp(bar.time),
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        volume=float(bar.volume or 0),
        asset=asset,
        timeframe=period,
    )


def check_asset(asset: str, known: Collection[str]) -> None:
    """Raises ``InvalidParameterError`` for an asset that the venue does not list."""
    if asset not in known:
        raise InvalidParameterError(f"Invalid asset: {asset}")


def check_order(
    asset: str, amount: float, direction: OrderDirection | str, duration: float, known: Collection[str]
) -> tuple[OrderDirection, int]:
    """The direction and the whole seconds of an order that may be sent. Raises ``InvalidParameterError``."""
    check_asset(asset, known)
    least, most = API_LIMITS["min_order_amount"], API_LIMITS["max_order_amount"]
    if not isinstance(amount, numbers.Real | Decimal) or not least <= amount <= most:
        raise InvalidParameterError(f"Amount must be between {least} and {most}")
    shortest, longest = API_LIMITS["min_duration"], API_LIMITS["max_duration"]
    whole = isinstance(duration, numbers.Real) and int(duration) == duration
    if not whole or not shortest <= duration <= longest:
        raise InvalidParameterError(f"Duration must be whole seconds between {shortest} and {longest}")
    try:
        return OrderDirection(direction), int(duration)
    except ValueError:
        raise InvalidParameterError(
            f"direction must be OrderDirection.CALL or OrderDirection.PUT, not {direction!r}"
        ) from None
