"""A file of recorded prices: ticks or bars as CSV."""

import csv
import math
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from actors.errors import ConfigInvalid
from runtime.practice.market.listings import LISTINGS
from runtime.practice.market.prices import Bar
from runtime.practice.market.recorded_series import RecordedBars, RecordedSeries, RecordedTicks
from runtime.practice.server.clock import UTC_OFFSET

_BAR_PRICES = ("open", "high", "low", "close")
_TIME, _ASSET, _PRICE = "time", "asset", "price"


class PriceFile(NamedTuple):
    """``start`` is the time of the oldest row, UTC in Unix seconds."""

    series: Mapping[str, RecordedSeries]
    start: float


class _Row(NamedTuple):
    line: int
    time: float
    prices: tuple[float, ...]


def read_prices(path: str | Path) -> PriceFile:
    """Read a CSV file with a header: ``time,asset,price`` or ``time,asset,open,high,low,close``.

    Raises ``ConfigInvalid``, which names the file and the line, also for a file that cannot be read.
    """
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            return _read(Path(path), csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigInvalid([f"practice.prices: {path}: {error}"]) from None


def _read(path: Path, rows: "csv.DictReader[str]") -> PriceFile:
    rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
    columns = set(rows.fieldnames)
    names = _BAR_PRICES if columns.issuperset(_BAR_PRICES) else (_PRICE,)
    if not columns.issuperset({_TIME, *names}):
        raise _problem(path, 1, "the columns must be time,asset,price or time,asset,open,high,low,close")
    if _ASSET not in columns and path.stem not in LISTINGS:
        raise _problem(path, 1, "without a column asset, the name of the file is that of an asset")
    found: defaultdict[str, list[_Row]] = defaultdict(list)
    for symbol, row in _rows(path, rows, names):
        earlier = found[symbol]
        if earlier and row.time < earlier[-1].time + (names is _BAR_PRICES):
            raise _problem(path, row.line, f"{symbol}: must be later than line {earlier[-1].line}")
        earlier.append(row)
    if not found:
        raise _problem(path, 1, "no row follows")
    make = _bars if names is _BAR_PRICES else _ticks
    start = min(rows[0].time for rows in found.values())
    return PriceFile({symbol: make(path, rows) for symbol, rows in found.items()}, start)


def _rows(path: Path, rows: "csv.DictReader[str]", names: tuple[str, ...]) -> Iterator[tuple[str, _Row]]:
    for row in rows:
        line = rows.line_num
        symbol = (row.get(_ASSET) or path.stem).strip()
        if symbol not in LISTINGS:
            raise _problem(path, line, f"{symbol!r} is no asset of the practice exchange")
        try:
            time = _time(row[_TIME])
            prices = tuple(float(row[name]) for name in names)
        except (TypeError, ValueError):
            wanted = ", ".join((_TIME, *names))
            raise _problem(path, line, f"{wanted}: a time and numbers are needed") from None
        if not all(0 < price < math.inf for price in prices):
            raise _problem(path, line, "a price must be above zero")
        if len(prices) > 1 and not (prices[2] <= min(prices) and max(prices) <= prices[1]):
            raise _problem(path, line, "the high must be the highest price and the low the lowest")
        yield symbol, _Row(line, time, prices)


def _time(text: str) -> float:
    """Unix seconds, or ISO 8601, which is UTC if it does not say otherwise."""
    try:
        time = float(text)
    except ValueError:
        moment = datetime.fromisoformat(text.strip())
        time = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not 0 <= time < 1e11:
        raise ValueError
    return time


def _ticks(path: Path, rows: list[_Row]) -> RecordedTicks:
    del path
    times = array("d", (row.time + UTC_OFFSET for row in rows))
    return RecordedTicks(times, array("d", (row.prices[0] for row in rows)))


def _bars(path: Path, rows: list[_Row]) -> RecordedBars:
    """The shortest distance of two bars is their period; a file of one bar has minutes."""
    pairs = pairwise(rows)
    period = min((later.time - row.time for row, later in pairs), default=60.0)
    for row in rows:
        if (row.time - rows[0].time) % 1 or period % 1:
            raise _problem(path, row.line, "a bar opens at a whole second")
    opened = array("d", (row.time + UTC_OFFSET for row in rows))
    return RecordedBars(int(period), opened, [Bar(*row.prices) for row in rows])


def _problem(path: Path, line: int, text: str) -> ConfigInvalid:
    return ConfigInvalid([f"practice.prices: {path}, line {line}: {text}"])
