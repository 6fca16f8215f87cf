"""The actors put together: each made with what it needs, told of the others, subscribed to what it hears."""

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pykka

from actors.backfiller import Backfiller
from actors.batcher import Batcher
from actors.books import Journal
from actors.candle_desk import CandleDesk
from actors.health_monitor import HealthMonitor
from actors.messages.commands import Subscribe, SubscribeTicks
from actors.messages.control import Drain
from actors.messages.lifecycle import Host, Tellable, Wired
from actors.order_desk import OrderDesk
from actors.pending_desk import PendingDesk
from actors.policy.quota import Rate
from actors.pool import Pool
from actors.rate_limiter import RateLimiter
from actors.router import Router
from actors.subscriber import Subscriber
from actors.supervisor import Supervisor
from actors.values import Region
from actors.wire.ssid import SessionString
from runtime.config import Config
from runtime.household import Household
from runtime.planning import limits_of, make_plan, vigilance_of

LISTENS: dict[type[pykka.Actor], tuple[str, ...]] = {
    Supervisor: ("connection.", "worker.down", "report.connection", "report.worker"),
    Pool: ("connection.", "stream.confirmed"),
    RateLimiter: ("connection.",),
    PendingDesk: ("desk.pending", "order.pending", "trading."),
    OrderDesk: ("desk.", "connection.", "assets", "balance"),
    HealthMonitor: ("connection.", "stream.", "report.connection", "assets"),
    Backfiller: ("stream.gap",),
}
"""Which events the house's own actors subscribe to; the candle desk does so as it needs to."""

Ref = pykka.ActorRef[Any]


class Means(NamedTuple):
    """What the actors work with beyond the configuration; ``start_host`` is given a name and the router."""

    session: SessionString
    regions: Sequence[Region]
    journal: Journal
    start_host: Callable[[str, Tellable], Host]
    escalate: Callable[[Exception], None]


class House:
    """All actors of a runtime but its gateway; ``router`` is their face to the world."""

    def __init__(self, config: Config, means: Means, household: Household) -> None:
        self._config = config
        self._means = means
        self._household = household
        self._start = household.start
        self.router = self._start(Router, self._start_subscriber, config.connection.message_timeout)
        self._desk, self._pending_desk, self._candle_desk = self._start_desks()
        self._pool, self._batcher, self._limiter = self._start_way_out()
        self._monitor, self._backfiller = self._start_health()
        self._supervisor = self._start_supervisor()
        self._subscribe()
        self._introduce()
        for stream in config.streams:
            self.router.tell(SubscribeTicks(stream.asset, stream.period, deadline=math.inf))

    def drain(self, timeout: float) -> None:
        """Have everybody say their last words and every connection close politely."""
        for ref in (self.router, self._candle_desk, self._pool, self._supervisor):
            with contextlib.suppress(pykka.ActorDeadError):  # it has failed
                ref.tell(Drain())
        self._household.await_end(self._supervisor, timeout)

    def _start_subscriber(self, wish: Subscribe) -> Ref:
        assert not isinstance(wish.to, pykka.ActorRef)
        return Subscriber.start(wish.topic or "*", wish.to, batch=wish.batch, router=self.router)

    def _start_desks(self) -> tuple[Ref, Ref, Ref]:
        kind, limits, candles = self._means.session.kind, limits_of(self._config.orders), self._config.candles
        return (
            self._start(OrderDesk, kind, limits, self._means.journal, router=self.router),
            self._start(PendingDesk, router=self.router),
            self._start(CandleDesk, candles.cache_ttl, candles.cache_size, router=self.router),
        )

    def _start_way_out(self) -> tuple[Ref, Ref, Ref]:
        """From its end to its head: a request passes the limiter, the batcher and the pool."""
        limits, batching = self._config.limits, self._config.batching
        rates = [Rate(rate.count, rate.seconds) for rate in limits.messages]
        most = limits.max_concurrent_operations
        pool = self._start(Pool, self._config.pool.streams_per_connection, router=self.router)
        batcher = self._start(Batcher, batching.batch_size, batching.batch_timeout, outbound=pool)
        limiter = self._start(RateLimiter, rates, most, outbound=batcher, router=self.router)
        return pool, batcher, limiter

    def _start_health(self) -> tuple[Ref, Ref]:
        health, router = self._config.health, self.router
        vigilance = vigilance_of(health)
        return (
            self._start(HealthMonitor, vigilance, health.check_interval, router=router, pool=self._pool),
            self._start(Backfiller, router=router, candle_desk=self._candle_desk),
        )

    def _start_supervisor(self) -> Ref:
        return self._start(
            Supervisor,
            make_plan(self._config, self._means.session, self._means.regions),
            start_host=self._start_host,
            router=self.router,
            pool=self._pool,
            escalate=self._means.escalate,
        )

    def _start_host(self, name: str) -> Host:
        return self._means.start_host(name, self.router)

    def _subscribe(self) -> None:
        listeners = (
            self._supervisor,
            self._pool,
            self._limiter,
            self._monitor,
            self._backfiller,
            self._desk,
            self._pending_desk,
        )
        for listener in listeners:
            for topic in LISTENS[listener.actor_class]:
                self.router.tell(Subscribe(topic, to=listener))

    def _introduce(self) -> None:
        wired = Wired(
            outbound=self._limiter,
            pool=self._pool,
            supervisor=self._supervisor,
            desk=self._desk,
            pending_desk=self._pending_desk,
            candle_desk=self._candle_desk,
            parts=(
                self._supervisor,
                self._pool,
                self._monitor,
                self._limiter,
                self._batcher,
                self._desk,
                self._candle_desk,
            ),
        )
        desks = (self._desk, self._pending_desk, self._candle_desk)
        for ref in (self.router, self._pool, *desks, self._supervisor):  # the last starts the first child
            ref.tell(wired)
