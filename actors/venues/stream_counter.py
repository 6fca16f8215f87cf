"""One tick stream of a connection: what it has delivered in the connection's present life."""

from msgspec import Struct

from actors.messages import StreamReport
from actors.values import Tick


class StreamCounter(Struct):
    """The ticks of one subscribed asset, for the reports of a session.

    The reader of the ticks updates the first three fields with each tick: a method would cost more than the
    update. ``first`` is the first tick since the last report.
    """

    ticks: int = 0
    first: Tick | None = None
    last: Tick | None = None
    _first_time: float | None = None
    _resumed_time: float = 0.0

    def report(self) -> StreamReport | None:
        """``None`` before the first tick."""
        if self.first is not None:
            self._resumed_time = self.first.time
            self.first = None
            if self._first_time is None:
                self._first_time = self._resumed_time
        if self._first_time is None or self.last is None:
            return None
        return StreamReport(
            ticks=self.ticks,
            first_time=self._first_time,
            last_time=self.last.time,
            last_price=self.last.price,
            received_at=self.last.received_at,
            resumed_time=self._resumed_time,
        )
