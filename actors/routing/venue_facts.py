"""The latest facts from the venue, and the commands that they answer (a last-value cache)."""

import enum
from typing import Any

from actors.errors import RequestRefused
from actors.messages.commands import (
    CheckTopic,
    Command,
    GetAssets,
    GetBalance,
    GetPayout,
    GetServerTime,
    LoadCandles,
    LoadTicks,
    Subscribe,
    SubscribeCandles,
    SubscribeTicks,
    UnsubscribeCandles,
    UnsubscribeTicks,
)
from actors.messages.events import (
    AssetsListed,
    BalanceChanged,
    ClockReport,
    Event,
)
from actors.messages.topics import pattern
from actors.symbols import search, unlisted
from actors.tables.rows import AssetDict
from actors.values import Asset, Balance, Payout, ServerTime

MOST_CANDLES = 100_000
"""Candles of one request; more would use up minutes of the rate limit, probably by mistake."""

MOST_TICKS = 100_000

LONGEST_SPAN = 86_400
"""Seconds of ticks in one request, or in one bar that is made of ticks."""


LONGEST_PERIOD = 366 * 86_400
"""Seconds of one bar; no venue has longer ones, and a larger number is a mistake."""


class Decision(enum.Enum):
    """What to do with a command that the facts do not answer."""

    WAIT = "the facts that decide it have not arrived yet"
    FORWARD = "the venue answers it"


class VenueFacts:
    """The latest asset table, balance and clock offset (in seconds); ``None`` until each has arrived."""

    def __init__(self) -> None:
        self.assets: dict[str, Asset] | None = None
        self.balance: Balance | None = None
        self.clock_offset: float | None = None

    def apply(self, event: Event) -> bool:
        """Store what ``event`` states; returns whether it changed a fact."""
        match event:
            case AssetsListed():
                self.assets = {asset.symbol: asset for asset in event.assets}
            case BalanceChanged():
                self.balance = event.balance
            case ClockReport():
                self.clock_offset = event.offset
            case _:
                return False
        return True

    def answer(self, command: Command, utc: float) -> Any:
        """The answer to ``command`` as of ``utc``, or a ``Decision``.

        Raises ``RequestRefused`` for a command that cannot be fulfilled.
        """
        match command:
            case GetBalance():
                return self.balance or Decision.WAIT
            case GetAssets():
                return (
                    Decision.WAIT if self.assets is None else AssetDict(search(command.search, self.assets))
                )
            case GetServerTime():
                offset = self.clock_offset
                return Decision.WAIT if offset is None else ServerTime(utc + offset, offset)
            case GetPayout():
                asset = self._asset(command.asset)
                return asset if asset is Decision.WAIT else _payout(asset)
            case LoadCandles(count=count) if not 1 <= count <= MOST_CANDLES:
                raise RequestRefused(f"count must be from 1 to {MOST_CANDLES}, not {count}")
            case Subscribe(topic=topic) | CheckTopic(topic=topic):
                if (symbol := pattern(topic).asset) and self.assets is not None:
                    self._asset(symbol)
                if not isinstance(command, Subscribe) or not command.stream:
                    return topic
                return Decision.WAIT if self.assets is None else Decision.FORWARD
            case LoadTicks() | SubscribeCandles():
                _check(command)
                return Decision.WAIT if self._asset(command.asset) is Decision.WAIT else Decision.FORWARD
            case UnsubscribeTicks() | UnsubscribeCandles() if self.assets is None:
                return Decision.WAIT  # behind a SubscribeTicks that waits too
            case SubscribeTicks(asset=symbol, period=period) | LoadCandles(asset=symbol, period=period):
                if not 1 <= period <= LONGEST_PERIOD:
                    raise RequestRefused(
                        f"period must be at least 1 second and at most {LONGEST_PERIOD}, not {period}"
                    )
                return Decision.WAIT if self._asset(symbol) is Decision.WAIT else Decision.FORWARD
            case _:
                return Decision.FORWARD

    def _asset(self, symbol: str) -> Any:
        if self.assets is None:
            return Decision.WAIT
        if symbol not in self.assets:
            raise RequestRefused(unlisted(symbol, self.assets))
        return self.assets[symbol]


def _check(command: LoadTicks | SubscribeCandles) -> None:
    if isinstance(command, LoadTicks):
        _check_span(command)
    else:
        _check_bars(command)


def _check_span(command: LoadTicks) -> None:
    if (command.seconds is None) is (command.count is None):
        raise RequestRefused("LoadTicks takes either seconds or a count")
    if command.count is not None and not 1 <= command.count <= MOST_TICKS:
        raise RequestRefused(f"count must be from 1 to {MOST_TICKS}, not {command.count}")
    if command.seconds is not None and not 0 < command.seconds <= LONGEST_SPAN:
        raise RequestRefused(
            f"seconds must be more than 0 and at most {LONGEST_SPAN}, not {command.seconds:g}"
        )


def _check_bars(command: SubscribeCandles) -> None:
    period, ticks = command.period, command.ticks
    if (period == 0) is (ticks == 0):
        raise RequestRefused("SubscribeCandles takes either a period or a number of ticks")
    if not 0 <= period <= LONGEST_SPAN:
        raise RequestRefused(f"period must be at least 1 second and at most {LONGEST_SPAN}, not {period}")
    if not 0 <= ticks <= MOST_TICKS:
        raise RequestRefused(f"ticks must be from 1 to {MOST_TICKS}, not {ticks}")
    if not 0 <= command.history <= MOST_CANDLES:
        raise RequestRefused(f"history must be at most {MOST_CANDLES} bars, not {command.history}")
    if command.history and (ticks or not command.aligned):
        raise RequestRefused("only bars that are aligned to the clock have a history at the venue")


def _payout(asset: Asset) -> Payout:
    return Payout(asset.symbol, asset.payout, asset.tradable)
