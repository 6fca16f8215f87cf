"""More bars than the venue gives on one request: page by page, backwards from the end."""

from msgspec.structs import replace

from actors.messages.commands import LoadCandles
from actors.messages.events import CandlesProgress
from actors.values import Candle

PAGE = 150
"""Bars that the venue gives on one request (protocol 1.6.2)."""


class Paging:
    """What one ``LoadCandles`` has got so far; ``candles`` are contiguous with the end, oldest first."""

    def __init__(self, command: LoadCandles) -> None:
        self._command = command
        self.candles: list[Candle] = []

    def request(self) -> LoadCandles:
        """The next page to ask for: the bars before those that are there."""
        missing = self._command.count - len(self.candles)
        end = self.candles[0].time if self.candles else self._command.end
        return replace(self._command, count=min(PAGE, missing), end=end)

    def progress(self) -> CandlesProgress:
        command = self._command
        return CandlesProgress(command.asset, command.period, len(self.candles), command.count)

    def take(self, page: list[Candle]) -> bool:
        """Whether another page is needed: an empty one says that there are no earlier bars."""
        self.candles = page + self.candles
        return bool(page) and len(self.candles) < self._command.count
