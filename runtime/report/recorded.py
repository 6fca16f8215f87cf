"""What a recording says of a session: how quickly orders were opened, and when the venue was silent."""

from msgspec import Struct


class OrderReaction(Struct, frozen=True):
    """The order left at ``asked_at`` (Unix seconds), and the venue's answer with its deal came ``seconds``
    later."""

    order: str
    asked_at: float
    seconds: float


class ConnectionSpan(Struct, frozen=True):
    """A connection was logged in from ``began`` to ``ended``, which is ``None`` if it was at the end of the
    recording; ``reason`` says why it ended."""

    connection: str
    region: str
    began: float
    ended: float | None = None
    reason: str = ""


class OutageSpan(Struct, frozen=True):
    """No connection was logged in, for longer than ``health.outage_after``. ``reasons`` say why those before
    ended, and why others did not come up."""

    began: float
    ended: float
    reasons: list[str]


class SilentSpan(Struct, frozen=True):
    """No tick of the asset came between these times, though its stream went on and its pace does not explain
    that."""

    asset: str
    began: float
    ended: float


class RecordedSession(Struct, frozen=True):
    """``runs`` are the times from the first to the last line, one for each run of the program. ``ticks``
    counts those of all assets. Of the ``orders`` that left, ``reactions`` has those whose deal the venue's
    answer brought, and ``refused`` counts those that it refused. ``complaints`` say what of the recording
    cannot be read."""

    name: str
    runs: list[tuple[float, float]]
    ticks: int
    orders: int
    reactions: list[OrderReaction]
    refused: int
    connections: list[ConnectionSpan]
    outages: list[OutageSpan]
    silences: list[SilentSpan]
    complaints: list[str]

    @property
    def began(self) -> float:
        return self.runs[0][0]

    @property
    def ended(self) -> float:
        return self.runs[-1][1]

    @property
    def unanswered(self) -> int:
        """Orders without an answer in it: what became of them, the journal says."""
        return self.orders - len(self.reactions) - self.refused
