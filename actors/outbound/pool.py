"""The pool: sends each request to the connection that takes it."""

import contextlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pykka
from loguru import logger
from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.engine.timers import Timer
from actors.errors import NotSent, WorkerDied
from actors.messages.commands import SubscribeTicks
from actors.messages.control import Drain
from actors.messages.events import (
    ActorQuarantined,
    ClockReport,
    ConnectionDown,
    ConnectionUp,
    DealsOpen,
    StreamConfirmed,
    StreamDropped,
    StreamPlaced,
    StreamReleased,
)
from actors.messages.lifecycle import Tellable
from actors.messages.orders import OrderSent
from actors.messages.outbound import (
    AdmitStreams,
    ConnectionPlaced,
    ConnectionWanted,
    EndRepeats,
    HoldStreams,
    MoveStream,
    Resubscribe,
)
from actors.messages.owners import AskOwners, OwnerBegan, OwnerEnded, OwnersTold, spoken
from actors.messages.routing import HandoverBegun
from actors.messages.status import Describe
from actors.messages.supervision import CloseConnection, OpenConnection
from actors.messages.traffic import (
    EventBatch,
    Failure,
    ReplyTo,
    Request,
    RequestDone,
    RequestPart,
    Response,
    Send,
)
from actors.messages.workers import UseTaps, WorkerHandle
from actors.outbound.assignment import Assignment, PoolEffect
from actors.outbound.members import START_SPREAD, PoolPlan
from actors.outbound.messages import PoolRefs, Requests
from actors.values import Life

REBALANCE_INTERVAL = 1.0
"""Seconds between two moves that spread the streams: a move costs messages that other requests may need."""


class _StartOver(Struct, frozen=True):
    """Connections that are not up by now are no longer waited for."""


class _Rebalance(Struct, frozen=True):
    """Time to spread the streams, and to close idle connections."""


class Pool(RuntimeActor):
    """Owns the desired streams with their owners, the roles of the connections and the requests in flight.

    Receives ``Requests``, ``RequestDone``, ``AskOwners``, ``OwnerBegan``, ``OwnerEnded``, ``EndRepeats``,
    ``UseTaps``, ``Resubscribe``, ``MoveStream``, ``ConnectionWanted``, ``ConnectionPlaced`` and the events of
    connections and streams. Sends ``Send`` and ``UseTaps`` to the workers, ``OpenConnection`` and
    ``CloseConnection`` to the supervisor, answers and ``HandoverBegun`` to ``router``, and requests that have
    to be sent again to the rate limiter.
    """

    def __init__(self, plan: PoolPlan, *, router: Tellable, **kwargs: Any) -> None:
        super().__init__("pool", **kwargs)
        self._assignment = Assignment(plan)
        self._members = self._assignment.members
        self._router = router
        self._refs: PoolRefs
        self._streams_held = True
        self._start_over: Timer | None = None
        self._draining = False
        self._taps = UseTaps(())
        self._clock_offset = 0.0  # seconds by which the venue's clock, by which deals end, is ahead of ours

    def on_receive(self, message: Any) -> None:
        match message:
            case Requests():
                self._dispatch(message.requests)
            case RequestDone():
                self._assignment.on_done(message, self.now())
            case StreamConfirmed():
                self._execute(self._assignment.on_confirmed(message, self.now()))
            case StreamReleased():
                self._execute(self._assignment.on_released(message, self.now()))
            case ConnectionUp() | ConnectionDown():
                self._on_connection(message)
            case _StartOver():
                self._admit_streams()
            case ConnectionPlaced():
                self._on_placed(message)
            case Resubscribe(asset=asset):
                self._execute(self._assignment.resubscribe(asset))
            case MoveStream(asset=asset):
                self._execute(self._assignment.move(asset))
            case ConnectionWanted():
                self._execute(self._assignment.on_wanted())
            case ActorQuarantined(name=name):
                self._execute(self._assignment.on_quarantined(name))
            case DealsOpen():
                self._keep_account_open(message)
            case ClockReport(offset=offset):
                self._clock_offset = offset
            case _Rebalance():
                self._execute(self._assignment.rebalance(self.now()))
            case Describe():
                self.describe(message, self._assignment.status())
            case PoolRefs():
                self._refs = message
                self._refs.outbound.tell(HoldStreams())
                self.every(REBALANCE_INTERVAL, _Rebalance())
            case Drain():
                self._draining = True
            case _:
                self._receive_of_owners(message)

    def _receive_of_owners(self, message: Any) -> None:
        match message:
            case AskOwners(id=id, asset=asset):
                self._router.tell(OwnersTold(id, asset, self._assignment.owners.names(asset)))
            case OwnerBegan(owner=owner):
                self._assignment.owners.begin(owner)
            case OwnerEnded(owner=owner):
                self._execute(self._assignment.on_owner_ended(owner))
            case EndRepeats():
                self._execute(self._assignment.on_repeats_ended(message))
            case UseTaps():
                self._taps = message
                for worker in self._members.workers:
                    self._tell_taps(worker)
            case _:
                self.unexpected(message)

    def _on_placed(self, placed: ConnectionPlaced) -> None:
        if placed.worker is not None and self._taps.connections:
            self._tell_taps(placed.worker)
        self._execute(self._assignment.on_placed(placed.connection, placed.worker))

    def _tell_taps(self, worker: WorkerHandle) -> None:
        """What is sent from now on is sent on connections that are tapped as wanted: no answer is missed."""
        with contextlib.suppress(WorkerDied):  # its successor is told when it is placed
            worker.tell(self._taps)

    def _keep_account_open(self, event: DealsOpen) -> None:
        last = max((deal.closes_at for deal in event.deals), default=0.0)
        self._members.keep_busy(self.now() + last - self.utc() - self._clock_offset)

    def _on_connection(self, event: ConnectionUp | ConnectionDown) -> None:
        is_up = isinstance(event, ConnectionUp)
        change = self._assignment.on_up if is_up else self._assignment.on_down
        self._execute(change(event.life, self.now()))
        self._admit_streams()

    def _admit_streams(self) -> None:
        """Once no other connection is likely to come up with the first, subscriptions pass: each goes to the
        connection that keeps it, and none to one that gets the account."""
        if self._streams_held and self._members.up_since_start:
            if self._members.others_come(self.now()):
                self._start_over = self._start_over or self.after(START_SPREAD, _StartOver())
            else:
                self._streams_held = False
                self._refs.outbound.tell(AdmitStreams())

    def _dispatch(self, requests: list[Request]) -> None:
        if self._draining:
            self._refuse(requests)
            return
        leaving: defaultdict[Life, list[Request]] = defaultdict(list)
        for request in requests:
            connection, effects = self._assignment.choose(request, self.now())
            self._execute(effects)
            if connection and (life := self._members.life(connection)) is not None:
                leaving[life].append(request)
                self._members.on_sent(connection, request, self.now())
                if request.order:
                    self._refs.order_desk.tell(OrderSent(request.order, *life))
                command = request.command
                if isinstance(command, SubscribeTicks) and request.part is not RequestPart.REST:
                    placed = StreamPlaced(command.asset, command.period, *life, self.utc())
                    self._router.tell(EventBatch(self.name, [placed]))
        for life, joined in leaving.items():
            self._send(life, joined)

    def _refuse(self, requests: Iterable[Request]) -> None:
        stopped = NotSent("the runtime stopped before it was sent")
        if refusals := [request.failure(stopped) for request in requests if request.awaited]:
            with contextlib.suppress(pykka.ActorDeadError):  # the router's waiters have their answers then
                self._router.tell(EventBatch(self.name, list(refusals)))

    def release(self, unhandled: list[Any]) -> None:
        for message in unhandled:
            if isinstance(message, Requests):
                self._refuse(message.requests)

    def _send(self, life: Life, requests: list[Request]) -> None:
        worker = self._members[life.connection].worker
        assert worker is not None  # a connection that is up was placed before
        try:
            worker.tell(Send(*life, requests))
        except WorkerDied:
            self._execute(self._assignment.on_down(life, self.now()))

    def _execute(self, effects: Iterable[PoolEffect]) -> None:
        for effect in effects:
            match effect:
                case Request():
                    if not self._draining:  # the rate limiter may have ended
                        self._refs.outbound.tell(effect)
                case Response() | Failure():
                    if effect.reply_to is not ReplyTo.NONE:
                        self._router.tell(EventBatch(self.name, [effect]))
                case StreamDropped(asset=asset, by=by):
                    logger.info(
                        "the stream of {} ends: its last owner, {}, has released it", asset, spoken([by])
                    )
                    self._router.tell(EventBatch(self.name, [effect]))
                case HandoverBegun():
                    self._router.tell(effect)
                case OpenConnection() | CloseConnection():
                    self._refs.supervisor.tell(effect)
