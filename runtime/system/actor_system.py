"""The actors put together: each made with what it needs, told of the others, subscribed to what it hears."""

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pykka

from actors.candles.candle_loader import CandleLoader
from actors.engine.dispatcher import Dispatcher
from actors.health.backfiller import Backfiller
from actors.health.health_monitor import HealthMonitor
from actors.messages.commands import Subscribe
from actors.messages.control import Drain
from actors.messages.lifecycle import Refs, Tellable, WorkerHandle
from actors.orders.journaled_ledger import Journal
from actors.orders.order_desk import OrderDesk
from actors.orders.pending_desk import PendingDesk
from actors.outbound.batcher import Batcher
from actors.outbound.pool import Pool
from actors.outbound.rate_limiter import RateLimiter
from actors.routing.router import Router
from actors.routing.subscriber import Subscriber
from actors.supervision.supervisor import Supervisor
from actors.values import Region
from actors.venues.pocketoption.login import Login
from runtime.config import Config
from runtime.system.guardian import Guardian
from runtime.system.probing import probe_in_background
from runtime.system.reloader import CurrentConfig, Recipients, Reloader
from runtime.system.settings import (
    allowance_of,
    batches_of,
    limits_of,
    live_settings,
    make_plan,
    pool_plan,
    stream_commands,
    vigilance_of,
)

LISTENS: dict[type[pykka.Actor], tuple[str, ...]] = {
    Supervisor: ("connection.", "worker.down", "report.connection", "report.worker"),
    Pool: ("connection.", "stream.confirmed", "stream.released", "actor.", "desk.open"),
    RateLimiter: ("connection.",),
    PendingDesk: ("desk.pending", "order.pending", "trading."),
    OrderDesk: ("desk.", "connection.", "assets", "balance"),
    HealthMonitor: ("connection.", "stream.", "report.connection", "assets"),
    Backfiller: ("stream.gap",),
}
"""Which events the house's own actors subscribe to; the candle desk does so as it needs to."""

SHARING: frozenset[type[pykka.Actor]] = frozenset(
    {Router, RateLimiter, Batcher, Pool, HealthMonitor, Backfiller, CandleLoader, PendingDesk}
)
"""Who runs in one thread, with the connections if there are no workers: what comes in and what goes out wakes
it once. Who may block has a thread to itself: the order desk (its journal is synced), the supervisor (it
starts and ends processes), the reloader (it watches files), the gateway, and each subscriber."""

Ref = pykka.ActorRef[Any]


class Resources(NamedTuple):
    """What the actors work with beyond the configuration; ``regions`` gives those that a configuration lets
    us dial, ``start_host`` is given a name, the router, and the dispatcher that connections of this process
    share with it."""

    session: Login
    regions: Callable[[Config], Sequence[Region]]
    journal: Journal
    start_host: Callable[[str, Tellable, Dispatcher], WorkerHandle]
    escalate: Callable[[Exception], None]


class ActorSystem:
    """All actors of a runtime but its gateway; ``router`` is their face to the world, ``reloader`` takes a
    changed configuration over."""

    def __init__(self, current: CurrentConfig, means: Resources, household: Guardian) -> None:
        self._config = config = current.value
        self._means = means
        self._household = household
        self._dispatcher = Dispatcher(name="way in and out")
        self.router = self._start(Router, self._start_subscriber, config.connection.message_timeout)
        self._desk, self._pending_desk, self._candle_desk = self._start_desks()
        self._pool, self._batcher, self._limiter = self._start_way_out()
        self._monitor, self._backfiller = self._start_health()
        self._supervisor = self._start_supervisor()
        recipients = Recipients(self._limiter, self._batcher, self._monitor, self._supervisor, self.router)
        self.reloader = self._start(Reloader, current, recipients, regions=means.regions)
        self._subscribe()
        self._introduce(live_settings(config, means.regions(config)).periods)

    def drain(self, timeout: float) -> None:
        """Have everybody say their last words and every connection close politely."""
        draining = (
            self.reloader,  # first, so that no change of settings is begun any more
            self._limiter,
            self.router,
            self._candle_desk,
            self._pool,
            self._supervisor,
        )
        for ref in draining:
            with contextlib.suppress(pykka.ActorDeadError):  # it has failed
                ref.tell(Drain())
        self._household.await_end(self._supervisor, timeout)

    def _start(self, actor: Any, *args: Any, **kwargs: Any) -> Ref:
        if actor in SHARING:
            kwargs["dispatcher"] = self._dispatcher
        return self._household.start(actor, *args, **kwargs)

    def _start_subscriber(self, wish: Subscribe) -> Ref:
        assert not isinstance(wish.to, pykka.ActorRef)
        dispatcher = self._dispatcher if wish.inline else None
        return Subscriber.start(
            wish.topic or "*", wish.to, batch=wish.batch, router=self.router, dispatcher=dispatcher
        )

    def _start_desks(self) -> tuple[Ref, Ref, Ref]:
        kind, limits, candles = self._means.session.kind, limits_of(self._config.orders), self._config.candles
        return (
            self._start(OrderDesk, kind, limits, self._means.journal, router=self.router),
            self._start(PendingDesk, router=self.router),
            self._start(CandleLoader, candles.cache_ttl, candles.cache_size, router=self.router),
        )

    def _start_way_out(self) -> tuple[Ref, Ref, Ref]:
        """From its end to its head: a request passes the limiter, the batcher and the pool."""
        config, router = self._config, self.router
        pool = self._start(Pool, pool_plan(config.pool), router=router)
        batcher = self._start(Batcher, batches_of(config.batching), outbound=pool)
        allowance = allowance_of(config.limits)
        limiter = self._start(
            RateLimiter, allowance, outbound=batcher, pool=pool, router=router, desk=self._desk
        )
        return pool, batcher, limiter

    def _start_health(self) -> tuple[Ref, Ref]:
        health, router = self._config.health, self.router
        vigilance = vigilance_of(health)
        return (
            self._start(HealthMonitor, vigilance, health.check_interval, router=router, pool=self._pool),
            self._start(Backfiller, router=router, candle_desk=self._candle_desk),
        )

    def _start_supervisor(self) -> Ref:
        plan = make_plan(self._config, self._means.session, self._means.regions(self._config))
        return self._start(
            Supervisor,
            plan,
            start_host=self._start_host,
            probe=functools.partial(probe_in_background, plan.settings),
            router=self.router,
            pool=self._pool,
            escalate=self._means.escalate,
        )

    def _start_host(self, name: str) -> WorkerHandle:
        return self._means.start_host(name, self.router, self._dispatcher)

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

    def _introduce(self, periods: dict[str, int]) -> None:
        wired = Refs(
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
                self.reloader,
            ),
        )
        desks = (self._desk, self._pending_desk, self._candle_desk)
        for ref in (self.router, self._pool, *desks, self._supervisor):  # the last starts the first child
            ref.tell(wired)
        for command in stream_commands({}, periods):
            self.router.tell(command)
        self.reloader.tell(wired)  # the last, so that no reload comes before these streams
