"""What users tell or ask the router: imperatives, each with a deadline."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from pykka import ActorRef


class Command(Struct, frozen=True, kw_only=True, tag=True):
    """A wish; ``deadline`` is how many seconds after its arrival an answer is due, by default the
    configuration's ``connection.message_timeout``.

    Asked and not answered by then, it raises ``RequestTimeout``; told and not fulfilled, it is
    published as ``CommandFailed``.
    """

    deadline: float | None = None


class Subscribe(Command, frozen=True):
    """Deliver every event whose topic starts with ``topic`` (``""`` is all of them) to ``to``.

    ``to`` is a callable, run in an actor of its own, or an ``ActorRef``, which is told. With ``batch``
    it gets a list of events at a time instead of one event. Answered with the topic.
    """

    topic: str
    to: Callable[[Any], object] | ActorRef[Any]
    batch: bool = False


class Unsubscribe(Command, frozen=True):
    """End the subscription made with the same ``topic`` and ``to``; answered with whether there was one."""

    topic: str
    to: Callable[[Any], object] | ActorRef[Any]


class SubscribeTicks(Command, frozen=True):
    """Keep ``asset`` streaming until ``UnsubscribeTicks``, through every reconnect.

    Answered with ``StreamConfirmed`` once the venue has confirmed. ``period`` (seconds) is that of the
    bars the venue sends along. Raises ``RequestRefused`` for an unknown asset or a full pool.
    """

    asset: str
    period: int = 60


class UnsubscribeTicks(Command, frozen=True):
    """Let go of a stream; raises ``RequestRefused`` if it is not subscribed."""

    asset: str


class LoadCandles(Command, frozen=True):
    """Fetch the last ``count`` bars of ``period`` seconds that end by ``end`` (UTC; ``None`` is now).

    Answered with a list of ``Candle``, oldest first. One request to the venue holds 150 bars at most;
    a larger ``count`` is refused.
    """

    asset: str
    period: int
    count: int = 100
    end: float | None = None


class GetBalance(Command, frozen=True):
    """The ``Balance`` as the venue last stated it; waits for the first statement."""


class GetAssets(Command, frozen=True):
    """A ``dict`` of ``Asset`` by symbol, as the venue last listed them; waits for the first list."""


class GetPayout(Command, frozen=True):
    """The ``Payout`` of ``asset``; raises ``RequestRefused`` for an unknown one."""

    asset: str


class SendRaw(Command, frozen=True):
    """Send ``text`` as one text message on any ready connection; answered once the socket has it."""

    text: str


class GetStatus(Command, frozen=True):
    """A ``Status`` of every part of the runtime."""


VenueCommand = SubscribeTicks | UnsubscribeTicks | LoadCandles | SendRaw
"""The commands that travel to a connection."""
