"""The way out of a request, from the rate limiter to the venue and back, one message at a time.

The actors are the real ones, but no thread serves them: a test decides which one handles its next message.
"""

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from actors.engine.actor import RuntimeActor
from actors.engine.dispatcher import Dispatcher
from actors.messages.commands import (
    CancelPendingOrder,
    LoadCandles,
    PlaceOrder,
    SendRaw,
    SubscribeTicks,
    UnsubscribeTicks,
    VenueCommand,
)
from actors.messages.events import ConnectionDown, ConnectionUp, StreamConfirmed, StreamReleased
from actors.messages.outbound import ConnectionPlaced
from actors.messages.status import Describe, Described, LimiterStatus, PoolPart
from actors.messages.traffic import (
    EventBatch,
    Failure,
    ReplyTo,
    Request,
    RequestDone,
    RequestKey,
    Response,
    Send,
)
from actors.outbound.batcher import Batcher
from actors.outbound.batching import BatchSettings
from actors.outbound.members import PoolPlan
from actors.outbound.messages import PoolRefs
from actors.outbound.pool import Pool
from actors.outbound.rate_limiter import RateLimiter
from actors.rates import Allowance, Rate
from actors.values import Direction
from tests.doubles.unserved import handle_next

NAMES = ("c1", "c2")
PATIENCE = 5.0
"""Seconds from a request to its deadline."""

COMMANDS: dict[str, VenueCommand] = {
    "order": PlaceOrder("A", Decimal(1), Direction.CALL, 60),
    "cancellation": CancelPendingOrder("t1"),
    "stream": SubscribeTicks("A", 60),
    "drop": UnsubscribeTicks("A"),
    "text": SendRaw("x"),
    "page": LoadCandles("A", 60),
}


class Receiver:
    """An actor outside the simulation, or a worker process."""

    pid = 0

    def __init__(self, receive: Callable[[Any], object]) -> None:
        self._receive = receive

    def tell(self, message: Any) -> None:
        self._receive(message)

    def kill(self, patience: float = 0.0) -> str:
        raise AssertionError("nothing here kills a worker")


class LiveConnection:
    """One connection: what the venue has not answered, and what the router has not read."""

    def __init__(self) -> None:
        self.epoch = 0
        self.alive = False
        self.asked: deque[Request] = deque()
        self.said: deque[Any] = deque()


class WayOut:
    """``ask``, ``overdue`` and ``answer_early`` are actions of other actors. ``rise``, ``die``, ``answer``
    and ``ignore`` are actions of the venue. ``step``, ``route`` and ``read`` handle one message."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.awaited: dict[RequestKey, Request] = {}
        self.ended: list[RequestDone] = []
        self.told: deque[EventBatch] = deque()
        self.lines = {name: LiveConnection() for name in NAMES}
        self._ids = 0
        shared: Any = {"dispatcher": Dispatcher(lambda: self.now, "simulation")}
        router, ignored = Receiver(self._tell_router), Receiver(lambda _: None)
        self.pool = Pool(PoolPlan(NAMES, len(NAMES), 0, 4, 60.0), router=router, **shared)
        self.batcher = Batcher(BatchSettings(3, 0.5), outbound=self.pool.actor_ref, **shared)
        self.limiter = RateLimiter(
            Allowance((Rate(3, 1.0),), 2),
            {},
            outbound=self.batcher.actor_ref,
            pool=self.pool.actor_ref,
            router=router,
            **shared,
        )
        self.actors: dict[str, RuntimeActor] = {
            "limiter": self.limiter,
            "batcher": self.batcher,
            "pool": self.pool,
        }
        self.pool.on_receive(PoolRefs(self.limiter.actor_ref, order_desk=ignored, supervisor=ignored))
        for name in NAMES:
            self.pool.on_receive(ConnectionPlaced(name, Receiver(self._send)))

    def _tell_router(self, message: Any) -> None:
        if isinstance(message, EventBatch):
            self.told.append(message)

    # The actors in front

    def ask(self, kind: str) -> None:
        self._ids += 1
        reply_to = ReplyTo.CANDLES if kind == "page" else ReplyTo.ROUTER
        order = f"o{self._ids}" if kind == "order" else ""
        urgent = kind in {"order", "cancellation"}
        request = Request(
            self._ids, COMMANDS[kind], self.now + PATIENCE, urgent=urgent, order=order, reply_to=reply_to
        )
        self.awaited[request.key] = request
        self.limiter.actor_ref.tell(request)

    def overdue(self) -> None:
        """End the requests whose deadlines have passed."""
        for request in [each for each in self.awaited.values() if each.expires_at <= self.now]:
            self._end(request.key, succeeded=False)

    def answer_early(self) -> None:
        """An action of another client of the account answers the oldest cancellation."""
        for request in self.awaited.values():
            if isinstance(request.command, CancelPendingOrder):
                self._end(request.key, succeeded=True)
                return

    def _end(self, key: RequestKey, *, succeeded: bool) -> None:
        """As the router does: a waiter ends once, a page with every answer."""
        if self.awaited.pop(key, None) is None and key[0] is ReplyTo.ROUTER:
            return
        done = RequestDone(key[1], succeeded, key[0])
        self.ended.append(done)
        for actor in self.actors.values():
            actor.actor_ref.tell(done)

    # The venue

    def rise(self, name: str) -> None:
        line = self.lines[name]
        if not line.alive and not any(isinstance(item, ConnectionDown) for item in line.said):
            line.epoch, line.alive = line.epoch + 1, True
            line.said.append(ConnectionUp(name, line.epoch, "r"))

    def die(self, name: str) -> None:
        line = self.lines[name]
        if line.alive:
            line.alive = False
            line.asked.clear()
            line.said.append(ConnectionDown(name, line.epoch, "r", "lost", was_ready=True))

    def _send(self, send: Send) -> None:
        line = self.lines[send.connection]
        if line.alive and line.epoch == send.epoch:
            line.asked.extend(send.requests)

    def answer(self, name: str) -> None:
        line = self.lines[name]
        if not line.asked:
            return
        request = line.asked.popleft()
        match request.command:
            case SubscribeTicks(asset=asset, period=period):
                line.said.append(StreamConfirmed(asset, period, name, line.epoch))
            case UnsubscribeTicks(asset=asset):
                line.said.append(StreamReleased(asset, name))
        line.said.append(request.response())

    def ignore(self, name: str) -> None:
        """The venue does not answer."""
        if self.lines[name].asked:
            self.lines[name].asked.popleft()

    # One message

    def step(self, name: str) -> None:
        """An actor handles its next message or due timer, if it has one."""
        handle_next(self.actors[name])

    def route(self) -> None:
        """The router handles the next batch of an actor."""
        if self.told:
            for item in self.told.popleft().items:
                if isinstance(item, Response | Failure):
                    self._end((item.reply_to, item.request), succeeded=isinstance(item, Response))

    def read(self, name: str) -> None:
        """The router handles the next item of a connection."""
        if not self.lines[name].said:
            return
        match item := self.lines[name].said.popleft():
            case Response(request=id, reply_to=reply_to):
                if reply_to is not ReplyTo.NONE:
                    self._end((reply_to, id), succeeded=True)
            case StreamConfirmed() | StreamReleased():
                self.pool.actor_ref.tell(item)
            case ConnectionUp() | ConnectionDown():
                self.limiter.actor_ref.tell(item)
                self.pool.actor_ref.tell(item)

    # All of them

    def settle(self) -> None:
        """Everything on its way arrives, and the venue answers everything."""
        while self._busy:
            for name in NAMES:
                self.answer(name)
                self.read(name)
            self.route()
            for name in self.actors:
                self.step(name)

    @property
    def _busy(self) -> bool:
        lines = self.lines.values()
        inboxes = any(len(actor.inbox) for actor in self.actors.values())
        return bool(self.told or inboxes or any(line.said or line.asked for line in lines))

    def rest(self) -> None:
        """Every connection comes up, and every deadline passes."""
        for name in NAMES:
            self.rise(name)
        for _ in range(2 * int(PATIENCE)):
            self.settle()
            self.now += 1.0
            self.overdue()
            for name in self.actors:
                self.step(name)
            for name in NAMES:
                self.rise(name)
        self.settle()

    def statuses(self) -> tuple[LimiterStatus, PoolPart]:
        parts: list[Any] = []

        def receive(described: Described) -> None:
            parts.append(described.part)

        for actor in (self.limiter, self.pool):
            actor.on_receive(Describe(1, Receiver(receive)))
        return parts[0], parts[1]
