"""The pool of connections: which one carries which stream, and which one takes the next request."""

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.errors import WorkerDied
from actors.messages.commands import SubscribeTicks
from actors.messages.control import Drain, HandoverBegun
from actors.messages.events import (
    ActorQuarantined,
    ConnectionDown,
    ConnectionUp,
    DealsOpen,
    StreamConfirmed,
    StreamDropped,
    StreamPlaced,
    StreamReleased,
)
from actors.messages.lifecycle import Tellable
from actors.messages.outbound import ConnectionPlaced, ConnectionWanted, MoveStream, Resubscribe
from actors.messages.status import Describe
from actors.messages.supervision import CloseConnection, OpenConnection
from actors.messages.traffic import (
    EventBatch,
    Failure,
    OrderSent,
    ReplyTo,
    Request,
    RequestDone,
    Response,
    Send,
)
from actors.outbound.assignment import Assignment, PoolEffect
from actors.outbound.members import PoolPlan
from actors.outbound.messages import PoolRefs, Requests

TENDING_INTERVAL = 1.0
"""Seconds between two moves that spread the streams: they cost messages that others may need."""


class _Tend(Struct, frozen=True):
    """See whether the load is spread, and whether a connection is idle."""


class Pool(RuntimeActor):
    """Owns the desired streams, the roles of the connections and the requests in flight.

    Receives ``Requests``, ``Resubscribe``, ``MoveStream``, ``RequestDone``, ``ConnectionWanted`` and the ups
    and downs of connections; sends ``Send`` to the connections' hosts, ``OpenConnection`` and
    ``CloseConnection`` to the supervisor, answers and ``HandoverBegun`` to ``router``, and what has to be
    sent once more back to the head of the way out, so that it is limited and joined like the rest.
    """

    def __init__(self, plan: PoolPlan, *, router: Tellable, **kwargs: Any) -> None:
        super().__init__("pool", **kwargs)
        self._carriage = Assignment(plan)
        self._roster = self._carriage.roster
        self._router = router
        self._refs: PoolRefs
        self._draining = False

    def on_receive(self, message: Any) -> None:
        match message:
            case Requests():
                self._dispatch(message.requests)
            case RequestDone():
                self._carriage.settle(message, self.now())
            case StreamConfirmed():
                self._take(self._carriage.confirm(message, self.now()))
            case StreamReleased():
                self._take(self._carriage.released(message, self.now()))
            case ConnectionUp(connection=name, epoch=epoch):
                self._take(self._carriage.up(name, epoch, self.now()))
            case ConnectionDown(connection=name, epoch=epoch):
                self._take(self._carriage.down(name, epoch, self.now()))
            case ConnectionPlaced(connection=name, worker=host):
                self._take(self._carriage.house(name, host))
            case Resubscribe(asset=asset):
                self._take(self._carriage.resubscribe(asset))
            case MoveStream(asset=asset):
                self._take(self._carriage.move(asset))
            case ConnectionWanted():
                self._take(self._carriage.want())
            case ActorQuarantined(name=name):
                self._take(self._carriage.give_up(name))
            case DealsOpen(deals=deals):
                last = max((deal.closes_at for deal in deals), default=0.0)
                self._roster.keep_busy(self.now() + last - time.time())
            case _Tend():
                self._take(self._carriage.tend(self.now()))
            case Describe():
                self.describe(message, self._carriage.part())
            case PoolRefs():
                self._refs = message
                self.every(TENDING_INTERVAL, _Tend())
            case Drain():
                self._draining = True
            case _:
                self.unexpected(message)

    def _dispatch(self, requests: list[Request]) -> None:
        leaving: defaultdict[str, list[Request]] = defaultdict(list)
        for request in requests:
            connection, steps = self._carriage.choose(request, self.now())
            self._take(steps)
            if connection:
                leaving[connection].append(request)
                self._roster.sent(connection, request, self.now())
                epoch = self._roster[connection].epoch
                if request.order:
                    self._refs.desk.tell(OrderSent(request.order, connection, epoch))
                if isinstance(wish := request.command, SubscribeTicks):
                    placed = StreamPlaced(wish.asset, wish.period, connection, epoch, time.time())
                    self._router.tell(EventBatch(self.name, [placed]))
        for connection, joined in leaving.items():
            member = self._roster[connection]
            try:
                member.host.tell(Send(connection, member.epoch, joined))
            except WorkerDied:
                self._take(self._carriage.down(connection, member.epoch, self.now()))

    def _take(self, steps: Iterable[PoolEffect]) -> None:
        for step in steps:
            match step:
                case Request():
                    if not self._draining:  # then the way out is being taken down
                        self._refs.outbound.tell(step)
                case Response() | Failure():
                    if step.reply_to is not ReplyTo.NOBODY:
                        self._router.tell(EventBatch(self.name, [step]))
                case StreamDropped():
                    self._router.tell(EventBatch(self.name, [step]))
                case HandoverBegun():
                    self._router.tell(step)
                case OpenConnection() | CloseConnection():
                    self._refs.supervisor.tell(step)
