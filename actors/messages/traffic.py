"""What several actors receive: requests on their way out, batches and answers on their way in."""

import enum
import functools
import operator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import Struct

from actors.errors import RequestError, WireError, from_wire, to_wire
from actors.messages import events
from actors.messages.commands import VenueCommand
from actors.messages.life import HasLife
from actors.messages.owners import Owner
from actors.messages.ticks import Ticks as Ticks, TicksLoaded as TicksLoaded, unfolded as unfolded
from actors.messages.workers import (
    LeaseExtended,
    LogRecord,
    SetLogLevel,
    StartLife,
    StopConnection,
    StopWorker,
    UseSettings,
    UseTaps,
)
from actors.values import Life

Value_co = TypeVar("Value_co", covariant=True)


class ReplyTo(enum.IntEnum):
    """The actor that numbers its requests and receives their answers."""

    NONE = 0
    """No answer is awaited; the id is 0."""
    ROUTER = 1
    """The id is that of a waiter of the router."""
    CANDLES = 2
    """The id is that of a page of the history loader."""


RequestKey = tuple[ReplyTo, int]
"""What identifies a request among those of all actors."""


# HOT, six times in an ask: a getter in C costs no Python frame.
_KEY: property = property(operator.attrgetter("reply_to", "id"))
_AWAITED: property = property(operator.attrgetter("reply_to"), doc="False if no answer is awaited.")


class RequestPart(enum.Enum):
    """Which messages of a request leave: of a command that is several on the wire, the first may begin it."""

    WHOLE = "whole"
    FIRST = "first"
    REST = "rest"


class Request(Struct, frozen=True):
    """A command on its way out. ``id`` is positive and unique among the requests of ``reply_to``.

    ``expires_at`` is on the clock of the actors, which goes on in a suspend and is the same in all processes;
    what trades is not written after it. ``connection`` is set where the
    request must take that one; ``urgent`` requests are not held back to be joined with others.
    ``order`` is the id that an order carries on the wire, where it comes back in the answer. ``owner`` is the
    one that a stream is kept for, or that releases it; ``None`` is the program.
    With a ``part`` only some of its messages leave.
    """

    id: int
    command: VenueCommand
    expires_at: float
    connection: str = ""
    urgent: bool = False
    order: str = ""
    reply_to: ReplyTo = ReplyTo.ROUTER
    owner: Owner | None = None
    part: RequestPart = RequestPart.WHOLE

    key = _KEY
    awaited = _AWAITED

    def response(self, value: "Value_co | None" = None) -> "Response[Value_co]":
        return Response(self.id, value, self.reply_to)

    def failure(self, error: RequestError) -> "Failure":
        return Failure(self.id, to_wire(error), self.order, self.reply_to)


class Send(HasLife, Struct, frozen=True, tag=True):
    """Requests for one life of a connection, to be sent in one write."""

    connection: str
    epoch: int
    requests: list[Request]


class RequestDone(Struct, frozen=True):
    """Request ``id`` of ``reply_to`` has its answer, or it is awaited no longer.

    The router tells the rate limiter, the batcher and the pool once: for a waiter of its own when that waiter
    is answered or its deadline has passed, for a page of the history loader when its answer passes or the
    loader has given it up.
    """

    id: int
    succeeded: bool = True
    reply_to: ReplyTo = ReplyTo.ROUTER

    key = _KEY


class Response(Struct, Generic[Value_co], frozen=True, tag=True):
    """The answer for waiter ``request``; ``None`` says only that the request was fulfilled.

    In a batch it settles its waiter and nothing else: where the answer is news, the batch has the event too.
    ``reply_to`` counts in a batch; an answer that an actor is told by itself is for a request of that actor.
    """

    request: int
    value: Value_co | None = None
    reply_to: ReplyTo = ReplyTo.ROUTER


class Failure(Struct, frozen=True, tag=True):
    """The error for waiter ``request``, as it crosses a process.

    ``order`` is the id of the order, if the request was one; the order has surely not been sent then.
    ``reply_to`` is as in ``Response``: it counts in a batch.
    """

    request: int
    error: WireError
    order: str = ""
    reply_to: ReplyTo = ReplyTo.ROUTER

    @classmethod
    def of(cls, request: int, error: RequestError, order: str = "") -> "Failure":
        return cls(request, to_wire(error), order)

    @property
    def exception(self) -> RequestError:
        """A new exception, to be raised by the waiter."""
        error = from_wire(self.error)
        assert isinstance(error, RequestError)
        return error


if TYPE_CHECKING:
    AnyEvent = events.Event
else:
    AnyEvent = functools.reduce(operator.or_, events.EVENTS)

AnswerInBatch = events.CandlesLoaded | TicksLoaded | events.StreamConfirmed | Life
"""What answers a request that was sent to a connection, besides ``None``."""

Item = Ticks | Response[AnswerInBatch] | Failure | AnyEvent
"""What a batch may hold, in the order of the socket."""


class EventBatch(Struct, frozen=True, tag=True, omit_defaults=True):
    """The items that one source had at one time: one message, one frame on the link and one wake-up.

    The batches of a connection are numbered from 1 in each of its lives (``epoch``, ``sequence``); those of
    other sources have no number.
    """

    source: str
    items: list[Item]
    epoch: int = 0
    sequence: int = 0


class Deliver(Struct, frozen=True):
    """Events for one subscriber, in order, among them ``Ticks``. Newer ticks replaced ``missed`` ticks before
    them."""

    events: list[Any]
    missed: int = 0


Uplink = EventBatch | LogRecord
"""What a worker process sends to the main process."""

Downlink = (
    UseSettings | UseTaps | StartLife | StopConnection | StopWorker | SetLogLevel | LeaseExtended | Send
)
"""What the main process sends to a worker process."""
