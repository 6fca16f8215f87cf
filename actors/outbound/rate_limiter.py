"""The rate limiter: every request passes it, whatever process it comes from or goes to."""

import contextlib
import functools
import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import pykka
from msgspec import Struct, structs

from actors.engine.actor import RuntimeActor
from actors.engine.timers import Timer
from actors.errors import Halted, NotSent, RateLimited
from actors.lives import Lives
from actors.messages.commands import Command, SubscribeTicks
from actors.messages.control import Drain, Reconfigure
from actors.messages.events import ConnectionDown, ConnectionUp
from actors.messages.lifecycle import Tellable
from actors.messages.outbound import (
    AdmitStreams,
    ConnectionWanted,
    HoldStreams,
    ResumeOrders,
    StopOrders,
)
from actors.messages.status import Describe, LimiterStatus
from actors.messages.traffic import EventBatch, Request, RequestDone, RequestKey, RequestPart
from actors.outbound.costs import cost_of
from actors.rates import Allowance, Quota

EXPIRED = "its deadline passed while it waited to be sent"
STOPPED = "the runtime stopped before it was sent"


class _Admit(Struct, frozen=True):
    """Time to admit the next request, or to refuse an expired one."""


class RateLimiter(RuntimeActor):
    """Owns the rate windows and the set of unanswered requests.

    Receives ``Request``, ``RequestDone``, ``ConnectionUp`` and ``ConnectionDown``. Sends admitted requests to
    ``outbound``, the ``Failure`` of refused ones to ``router``, and ``ConnectionWanted`` to ``pool`` while
    requests wait for a connection. Without a connection nothing is admitted, nor a subscription after
    ``HoldStreams``: a request that cannot be sent must not use up the rate. The rest of a subscription that
    leaves in two parts waits behind all other requests.
    """

    def __init__(
        self,
        allowance: Allowance,
        messages_per_command: Mapping[type[Command], int],
        subscribed_by_first: bool = False,
        earlier: Sequence[float] = (),
        *,
        outbound: Tellable,
        pool: Tellable,
        router: Tellable,
        **kwargs: Any,
    ) -> None:
        """``earlier`` are sends of an owner before this one, so many seconds ago, the oldest first."""
        super().__init__("rate limiter", **kwargs)
        now = self.now()
        self._quota = Quota(allowance, [now - age for age in earlier])
        self._cost = functools.partial(cost_of, messages_per_command)
        self._subscribed_by_first = subscribed_by_first
        self._outbound = outbound
        self._pool = pool
        self._router = router
        self._urgent: deque[Request] = deque()
        self._waiting: deque[Request] = deque()
        self._rests: deque[Request] = deque()
        self._held: list[Request] = []
        self._streams_held = False
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
            case HoldStreams():
                self._streams_held = True
            case AdmitStreams():
                self._streams_held = False
                self._waiting.extendleft(reversed(self._held))
                self._held.clear()
                self._admit()
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
        request = self._in_parts(request)
        if not request.awaited and (request in self._waiting or request in self._rests):
            return  # a stream that is restored after each of many losses waits once
        if request.part is RequestPart.REST:
            self._rests.append(request)
            self._admit()
            return
        now = self.now()
        ahead = self._urgent if request.urgent else (*self._urgent, *self._waiting)
        wait = self._quota.estimate(
            now, sum(map(self._cost, ahead)), self._cost(request), urgent=request.urgent
        )
        if now + wait > request.expires_at:
            told = math.ceil(wait * 10) / 10  # never 0.0
            held = RateLimited(f"the rate limit holds it for {told:.1f} s", wait)
            self._refuse(request, NotSent(EXPIRED) if now > request.expires_at else held)
            return
        if self._streams_held and isinstance(request.command, SubscribeTicks):
            self._held.append(request)
        else:
            (self._urgent if request.urgent else self._waiting).append(request)
        self._admit()

    def _in_parts(self, request: Request) -> Request:
        """A subscription that a user asks for, or that the pool marks as a new stream, leaves in two parts if
        the first begins the stream: all streams begin before anything else is said about them."""
        if not isinstance(request.command, SubscribeTicks) or request.part is RequestPart.REST:
            return request
        begins = request.part is RequestPart.FIRST or not request.connection
        return structs.replace(
            request, part=RequestPart.FIRST if begins and self._subscribed_by_first else RequestPart.WHOLE
        )

    def _admit(self) -> None:
        if self._urgent:
            self._expire_orders()
        if (self._urgent or self._waiting or self._held) and not self._lives.by_connection:
            self._pool.tell(ConnectionWanted())
        while (lane := self._urgent or self._waiting or self._rests) and self._lives.by_connection:
            now = self.now()
            request = lane[0]
            if now >= request.expires_at:
                lane.popleft()
                self._refuse(request, NotSent(EXPIRED))
                continue
            cost = self._cost(request)
            wait = self._quota.wait(now, cost, urgent=request.urgent)
            if wait > 0 or (not request.urgent and self._quota.full and _counted(request)):
                self._try_again(wait or 1.0)
                return
            lane.popleft()
            self._quota.book(now, cost, _counted(request))
            self._passed += request.part is not RequestPart.REST  # which passed with its first part
            self._outbound.tell(request)
        if self._urgent:
            self._try_again(math.inf)

    def _withdraw(self, key: RequestKey) -> None:
        """Refuse a request that is done while it waits: sent later, it would be in flight for ever.

        The order desk needs the ``Failure`` of an order, which says that the order was surely not sent.
        """
        for lane in (self._urgent, self._waiting, self._held):
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
        left = [*self._urgent, *self._waiting, *self._held, *unhandled]
        for request in left:
            if isinstance(request, Request):
                self._refuse(request, NotSent(STOPPED))

    def _status(self) -> LimiterStatus:
        return LimiterStatus(
            windows=self._quota.headroom(self.now()),
            waiting=len(self._urgent) + len(self._waiting) + len(self._held) + len(self._rests),
            in_flight=self._quota.in_flight,
            max_in_flight=self._quota.max_in_flight,
            passed=self._passed,
            refused=self._refused,
        )


def _counted(request: Request) -> RequestKey | None:
    """Its key if it counts as unanswered; a stream does not, it may stay unconfirmed for hours."""
    counted = request.awaited and not isinstance(request.command, SubscribeTicks)
    return request.key if counted else None
