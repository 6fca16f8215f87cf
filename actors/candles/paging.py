"""More bars than the venue gives for one request: page by page, backwards from the end."""

from msgspec.structs import replace

from actors.messages.commands import LoadCandles
from actors.messages.events import CandlesProgress
from actors.tables.rows import CandleList
from actors.values import Candle


class Paging:
    """The ``candles`` of one ``LoadCandles`` so far, oldest first; the last one is the last of the command.

    ``page`` is the number of bars that the venue gives for one request. ``now`` is UTC by the venue's clock,
    ``None`` while that is not known: then the connection's clock decides where a command without an end ends.
    """

    def __init__(self, command: LoadCandles, page: int, now: float | None = None) -> None:
        self._command = command if command.end is not None else replace(command, end=now)
        self._page = page
        self.candles: list[Candle] = []

    @property
    def period(self) -> int:
        return self._command.period

    def request(self) -> LoadCandles:
        """The next page to ask for: the bars before the first of ``candles``."""
        missing = self._command.count - len(self.candles)
        end = self.candles[0].time if self.candles else self._command.end
        return replace(self._command, count=min(self._page, missing), end=end)

    @property
    def count(self) -> int:
        return len(self.candles)

    def found(self) -> CandleList:
        """A list of the caller's own."""
        return CandleList(self.candles)

    def progress(self) -> CandlesProgress:
        command = self._command
        return CandlesProgress(command.asset, command.period, len(self.candles), command.count)

    def add(self, page: list[Candle]) -> bool:
        """Whether another page is needed; an empty one means that there are no earlier bars."""
        self.candles = page + self.candles
        return bool(page) and len(self.candles) < self._command.count
