"""The events of bars that are made of ticks."""

from typing import ClassVar

from actors.messages.event import Event
from actors.values import Candle


class BarForming(Event, frozen=True):
    """The bar that forms now, after each read with ticks for it; ``until`` is the stamp of its last tick.

    ``series`` is what ``SubscribeCandles`` has begun: ``EURUSD_otc.60``. A handler that is too slow gets the
    newest one alone.
    """

    base_topic: ClassVar[str] = "bar"
    varies_by: ClassVar[str] = "series"
    closed: ClassVar[bool] = False
    asset: str
    series: str
    candle: Candle
    until: float

    @property
    def topic(self) -> str:
        return f"bar.{self.series}"


class BarClosed(Event, frozen=True):
    """A bar has closed: a tick or the venue's clock has passed its end. No handler misses one.

    ``complete`` is false if ticks of it are missing that the venue did not give. Ticks that come later, late
    or with the end of a silence, make it anew: then it is told again, with ``revision`` one higher. A time
    without a tick has no bar.
    """

    base_topic: ClassVar[str] = "bar"
    varies_by: ClassVar[str] = "series"
    closed: ClassVar[bool] = True
    asset: str
    series: str
    candle: Candle
    until: float
    complete: bool = True
    revision: int = 0

    @property
    def topic(self) -> str:
        return f"bar.{self.series}"
