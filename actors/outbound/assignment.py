"""Which connection carries which stream and takes which request."""

import math
from typing import Any

from msgspec.structs import replace

from actors.errors import NotSent, RequestRefused, RequestTimeout
from actors.messages.commands import (
    LoadCandles,
    LoadTicks,
    SendRaw,
    SubscribeTicks,
    TradingCommand,
    UnsubscribeTicks,
)
from actors.messages.events import StreamConfirmed, StreamDropped, StreamReleased
from actors.messages.outbound import EndRepeats
from actors.messages.owners import FILE, PROGRAM, Owner, spoken
from actors.messages.routing import HandoverBegun
from actors.messages.status import PoolPart
from actors.messages.supervision import CloseConnection, OpenConnection
from actors.messages.traffic import Failure, ReplyTo, Request, RequestDone, RequestPart, Response
from actors.messages.workers import WorkerHandle
from actors.outbound.member import MemberEvent
from actors.outbound.members import Members, PoolPlan
from actors.outbound.raw_repeats import RawRepeats
from actors.outbound.stream_owners import StreamOwners
from actors.outbound.stream_placement import StreamPlacement, StreamSlot
from actors.values import Life

MOVE_TIMEOUT = 10.0
"""Seconds that a move may take; then it is given up, and the stream stays where it is."""

MOVE_SETTLING = 3.0
"""Seconds that a stream stays where it was confirmed, so that the health monitor knows of it there."""

PoolEffect = (
    Request | Response[Any] | Failure | StreamDropped | HandoverBegun | OpenConnection | CloseConnection
)
"""What follows from a decision. A ``Request`` goes to the rate limiter again; an answer, an event and
``HandoverBegun`` go to the router, the others to the supervisor."""


class Assignment:
    """Owns the streams, their owners and the members of the pool.

    The caller executes the returned effects in order. ``now`` is on the monotonic clock.
    """

    def __init__(self, plan: PoolPlan) -> None:
        self.members = Members(plan)
        self.owners = StreamOwners()
        self._placement = StreamPlacement(plan.streams_per_connection)
        self._repeats = RawRepeats()
        self._parked: list[Request] = []
        self._awaiting: dict[int, StreamSlot] = {}

    def __repr__(self) -> str:
        waiting = f"{len(self._awaiting)} awaited, {len(self._parked)} parked"
        return f"<Assignment: {self._placement!r}; {waiting}; {self.members!r}>"

    # Requests

    def choose(self, request: Request, now: float) -> tuple[str, list[PoolEffect]]:
        """The connection that takes ``request`` now. With ``""`` the request waits, or is answered."""
        match request.command:
            case SubscribeTicks() as command:
                return self._subscribe(request, command, now)
            case UnsubscribeTicks(asset=asset):
                return self._unsubscribe(request, asset)
            case TradingCommand():
                # One connection for all that concerns money, so that the venue sees orders in our order.
                if account := self.members.account:
                    return account, []
                return "", [request.failure(NotSent("no connection is up")), *self.on_wanted()]
            case SendRaw() as command:
                return self._send_raw(request, command)
            case LoadCandles() | LoadTicks():
                if connection := self.members.choose():
                    return connection, []
                self._parked.append(request)
                return "", self.on_wanted()

    def _send_raw(self, request: Request, command: SendRaw) -> tuple[str, list[PoolEffect]]:
        connection = self.members.if_up(request.connection) if request.connection else self.members.account
        if not connection:
            self._parked.append(request)
            return "", self.on_wanted()
        if command.each_login:
            owner = request.owner or PROGRAM
            if not self.owners.may_own(owner):  # it has ended while its request was on the way
                return "", [request.failure(RequestRefused(f"{owner.name} has ended"))]
            self._repeats.keep(connection, owner.itself, command.text)
        return connection, []

    def on_repeats_ended(self, ended: EndRepeats) -> list[PoolEffect]:
        """An owner withdraws what it had sent after each login."""
        return [Response(ended.id, self._repeats.withdraw(ended.owner.itself, ended.text, ended.connection))]

    def on_done(self, done: RequestDone, now: float) -> None:
        """A request has its answer, or it is awaited no longer."""
        self.members.on_done(done.key, now, succeeded=done.succeeded)
        if self._parked:
            self._parked = [request for request in self._parked if request.key != done.key]
        if done.reply_to is ReplyTo.ROUTER and (stream := self._awaiting.pop(done.id, None)):
            stream.waiters.discard(done.id)

    def _subscribe(
        self, request: Request, command: SubscribeTicks, now: float
    ) -> tuple[str, list[PoolEffect]]:
        known = self._placement.get(command.asset)
        if request.connection:  # from this class, for a stream that may have moved or been dropped since
            if known is None or not known.carried_by(request.connection):
                return "", []
            if request.part is RequestPart.REST:
                return self.members.if_up(request.connection), []
            return self._send_once(request, known, request.connection)
        owner = request.owner or PROGRAM
        if not self.owners.may_own(owner):  # it has ended while its request was on the way
            return "", [request.failure(RequestRefused(f"{owner.name} has ended"))]
        if known is None and len(self._placement) >= self.members.capacity:
            return "", [request.failure(RequestRefused(self._full()))]
        self.owners.keep(command.asset, owner, command.period)
        stream = self._placement.desire(command.asset, command.period)
        if stream.confirmed is not None:
            return "", [request.response(stream.confirmed)]
        if request.awaited:
            stream.waiters.add(request.id)
            self._awaiting[request.id] = stream
        placed = [] if stream.connection else self._place(now, unsent=stream)
        connection, rest = self._send_once(request, stream, stream.connection)
        return connection, [*placed, *rest]

    def _send_once(
        self, request: Request, stream: StreamSlot, connection: str
    ) -> tuple[str, list[PoolEffect]]:
        """Send a subscription of ``stream`` unless the same one is under way; the rest of it may follow."""
        if not self.members.if_up(connection) or stream.asked_on == connection:
            return "", []
        stream.asked_on = connection
        rest = _subscribe(stream, connection, RequestPart.REST)
        return connection, [rest] if request.part is RequestPart.FIRST else []

    def _unsubscribe(self, request: Request, asset: str) -> tuple[str, list[PoolEffect]]:
        if request.connection:
            leaving = self._placement.is_leaving(asset, request.connection)
            return self.members.if_up(request.connection) if leaving else "", []
        owner = request.owner or PROGRAM
        if not self.owners.owns(asset, owner):
            return "", [self._not_its_own(request, asset, owner)]
        if (kept := self.owners.release(asset, owner)) is not None:
            goes_on = f"{asset} streams on for {spoken(kept.owners)}"
            return "", [request.response(goes_on), *self._renew(asset, kept.period)]
        stream, effects = self._drop(asset, owner.name)
        if connection := self.members.if_up(stream.connection):
            self._placement.on_leaving(asset, connection)
            return connection, effects
        return "", [*effects, request.response()]

    def _not_its_own(self, request: Request, asset: str, owner: Owner) -> Failure | Response[None]:
        if owner.by_subscription or owner == FILE:
            return request.response()  # UnsubscribeTicks released it before; the file is as it is to be
        if not (owners := self.owners.names(asset)):
            return request.failure(RequestRefused(f"{asset} is not subscribed"))
        reason = (
            f"{asset} is streamed for {spoken(owners)}, not for {spoken([owner.name])}: "
            "a stream ends when its owners release it"
        )
        return request.failure(RequestRefused(reason))

    def _full(self) -> str:
        return (
            f"the pool carries {self.members.capacity} streams and is full: {self.owners.shares()} "
            "(end one, or raise pool.connections)"
        )

    def _drop(self, asset: str, by: str) -> tuple[StreamSlot, list[PoolEffect]]:
        """The stream has no owner any more; the caller releases it from its connection."""
        stream = self._placement.drop(asset)
        assert stream is not None  # what is owned is desired
        refused = RequestRefused("unsubscribed before it was confirmed")
        effects: list[PoolEffect] = [Failure.of(waiter, refused) for waiter in sorted(stream.waiters)]
        effects.append(StreamDropped(asset, by))
        if stream.target:
            effects.append(self._release(asset, stream.target))
        return stream, effects

    def _renew(self, asset: str, period: int) -> list[PoolEffect]:
        """Subscribe again if the stream has another ``period`` without the owner that has released it."""
        stream = self._placement.get(asset)
        if stream is None or stream.period == period:
            return []
        self._placement.desire(asset, period)
        return [_subscribe(stream, stream.connection)] if stream.connection else []

    def on_owner_ended(self, owner: Owner) -> list[PoolEffect]:
        """An attached process has ended: the streams that it alone owned end with it."""
        effects: list[PoolEffect] = []
        self._repeats.end(owner.itself)
        for asset, kept in self.owners.end(owner):
            if kept is not None:
                effects += self._renew(asset, kept.period)
                continue
            stream, dropped = self._drop(asset, owner.name)
            effects += dropped
            if connection := self.members.if_up(stream.connection):
                effects.append(self._release(asset, connection))
        return effects

    # Connections

    def on_up(self, life: Life, now: float) -> list[PoolEffect]:
        self.members.on_up(life, now)
        # Sent at once, parked requests would break the rate: they pass the rate limiter again.
        parked, self._parked = self._parked, []
        repeated = [
            Request(0, SendRaw(text), math.inf, life.connection, reply_to=ReplyTo.NONE)
            for text in self._repeats.of(life.connection)
        ]
        return [*self._place(now), *repeated, *parked]

    def on_down(self, life: Life, now: float) -> list[PoolEffect]:
        """The streams of ``life`` move and its reads are repeated elsewhere; no other request is repeated."""
        if not self.members.on_down(life):
            return []
        self._placement.on_connection_lost(life.connection)
        effects: list[PoolEffect] = []
        for request in self.members.take_in_flight(life.connection):
            match request.command:
                case LoadCandles() | LoadTicks():
                    effects.append(request)
                case UnsubscribeTicks():
                    effects.append(request.response())
                case SendRaw(text=text, each_login=True):
                    self._repeats.withdraw((request.owner or PROGRAM).itself, text, life.connection)
                    self._parked.append(request)  # it is sent after the next login in any case
                case SendRaw():
                    lost = RequestTimeout("the connection was lost after the send")
                    effects.append(request.failure(lost))
                case SubscribeTicks() | TradingCommand():
                    pass  # answered when the stream is confirmed elsewhere; by a desk
        return effects + self._place(now)

    def on_quarantined(self, name: str) -> list[PoolEffect]:
        """Actor ``name`` was given up; a connection is replaced."""
        if name in self.members:
            self.members[name].on(MemberEvent.QUARANTINE)
        return self._open()

    def on_placed(self, name: str, worker: WorkerHandle | None) -> list[PoolEffect]:
        """``name`` runs in ``worker`` from now on; ``None``: its worker was given up, and it is replaced."""
        self.members[name].set_worker(worker)
        self.members.assign_roles(self._placement.load())
        return self._open()

    def on_wanted(self) -> list[PoolEffect]:
        """A request waits for a connection."""
        return self._open(at_least_one=True)

    def rebalance(self, now: float) -> list[PoolEffect]:
        """Give up a move that takes too long, begin at most one that spreads the streams better, and close
        idle connections."""
        members, streams = self.members, self._placement
        members.expire(now)
        effects = self._place(now)
        for stream in streams.stuck(now - MOVE_TIMEOUT):
            effects.append(self._release(stream.asset, stream.target))
            stream.target = ""
        drainable = members.drainable(streams.load())
        if move := streams.next_move(members.markets, members.account, now - MOVE_SETTLING, drainable):
            stream, target = move
            stream.target, stream.since, stream.asked_on = target, now, ""
            effects += [self._handover(stream.asset, stream.connection, target), _subscribe(stream, target)]
        return effects + [CloseConnection(name) for name in members.to_close(streams.load(), now)]

    # Streams

    def on_confirmed(self, confirmed: StreamConfirmed, now: float) -> list[PoolEffect]:
        """The venue streams: answer the waiters, and release the stream from the connection that it left."""
        if self.members.life(confirmed.connection) != confirmed.life:
            return []
        stream, left = self._placement.on_confirmed(confirmed, now)
        if stream is None:
            return []
        effects: list[PoolEffect] = [Response(waiter, confirmed) for waiter in sorted(stream.waiters)]
        return [*effects, self._release(confirmed.asset, left)] if self.members.if_up(left) else effects

    def on_released(self, event: StreamReleased, now: float) -> list[PoolEffect]:
        """A connection no longer carries a stream: another one can take its place."""
        self._placement.on_left(event.asset, event.connection)
        return self._place(now)

    def resubscribe(self, asset: str) -> list[PoolEffect]:
        """Subscribe to the stream again where it is: it is stale."""
        stream = self._placement.get(asset)
        if stream is None or not stream.connection:
            return []
        stream.asked_on = ""
        return [_subscribe(stream, stream.connection)]

    def move(self, asset: str) -> list[PoolEffect]:
        """Move the stream to another connection at once, if one has capacity: it stays stale on its own."""
        stream = self._placement.get(asset)
        if stream is None or not stream.connection or stream.target:
            return []
        target = self._placement.elsewhere(stream, self.members.markets, self.members.account)
        if not target or self._placement.is_leaving(asset):
            return self.resubscribe(asset)
        old = stream.avoided = stream.connection
        stream.connection, stream.confirmed, stream.asked_on = target, None, ""
        begun = self._handover(asset, old, target, cut=True)
        return [begun, _subscribe(stream, target), self._release(asset, old)]

    def status(self) -> PoolPart:
        streams = (replace(each, owners=self.owners.names(each.asset)) for each in self._placement.status())
        return PoolPart(tuple(streams), self.members.status())

    def _place(self, now: float, unsent: StreamSlot | None = None) -> list[PoolEffect]:
        """Place the streams that wait; the caller sends the request for ``unsent`` itself."""
        self.members.assign_roles(self._placement.load())
        account = "" if self.members.others_come(now) else self.members.account
        placed = self._placement.place(self.members.markets, account)
        sent = [_subscribe(each, each.connection, RequestPart.FIRST) for each in placed if each is not unsent]
        return [*sent, *self._open()]

    def _open(self, *, at_least_one: bool = False) -> list[PoolEffect]:
        opening = self.members.to_open(self._placement.load(), at_least_one=at_least_one)
        return [OpenConnection(name) for name in opening]

    def _handover(self, asset: str, old: str, new: str, *, cut: bool = False) -> HandoverBegun:
        old_life, new_life = self.members.life(old), self.members.life(new)
        assert old_life is not None  # a stream is on a connection that is up, or on none
        assert new_life is not None
        return HandoverBegun(asset, old_life, new_life, cut)

    def _release(self, asset: str, connection: str) -> Request:
        self._placement.on_leaving(asset, connection)
        command = UnsubscribeTicks(asset)
        return Request(0, command, math.inf, connection, reply_to=ReplyTo.NONE)


def _subscribe(stream: StreamSlot, connection: str, part: RequestPart = RequestPart.WHOLE) -> Request:
    """Its waiters are answered on confirmation, so the request itself is not awaited. It has no deadline: the
    rate limiter may delay it, but never refuses it. The first part of a new stream may leave before the rest;
    a stream that ticks elsewhere is moved as a whole."""
    command = SubscribeTicks(stream.asset, stream.period)
    return Request(0, command, math.inf, connection, reply_to=ReplyTo.NONE, part=part)
