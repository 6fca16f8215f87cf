"""The composition root: starts every actor, connects them, and drains them."""

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pykka

from actors.bars.bar_builder import BarBuilder
from actors.candles.history_loader import HistoryLoader
from actors.engine.dispatcher import Dispatcher
from actors.engine.paced_dispatcher import PacedDispatcher, VenuePace
from actors.engine.ref import here
from actors.engine.router_ref import RouterRef
from actors.health.backfiller import Backfiller
from actors.health.health_monitor import HealthMonitor
from actors.messages import events
from actors.messages.commands import Subscribe
from actors.messages.control import Drain
from actors.messages.lifecycle import OutboundRef, SystemReady, Tellable
from actors.messages.routing import SubscribeTypes
from actors.messages.workers import ConnectionSettings, LeaseExtended, WorkerHandle
from actors.orders.desk_clock import DeskClock
from actors.orders.journal import Journal
from actors.orders.messages import PendingDeskRefs
from actors.orders.order_desk import OrderDesk
from actors.orders.pending_desk import PendingDesk
from actors.orders.pre_trade_checks import OrderLimits
from actors.outbound.batcher import Batcher
from actors.outbound.messages import PoolRefs
from actors.outbound.pool import Pool
from actors.outbound.rate_limiter import RateLimiter
from actors.outbound.send_log import SendLog
from actors.outbound.send_recorder import SendRecorder
from actors.rates import Allowance
from actors.routing.messages import RouterRefs
from actors.routing.raw_rules import RawRules
from actors.routing.router import Router
from actors.routing.subscriber import Subscriber
from actors.routing.subscriptions import SubscriberRef
from actors.supervision import supervisor
from actors.supervision.children import Plan
from actors.supervision.supervisor import Supervisor
from actors.values import Region
from actors.venues import venue
from actors.venues.base import Login, Profile, Trading
from runtime.config import Config
from runtime.system.configured_streams import ConfiguredStreams
from runtime.system.guardian import Guardian
from runtime.system.reloader import CurrentConfig, Recipients, Reloader
from runtime.system.settings import (
    at_speed,
    has_orders,
    live_settings,
    make_plan,
    page_sizes,
    pool_plan,
    stream_owner,
    trading_of,
    unserved,
)

LISTENS: dict[type[pykka.Actor], tuple[type[events.Event], ...]] = {
    Supervisor: (
        events.ConnectionUp,
        events.ConnectionDown,
        events.ConnectionSuspect,
        events.ConnectionReport,
        events.WorkerDown,
        events.Heartbeat,
    ),
    Pool: (
        events.ConnectionUp,
        events.ConnectionDown,
        events.ActorQuarantined,
        events.StreamConfirmed,
        events.StreamReleased,
        events.DealsOpen,
        events.ClockReport,
    ),
    RateLimiter: (events.ConnectionUp, events.ConnectionDown),
    PendingDesk: (
        events.ConnectionUp,
        events.ConnectionDown,
        events.ClockReport,
        events.DealsOpen,
        events.DealsClosed,
        events.OrderOpened,
        events.PendingAnswered,
        events.PendingOrdersListed,
        events.TradingHalted,
        events.TradingResumed,
    ),
    OrderDesk: (
        events.ConnectionUp,
        events.ConnectionDown,
        events.AssetsListed,
        events.BalanceChanged,
        events.ClockReport,
        events.DealAccepted,
        events.DealRefused,
        events.DealsOpen,
        events.DealsClosed,
    ),
    HealthMonitor: (
        events.ConnectionUp,
        events.ConnectionDown,
        events.ConnectionReport,
        events.AssetsListed,
        events.StreamPlaced,
        events.StreamConfirmed,
        events.StreamMoves,
        events.StreamReleased,
        events.StreamDropped,
    ),
    Backfiller: (events.StreamGap,),
    HistoryLoader: (events.ClockReport,),
    BarBuilder: (
        events.ConnectionDown,
        events.StreamConfirmed,
        events.StreamReleased,
        events.StreamMoves,
        events.StreamGap,
        events.ClockReport,
    ),
}
"""The events that each actor of the system subscribes to; the history loader and the bar builder
subscribe to ticks as they need to."""

SHARING: frozenset[type[pykka.Actor]] = frozenset(
    {
        Router,
        RateLimiter,
        Batcher,
        Pool,
        HealthMonitor,
        Backfiller,
        HistoryLoader,
        BarBuilder,
        ConfiguredStreams,
    }
)
"""The actors that share one thread, with the connections if there are no workers: a tick or a request wakes
one thread. An actor that may block has its own: the supervisor (it starts and ends processes), the reloader
(it watches files), the gateway, and each subscriber."""

DESKS: frozenset[type[pykka.Actor]] = frozenset({OrderDesk, PendingDesk})
"""The actors that share another thread, since they write into one journal and wait for the disk."""

Ref = pykka.ActorRef[Any]


class Resources(NamedTuple):
    """What the actors need beyond the configuration.

    ``regions`` gives those that a configuration lets us dial. ``start_worker`` starts the worker of a name;
    the events of its connections go to the router, and connections of this process run in the dispatcher.
    ``orders_refused`` is why every order is refused, ``""`` if orders are sent.
    """

    login: Login
    regions: Callable[[Config], Sequence[Region]]
    journal: Journal
    start_worker: Callable[[Tellable, Dispatcher, str], WorkerHandle]
    escalate: Callable[[Exception], None]
    orders_refused: str = ""
    dispatcher: Dispatcher | None = None
    """Where all actors run; ``None``: as ``SHARING`` and ``DESKS`` say."""
    send_log: SendLog | None = None
    """Of an account that several hosts have in turn."""
    pace: VenuePace | None = None
    """A clock that is faster than ours, which all actors go by in one thread."""


class ActorSystem:
    """All actors of a runtime but its gateway. ``router`` takes the commands, ``reloader`` takes ``Reload``.

    Each actor gets the refs of those that started before it, and is told those of later ones if it needs
    them. ``guardian`` ends the actors in reverse order, after ``drain``.
    """

    router: RouterRef

    def __init__(self, current: CurrentConfig, resources: Resources, guardian: Guardian) -> None:
        self._guardian = guardian
        self._only = PacedDispatcher(resources.pace) if resources.pace else resources.dispatcher
        self._dispatcher = self._only or Dispatcher(name="shared by actors")
        self._desks = self._only or Dispatcher(name="desks")
        config, login, start = current.value, resources.login, self._start
        paced = at_speed(config, self._dispatcher.speed)
        profile, trading = config.account.profile, trading_of(config)
        regions = resources.regions(config)
        settings, plan = live_settings(paced, regions), make_plan(paced, login, regions)

        timeout, refused = paced.connection.message_timeout, unserved(config)
        raw = RawRules(pool_plan(config.pool).names, venue(config.account.venue).refuse_text)
        self.router = router = start(Router, self._start_subscriber, timeout, refused, raw)
        self._start_desks(settings.orders, resources, trading)
        self._history_loader = self._start_history_loader(config, settings.allowance)
        # A request passes the limiter, the batcher and the pool: they start from the last to the first.
        self._pool = pool = start(Pool, pool_plan(config.pool), router=router)
        self._batcher = start(Batcher, settings.batches, outbound=here(pool))
        self._limiter = self._start_limiter(settings.allowance, profile, resources.send_log)
        interval = config.health.check_interval
        self._monitor = start(HealthMonitor, settings.health, interval, router=router, pool=pool)
        self._backfiller = self._start_backfiller(profile)
        self._bars = self._start_bar_builder(profile)
        self._supervisor = self._start_supervisor(plan, resources)
        self._streams = start(ConfiguredStreams, settings.periods, stream_owner(config), router=router)
        recipients = Recipients(
            self._limiter,
            self._batcher,
            self._monitor,
            self._supervisor,
            self._order_desk,
            self._history_loader,
            self._streams,
            router,
        )
        self.reloader = start(Reloader, current, recipients, regions=resources.regions)
        self._subscribe(trades=has_orders(config))
        self._begin()

    def drain(self, timeout: float) -> None:
        """Refuse new work, answer what waits, and close every connection; returns once all are closed, or
        after ``timeout`` seconds."""
        draining = (
            self.reloader,  # first, so that no change of settings begins any more
            self._streams,
            self._limiter,
            self.router,
            self._history_loader,
            self._pool,
            self._supervisor,
        )
        for ref in draining:
            with contextlib.suppress(pykka.ActorDeadError):  # it has failed
                ref.tell(Drain())
        self._guardian.await_end(self._supervisor, timeout)

    def extend_lease(self, until: float) -> None:
        """As ``Runtime.extend_lease``."""
        self._supervisor.tell(LeaseExtended(until))

    def _start(self, actor: Any, *args: Any, **kwargs: Any) -> Any:
        if actor in SHARING:
            kwargs["dispatcher"] = self._dispatcher
        elif actor in DESKS:
            kwargs["dispatcher"] = self._desks
        elif self._only is not None:
            kwargs["dispatcher"] = self._only
        return self._guardian.start(actor, *args, **kwargs)

    def _start_limiter(self, allowance: Allowance, profile: Profile, log: SendLog | None) -> Any:
        costs = profile.messages_per_command
        outbound = self._batcher
        if log is not None:
            outbound = self._start(SendRecorder, log, costs, outbound=outbound)
        return self._start(
            RateLimiter,
            allowance,
            costs,
            profile.subscribed_by_first,
            () if log is None else log.ages(),
            outbound=outbound,
            pool=self._pool,
            router=self.router,
        )

    def _start_history_loader(self, config: Config, allowance: Allowance) -> Any:
        sizes, cache = page_sizes(config.account.profile), config.candles
        return self._start(
            HistoryLoader, sizes, cache.cache_ttl, cache.cache_size, allowance, router=self.router
        )

    def _start_backfiller(self, profile: Profile) -> Any:
        refs = {"router": self.router, "history_loader": self._history_loader}
        return self._start(Backfiller, profile.candles_per_request, **refs)

    def _start_bar_builder(self, profile: Profile) -> Any:
        return self._start(
            BarBuilder,
            profile.clock_ahead,
            loads_ticks=profile.ticks_span is not None,
            router=self.router,
            history_loader=self._history_loader,
        )

    def _start_supervisor(self, plan: Plan, resources: Resources) -> Any:
        return self._start(
            Supervisor,
            plan,
            start_worker=functools.partial(resources.start_worker, self.router, self._dispatcher),
            probe=functools.partial(_probe, plan.settings),
            router=self.router,
            pool=self._pool,
            escalate=resources.escalate,
        )

    def _start_desks(self, limits: OrderLimits, resources: Resources, trading: Trading) -> None:
        account, journal = resources.login.account, resources.journal
        only = self._only
        clock = only and DeskClock(only.clock, only.wall_clock, only.clock)
        self._pending_desk = self._start(
            PendingDesk,
            account,
            trading,
            journal,
            limits.verdict_delay,
            router=self.router,
            desk_clock=clock,
        )
        self._order_desk = self._start(
            OrderDesk,
            account,
            limits,
            trading,
            journal,
            refuses=resources.orders_refused,
            router=self.router,
            pending_desk=self._pending_desk,
            desk_clock=clock,
        )

    def _start_subscriber(self, command: Subscribe) -> SubscriberRef:
        return Subscriber.start_for(command, self.router, self._dispatcher)

    def _subscribe(self, *, trades: bool) -> None:
        """A feed whose session is an account's is told of deals that are none of its own."""
        listeners = (
            self._supervisor,
            self._pool,
            self._limiter,
            self._monitor,
            self._backfiller,
            *((self._order_desk, self._pending_desk) if trades else ()),
            self._history_loader,
            self._bars,
        )
        for listener in listeners:
            except_from = (
                supervisor.NAME if listener is self._supervisor else ""
            )  # it knows what it announced
            self.router.tell(SubscribeTypes(LISTENS[listener.actor_class], listener, except_from))

    def _way_out_ended(self) -> bool:
        """The pool is its last actor, and the last to end."""
        return not self._pool.is_alive()

    def _begin(self) -> None:
        outbound = self._limiter
        refs = RouterRefs(
            outbound=here(outbound),
            pool=self._pool,
            supervisor=self._supervisor,
            order_desk=self._order_desk,
            pending_desk=self._pending_desk,
            history_loader=self._history_loader,
            bars=self._bars,
            configured=self._streams,
            parts=(
                self._supervisor,
                self._pool,
                self._monitor,
                self._limiter,
                self._batcher,
                self._order_desk,
                self._pending_desk,
                self._history_loader,
                self.reloader,
                self._streams,
            ),
            done_to=tuple(map(here, (self._limiter, self._batcher, self._pool))),
        )
        self.router.tell(refs)
        self._pool.tell(PoolRefs(outbound, self._order_desk, self._supervisor))
        self._pending_desk.tell(PendingDeskRefs(self._order_desk, outbound, self._way_out_ended))
        for ref in (self._order_desk, self._history_loader):
            ref.tell(OutboundRef(outbound, self._way_out_ended))
        self._supervisor.tell(SystemReady())  # starts the first worker: every other actor has its refs by now
        self._streams.tell(SystemReady())
        self.reloader.tell(SystemReady())  # last, so that no reload comes before these streams


def _probe(settings: ConnectionSettings, regions: Sequence[Region], to: Tellable) -> None:
    # Now: by default no region is probed, and else nothing in this process opens a socket to the venue.
    from runtime.system.probing import probe_in_background  # noqa: PLC0415

    probe_in_background(settings, regions, to)
