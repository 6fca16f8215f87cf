"""What the history loader receives from other features."""

from msgspec import Struct

from actors.messages.commands import LoadCandles, LoadTicks
from actors.messages.lifecycle import Tellable


class HistoryRequest(Struct, frozen=True):
    """Load candles or ticks for ``to``.

    By ``expires_at`` (on the clock of the actors) ``to`` is told, under the ``id`` that it gave, a
    ``Response`` with a list of ``Candle`` or ``Tick`` that is its own, or a ``Failure``.
    """

    id: int
    command: LoadCandles | LoadTicks
    expires_at: float
    to: Tellable
