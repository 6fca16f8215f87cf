"""The one gate that every request passes on its way out, whatever process it comes from or goes to."""

import math
from collections import deque
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.engine.timers import Timer
from actors.errors import Halted, NotSent, RateLimited
from actors.messages.commands import Command, SubscribeTicks
from actors.messages.control import Drain, Reconfigure, ResumeOrders, StopOrders
from actors.messages.events import ConnectionDown, ConnectionUp
from actors.messages.lifecycle import Tellable
from actors.messages.outbound import ConnectionWanted
from actors.messages.status import Describe, LimiterStatus
from actors.messages.traffic import EventBatch, Request, RequestDone, RequestKey
from actors.rates import Allowance, Quota

EXPIRED = "its deadline passed while it waited to be sent"


class _Admit(Struct, frozen=True):
    """The windows may admit the next request now."""


class RateLimiter(RuntimeActor):
    """Owns the rate windows and the count of unanswered requests.

    Receives ``Request``, ``RequestDone`` and the ups and downs of connections (while there is none, nothing
    is admitted: what cannot be sent must not use the rate up); sends admitted requests to ``outbound`` and
    the ``Failure`` of refused ones to ``router``. ``pool`` gets ``ConnectionWanted`` while requests wait for
    a connection.
    """

    def __init__(
        self,
        allowance: Allowance,
        messages_per_command: Mapping[type[Command], int],
        *,
        outbound: Tellable,
        pool: Tellable,
        router: Tellable,
        **kwargs: Any,
    ) -> None:
        super().__init__("rate limiter", **kwargs)
        self._quota = Quota(allowance)
        self._messages_per_command = messages_per_command
        self._outbound = outbound
        self._pool = pool
        self._router = router
        self._urgent: deque[Request] = deque()
        self._waiting: deque[Request] = deque()
        self._ready: dict[str, int] = {}
        self._barred: NotSent | None = None
        self._timer: Timer | None = None
        self._passed = self._refused = 0

    def on_receive(self, message: Any) -> None:
        match message:
            case Request():
                self._queue(message)
            case RequestDone():
                self._quota.settle(message.key)
                self._withdraw(message.key)
                self._admit()
            case _Admit():
                self._timer = None
                self._admit()
            case ConnectionUp(connection=name, epoch=epoch):
                self._ready[name] = epoch
                self._admit()
            case ConnectionDown(connection=name, epoch=epoch):
                if self._ready.get(name) == epoch:
                    del self._ready[name]
                    self._admit()
            case StopOrders(reason=reason):
                self._stop_orders(Halted(reason))
            case Drain():
                self._stop_orders(NotSent("the runtime stopped before it was sent"))
            case ResumeOrders():
                self._barred = None
            case Reconfigure(settings=Allowance() as allowance):
                self._quota.change(allowance)
                self._admit()
            case Describe():
                self.describe(message, self._status())
            case _:
                self.unexpected(message)

    def _queue(self, request: Request) -> None:
        if request.order and self._barred is not None:
            self._refuse(request, self._barred)
            return
        if not request.awaited and request in self._waiting:
            return  # a stream that is restored again and again waits once
        now = self.now()
        ahead = self._urgent if request.urgent else (*self._urgent, *self._waiting)
        wait = self._quota.estimate(
            now, sum(map(self._cost, ahead)), self._cost(request), urgent=request.urgent
        )
        if now + wait > request.expires_at:
            self._refuse(request, RateLimited(f"the rate limit holds it for {wait:.1f} s", wait))
            return
        (self._urgent if request.urgent else self._waiting).append(request)
        self._admit()

    def _admit(self) -> None:
        self._expire_orders()
        if not self._ready and (self._urgent or self._waiting):
            self._pool.tell(ConnectionWanted())
        while self._ready and (lane := self._urgent or self._waiting):
            now = self.now()
            request = lane[0]
            if now >= request.expires_at:
                lane.popleft()
                self._refuse(request, NotSent(EXPIRED))
                continue
            wait = self._quota.wait(now, self._cost(request), urgent=request.urgent)
            if wait > 0 or (_counted(request) and not request.urgent and self._quota.full):
                self._try_again(wait or 1.0)
                return
            lane.popleft()
            self._quota.book(now, self._cost(request), _counted(request))
            self._passed += 1
            self._outbound.tell(request)
        if self._urgent:
            self._try_again(math.inf)

    def _withdraw(self, key: RequestKey) -> None:
        """A request that waits here must not leave once it is done: its ``RequestDone`` would not come again.

        The order desk still needs the ``Failure`` of an order: it says that the order was surely not sent.
        """
        for lane in (self._urgent, self._waiting):
            for request in lane:
                if request.key == key:
                    lane.remove(request)
                    self._refuse(request, NotSent("it was done before it was sent"))
                    return

    def _expire_orders(self) -> None:
        """An order must have its answer by its deadline, not when its turn would come."""
        now = self.now()
        for request in [request for request in self._urgent if request.expires_at <= now]:
            self._urgent.remove(request)
            self._refuse(request, NotSent(EXPIRED))

    def _try_again(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        expiries = (request.expires_at - self.now() for request in self._urgent)
        delay = min(delay, max(0.0, min(expiries, default=math.inf)))
        self._timer = self.after(delay, _Admit())

    def _stop_orders(self, error: NotSent) -> None:
        self._barred = error
        orders = [request for request in self._urgent if request.order]
        self._urgent = deque(request for request in self._urgent if not request.order)
        for request in orders:
            self._refuse(request, error)

    def _refuse(self, request: Request, error: NotSent) -> None:
        self._refused += 1
        if request.awaited:
            self._router.tell(EventBatch(self.name, [request.failure(error)]))

    def _status(self) -> LimiterStatus:
        return LimiterStatus(
            windows=self._quota.headroom(self.now()),
            waiting=len(self._urgent) + len(self._waiting),
            in_flight=self._quota.in_flight,
            max_in_flight=self._quota.max_in_flight,
            passed=self._passed,
            refused=self._refused,
        )

    def _cost(self, request: Request) -> int:
        """Messages on the wire; one, where the venue's table says nothing."""
        return self._messages_per_command.get(type(request.command), 1)


def _counted(request: Request) -> RequestKey | None:
    """Its key if it takes a place among those without an answer; a stream may stay unconfirmed for hours."""
    counted = request.awaited and not isinstance(request.command, SubscribeTicks)
    return request.key if counted else None
