"""Which connection carries what: decides on streams, requests and roles, and says which steps follow."""

import math
from collections.abc import Iterable
from typing import Any

from actors.errors import NotSent, RequestRefused, RequestTimeout
from actors.messages.commands import (
    LoadCandles,
    PendingCommand,
    PlaceOrder,
    SendRaw,
    SubscribeTicks,
    TradingCommand,
    UnsubscribeTicks,
)
from actors.messages.control import HandoverBegun
from actors.messages.events import StreamConfirmed, StreamDropped, StreamReleased
from actors.messages.status import PoolPart
from actors.messages.supervision import CloseConnection, OpenConnection
from actors.messages.traffic import Failure, ReplyTo, Request, RequestDone, Response
from actors.outbound.members import Members, PoolPlan
from actors.outbound.stream_placement import StreamPlacement, StreamSlot

MOVE_TIMEOUT = 10.0
"""Seconds that a move may take until it is given up; the stream stays where it is."""

SETTLING = 3.0
"""Seconds that a stream stays where it was confirmed: the health monitor must have heard of it there."""

PoolEffect = (
    Request
    | Response[StreamConfirmed]
    | Failure
    | StreamDropped
    | HandoverBegun
    | OpenConnection
    | CloseConnection
)
"""What follows from a decision: a request that goes out again from the head of the way, an answer, news,
or the word to the router or the supervisor."""


class Assignment:
    """Owns the streams and the roster. The caller executes every returned ``PoolEffect``, in order.

    ``now`` is on the monotonic clock.
    """

    def __init__(self, plan: PoolPlan) -> None:
        self.roster = Members(plan)
        self._subscriptions = StreamPlacement(plan.streams_per_connection)
        self._parked: list[Request] = []
        self._wishes: dict[int, StreamSlot] = {}

    # Requests

    def choose(self, request: Request, now: float) -> tuple[str, list[PoolEffect]]:
        """The connection that takes ``request`` now; ``""`` if none does (then it waits or is answered)."""
        match request.command:
            case SubscribeTicks() as command:
                return self._subscribe(request, command, now)
            case UnsubscribeTicks(asset=asset):
                return self._unsubscribe(request, asset)
            case TradingCommand():
                # One for all that concerns money, so that the venue sees orders in our order.
                if account := self.roster.account:
                    return account, []
                return "", [request.failure(NotSent("no connection is up")), *self.want()]
            case LoadCandles() | SendRaw():
                if connection := self.roster.choose():
                    return connection, []
                self._parked.append(request)
                return "", self.want()

    def settle(self, settled: RequestDone, now: float) -> None:
        """A request is answered or given up."""
        self.roster.settled(settled.key, now, succeeded=settled.succeeded)
        if self._parked:
            self._parked = [request for request in self._parked if request.key != settled.key]
        if settled.reply_to is ReplyTo.ROUTER and (stream := self._wishes.pop(settled.id, None)):
            stream.waiters.discard(settled.id)

    def _subscribe(
        self, request: Request, command: SubscribeTicks, now: float
    ) -> tuple[str, list[PoolEffect]]:
        known = self._subscriptions.get(command.asset)
        if request.connection:  # one of our own, for a stream that may have moved or gone meanwhile
            current = known is not None and known.rides(request.connection)
            return self.roster.if_up(request.connection) if current else "", []
        if known is None and len(self._subscriptions) >= self.roster.room:
            reason = f"the pool carries {self.roster.room} streams and is full"
            return "", [request.failure(RequestRefused(reason))]
        stream = self._subscriptions.desire(command.asset, command.period)
        if stream.confirmed is not None:
            return "", [request.response(stream.confirmed)]
        if request.awaited:
            stream.waiters.add(request.id)
            self._wishes[request.id] = stream
        if stream.connection:
            return self.roster.if_up(stream.connection), []
        steps = self._place(now, but=stream)
        return stream.connection, steps

    def _unsubscribe(self, request: Request, asset: str) -> tuple[str, list[PoolEffect]]:
        if request.connection:
            waited_for = self._subscriptions.leaves(asset, request.connection)
            return self.roster.if_up(request.connection) if waited_for else "", []
        stream = self._subscriptions.drop(asset)
        if stream is None:
            return "", [request.failure(RequestRefused(f"{asset} is not subscribed"))]
        refused = RequestRefused("unsubscribed before it was confirmed")
        steps: list[PoolEffect] = [Failure.of(id, refused) for id in sorted(stream.waiters)]
        steps.append(StreamDropped(asset))
        if stream.target:
            steps.append(self._let_go(asset, stream.target))
        if connection := self.roster.if_up(stream.connection):
            self._subscriptions.leave(asset, connection)
            return connection, steps
        return "", [*steps, request.response()]

    # Connections

    def up(self, name: str, epoch: int, now: float) -> list[PoolEffect]:
        """A connection can take streams and requests."""
        self.roster.up(name, epoch, now)
        # All at once they would break the rate: they go the whole way out again.
        parked, self._parked = self._parked, []
        return [*self._place(now), *parked]

    def down(self, name: str, epoch: int, now: float) -> list[PoolEffect]:
        """Its streams move, its reads are repeated elsewhere; what must not be repeated is answered."""
        if not self.roster.down(name, epoch):
            return []
        self._subscriptions.release(name)
        steps: list[PoolEffect] = []
        for request in self.roster.take_lost(name):
            match request.command:
                case LoadCandles():
                    steps.append(request)
                case UnsubscribeTicks():
                    steps.append(request.response())
                case SendRaw() | PendingCommand():
                    lost = RequestTimeout("the connection was lost after the send")
                    steps.append(request.failure(lost))
                case SubscribeTicks() | PlaceOrder():
                    pass  # answered when it streams again; by the order desk
        return steps + self._place(now)

    def give_up(self, name: str) -> list[PoolEffect]:
        """A connection will not come back by itself."""
        if name in self.roster:
            self.roster[name].given_up = True
        return self._open()

    def house(self, name: str, host: Any) -> list[PoolEffect]:
        """A connection lives there, or nowhere if ``host`` is ``None``: then others are to take its place."""
        self.roster[name].house(host)
        return self._open()

    def want(self) -> list[PoolEffect]:
        """Somebody waits for the venue."""
        return self._open(some=True)

    def tend(self, now: float) -> list[PoolEffect]:
        """Spread the streams better by one move, give up a move that got stuck, close what is idle."""
        self.roster.expire(now)
        steps = self._place(now)
        for stream in self._subscriptions.stuck(now - MOVE_TIMEOUT):
            steps.append(self._let_go(stream.asset, stream.target))
            stream.target = ""
        roster, streams = self.roster, self._subscriptions
        surplus = roster.surplus(streams.load())
        if move := streams.unbalanced(roster.markets, roster.account, now - SETTLING, surplus):
            stream, target = move
            stream.target, stream.since = target, now
            steps += [self._handover(stream.asset, stream.connection, target), _again(stream, target)]
        return steps + [CloseConnection(name) for name in roster.to_close(streams.load(), now)]

    # Streams

    def confirm(self, confirmed: StreamConfirmed, now: float) -> list[PoolEffect]:
        """The venue streams: who waits for it is answered, a connection that it has left is to let go."""
        if self.roster[confirmed.connection].epoch != confirmed.epoch:
            return []
        stream, left = self._subscriptions.confirm(confirmed, now)
        if stream is None:
            return []
        steps: list[PoolEffect] = [Response(id, confirmed) for id in sorted(stream.waiters)]
        return [*steps, self._let_go(confirmed.asset, left)] if self.roster.if_up(left) else steps

    def released(self, event: StreamReleased, now: float) -> list[PoolEffect]:
        """A connection has let a stream go: there is room."""
        self._subscriptions.left(event.asset, event.connection)
        return self._place(now)

    def resubscribe(self, asset: str) -> list[PoolEffect]:
        """The stream is silent: once more, where it is."""
        stream = self._subscriptions.get(asset)
        return [_again(stream, stream.connection)] if stream and stream.connection else []

    def move(self, asset: str) -> list[PoolEffect]:
        """The stream does not come over its connection: over another at once, if one has room."""
        stream = self._subscriptions.get(asset)
        if stream is None or not stream.connection or stream.target:
            return []
        target = self._subscriptions.elsewhere(stream, self.roster.markets, self.roster.account)
        if not target or self._subscriptions.leaves(asset):
            return self.resubscribe(asset)
        old = stream.shunned = stream.connection
        stream.connection, stream.confirmed = target, None
        begun = self._handover(asset, old, target, cut=True)
        return [begun, _again(stream, target), self._let_go(asset, old)]

    def part(self) -> PoolPart:
        """The pool as the status shows it."""
        return PoolPart(self._subscriptions.placed(), self.roster.figures())

    def _place(self, now: float, but: StreamSlot | None = None) -> list[PoolEffect]:
        self.roster.cast(self._subscriptions.load())
        account = "" if self.roster.others_come(now) else self.roster.account
        placed = self._subscriptions.place(self.roster.markets, account)
        again: Iterable[PoolEffect] = (_again(each, each.connection) for each in placed if each is not but)
        return [*again, *self._open()]

    def _open(self, *, some: bool = False) -> list[PoolEffect]:
        opening = self.roster.to_open(self._subscriptions.load(), some=some)
        return [OpenConnection(name) for name in opening]

    def _handover(self, asset: str, old: str, new: str, *, cut: bool = False) -> HandoverBegun:
        lives = [(name, self.roster[name].epoch) for name in (old, new)]
        return HandoverBegun(asset, lives[0], lives[1], cut)

    def _let_go(self, asset: str, connection: str) -> Request:
        self._subscriptions.leave(asset, connection)
        return Request(0, UnsubscribeTicks(asset), math.inf, connection, reply_to=ReplyTo.NOBODY)


def _again(stream: StreamSlot, connection: str) -> Request:
    """In nobody's name: who waits is answered when it is confirmed, and the limiter may delay a restored
    stream, but never refuse it."""
    return Request(
        0, SubscribeTicks(stream.asset, stream.period), math.inf, connection, reply_to=ReplyTo.NOBODY
    )
