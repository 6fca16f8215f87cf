"""The rate limiter: every request passes it, whatever process it comes from or goes to."""

import contextlib
import math
from collections import deque
from collections.abc import Mapping
from typing import Any

import pykka
from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.engine.timers import Timer
from actors.errors import Halted, NotSent, RateLimited
from actors.lives import Lives
from actors.messages.commands import Command, SubscribeTicks
from actors.messages.control import Drain, Reconfigure
from actors.messages.events import ConnectionDown, ConnectionUp
from actors.messages.lifecycle import Tellable
from actors.messages.outbound import ConnectionWanted, ResumeOrders, StopOrders
from actors.messages.status import Describe, LimiterStatus
from actors.messages.traffic import EventBatch, Request, RequestDone, RequestKey
from actors.rates import Allowance, Quota

EXPIRED = "its deadline passed while it waited to be sent"
STOPPED = "the runtime stopped before it was sent"


class _Admit(Struct, frozen=True):
    """Time to admit the next request, or to refuse an expired one."""


class RateLimiter(RuntimeActor):
    """Owns the rate windows and the set of unanswered requests.

    Receives ``Request``, ``RequestDone``, ``ConnectionUp`` and ``ConnectionDown``. Sends admitted requests to
    ``outbound``, the ``Failure`` of refused ones to ``router``, and ``ConnectionWanted`` to ``pool`` while
    requests wait for a connection. Without a connection nothing is admitted: a request that cannot be sent
    must not use up the rate.
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
        self._lives = Lives()
        self._orders_refused_with: NotSent | None = None
        self._timer: Timer | None = None
        self._passed = self._refused = 0

    def on_receive(self, message: Any) -> None:
        match message:
            case Request():
                self._queue(message)
            case RequestDone():
                if not self._quota.on_done(message.key):
                    self._withdraw(message.key)
                self._admit()
            case _Admit():
                self._timer = None
                self._admit()
            case ConnectionUp():
                self._lives.up(message.life)
                self._admit()
            case ConnectionDown():
                if self._lives.down(message.life):
                    self._admit()
            case StopOrders(reason=reason):
                self._stop_orders(Halted(reason))
            case Drain():
                self._stop_orders(NotSent(STOPPED))
            case ResumeOrders():
                self._orders_refused_with = None
            case Reconfigure(settings=Allowance() as allowance):
                self._quota.change(allowance)
                self._admit()
            case Describe():
                self.describe(message, self._status())
            case _:
                self.unexpected(message)

    def _queue(self, request: Request) -> None:
        if request.order and self._orders_refused_with is not None:
            self._refuse(request, self._orders_refused_with)
            return
        if not request.awaited and request in self._waiting:
            return  # a stream that is restored after each of many losses waits once
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
        if (self._urgent or self._waiting) and not self._lives:
            self._pool.tell(ConnectionWanted())
        while (lane := self._urgent or self._waiting) and self._lives:
            now = self.now()
            request = lane[0]
            if now >= request.expires_at:
                lane.popleft()
                self._refuse(request, NotSent(EXPIRED))
                continue
            wait = self._quota.wait(now, self._cost(request), urgent=request.urgent)
            if wait > 0 or (not request.urgent and self._quota.full and _counted(request)):
                self._try_again(wait or 1.0)
                return
            lane.popleft()
            self._quota.book(now, self._cost(request), _counted(request))
            self._passed += 1
            self._outbound.tell(request)
        if self._urgent:
            self._try_again(math.inf)

    def _withdraw(self, key: RequestKey) -> None:
        """Refuse a request that is done while it waits: sent later, it would be in flight for ever.

        The order desk needs the ``Failure`` of an order, which says that the order was surely not sent.
        """
        for lane in (self._urgent, self._waiting):
            for request in lane:
                if request.key == key:
                    lane.remove(request)
                    self._refuse(request, NotSent("it was withdrawn before it was sent"))
                    return

    def _expire_orders(self) -> None:
        """Refuse urgent requests at their deadline, not at their turn."""
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
        self._orders_refused_with = error
        orders = [request for request in self._urgent if request.order]
        self._urgent = deque(request for request in self._urgent if not request.order)
        for request in orders:
            self._refuse(request, error)

    def _refuse(self, request: Request, error: NotSent) -> None:
        self._refused += 1
        if request.awaited:
            with contextlib.suppress(pykka.ActorDeadError):  # the router's waiters have their answers then
                self._router.tell(EventBatch(self.name, [request.failure(error)]))

    def release(self, unhandled: list[Any]) -> None:
        left = [*self._urgent, *self._waiting, *unhandled]
        for request in left:
            if isinstance(request, Request):
                self._refuse(request, NotSent(STOPPED))

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
        """Messages on the wire: 1 unless the venue's table says otherwise."""
        return self._messages_per_command.get(type(request.command), 1)


def _counted(request: Request) -> RequestKey | None:
    """Its key if it counts as unanswered; a stream does not, it may stay unconfirmed for hours."""
    counted = request.awaited and not isinstance(request.command, SubscribeTicks)
    return request.key if counted else None
