"""The house put together: every actor made with what it needs, started in order and stopped in reverse."""

import contextlib
import functools
import math
import os
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pykka
from loguru import logger

from actors.backfiller import Backfiller
from actors.batcher import Batcher
from actors.books import Journal
from actors.connection import Connection
from actors.connection_host import ConnectionHost
from actors.errors import ConfigInvalid, TellwireError, WorkerDied
from actors.health_monitor import HealthMonitor
from actors.messages.commands import Subscribe, SubscribeTicks
from actors.messages.control import Drain
from actors.messages.lifecycle import ActorEnded, ActorFailed, Host, StartConnection, Tellable, Wired
from actors.order_desk import OrderDesk
from actors.pending_desk import PendingDesk
from actors.policy.quota import Rate
from actors.pool import Pool
from actors.rate_limiter import RateLimiter
from actors.router import Router
from actors.subscriber import Subscriber
from actors.supervisor import Supervisor
from actors.values import LogLevel
from actors.wire.ssid import SessionString, parse_session
from runtime.config import Config, load
from runtime.dialing import dial
from runtime.journal import open_journal
from runtime.loads import Loads
from runtime.logs import tokens
from runtime.planning import journal_path, limits_of, make_plan, regions_for, vigilance_of
from runtime.practice import PracticeExchange, PracticeSettings
from runtime.workers import Workers

STOP_TIMEOUT = 2.0
"""Seconds that an actor may take to end; one that hangs must not hang the program."""

LISTENS: dict[type[pykka.Actor], tuple[str, ...]] = {
    Supervisor: ("connection.", "worker.down", "report.worker"),
    Pool: ("connection.", "stream.confirmed"),
    RateLimiter: ("connection.",),
    PendingDesk: ("desk.pending", "order.pending", "trading."),
    OrderDesk: ("desk.", "connection.", "assets", "balance"),
    HealthMonitor: ("connection.", "stream.", "report.connection", "assets"),
    Backfiller: ("stream.gap",),
}
"""Which events the house's own actors subscribe to."""


class _LocalHost:
    """The main process as a host: with no workers, connections live right here."""

    pid = 0

    def __init__(self, host: pykka.ActorRef[ConnectionHost]) -> None:
        self._host = host

    def tell(self, message: Any) -> None:
        try:
            self._host.tell(message)
        except pykka.ActorDeadError as error:
            raise WorkerDied("the connection host of this process has ended") from error

    def kill(self) -> None:
        self._host.stop(block=False)


class Runtime:
    """A pool of live connections behind one router actor; a context manager.

    ``practice`` forces the embedded practice exchange (``True``) or forbids it (``False``); by default it
    serves where no session is set. ``router`` takes ``tell`` and ``ask`` between ``start`` and ``stop``.
    """

    router: pykka.ActorRef[Router]

    def __init__(self, config: Config, *, practice: bool | None = None) -> None:
        session = config.account.session_string
        if practice is False and session is None:
            raise ConfigInvalid(["account.session: is not set, so there is no live venue to connect to"])
        self.config = config
        self.exchange: PracticeExchange | None = None
        self.failure: Exception | None = None
        """Why the runtime cannot go on, once ``wait`` has returned true."""
        self._session = None if practice else session
        self._failed = threading.Event()
        self._actors: list[pykka.ActorRef[Any]] = []
        self._ended: dict[str, threading.Event] = {}
        self._pool: pykka.ActorRef[Pool]
        self._workers = Workers(config.supervision.heartbeat_interval, config.log.level)
        self._passing: tempfile.TemporaryDirectory[str] | None = None
        self._supervisor: pykka.ActorRef[Supervisor] | None = None

    @classmethod
    def from_yaml(cls, path: str | os.PathLike[str], *, practice: bool | None = None) -> Self:
        """Raises ``ConfigInvalid`` with every problem of the file."""
        return cls(load(path), practice=practice)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything; returns before the first connection is up, for every ask waits for that.

        Raises ``Halted`` if another runtime keeps the journal of orders; nothing is left running then.
        """
        try:
            self._start(self._session or self._open_exchange())
        except BaseException:
            self.stop()
            raise

    def _start(self, session: SessionString) -> None:
        limits, batching, health = self.config.limits, self.config.batching, self.config.health
        router = self.router = self._run(
            Router, self._start_subscriber, self.config.connection.message_timeout
        )
        desk = self._run(
            OrderDesk, session.kind, limits_of(self.config.orders), self._open_journal(session), router=router
        )
        pending_desk = self._run(PendingDesk, router=router)
        pool = self._pool = self._run(Pool, self.config.pool.streams_per_connection, router=router)
        batcher = self._run(Batcher, batching.batch_size, batching.batch_timeout, outbound=pool)
        rates = [Rate(rate.count, rate.seconds) for rate in limits.messages]
        limiter = self._run(
            RateLimiter, rates, limits.max_concurrent_operations, outbound=batcher, router=router
        )
        monitor = self._run(
            HealthMonitor, vigilance_of(health), health.check_interval, router=router, pool=pool
        )
        backfiller = self._run(Backfiller, router=router, candle_desk=Loads(router))
        regions = self.exchange.regions if self.exchange else regions_for(self.config, session)
        supervisor = self._supervisor = self._run(
            Supervisor,
            make_plan(self.config, session, regions),
            start_host=functools.partial(self._start_host, router=router, session=session),
            router=router,
            pool=pool,
            escalate=self._escalate,
        )
        for listener in (supervisor, pool, limiter, monitor, backfiller, desk, pending_desk):
            for topic in LISTENS[listener.actor_class]:
                router.tell(Subscribe(topic, to=listener))
        parts = (supervisor, pool, monitor, limiter, batcher, desk)
        wired = Wired(outbound=limiter, pool=pool, desk=desk, pending_desk=pending_desk, parts=parts)
        for ref in (router, pool, desk, pending_desk, supervisor):
            ref.tell(wired)
        for stream in self.config.streams:
            router.tell(SubscribeTicks(stream.asset, stream.period, deadline=math.inf))

    def stop(self) -> None:
        """Close every connection politely, then end every actor and process; idempotent."""
        if self._actors and self._supervisor is not None:
            for ref in (self.router, self._pool, self._supervisor):
                with contextlib.suppress(pykka.ActorDeadError):  # it has failed
                    ref.tell(Drain())
            self._end_of(self._supervisor.actor_urn).wait(self.config.supervision.drain_timeout)
        while self._actors:
            ref = self._actors.pop()
            ref.stop(block=False)
            if not self._end_of(ref.actor_urn).wait(STOP_TIMEOUT):
                logger.error("{} does not end", ref.actor_class.__name__)
        if self.exchange is not None:
            self.exchange.stop()
            self.exchange = None
        if self._passing is not None:
            self._passing.cleanup()
            self._passing = None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for a failure that nothing can mend; whether it came (see ``failure``) within ``timeout``."""
        return self._failed.wait(timeout)

    def set_log_level(self, level: LogLevel) -> None:
        """Have the workers log from ``level`` on; any thread. This process's log is its program's affair."""
        self._workers.set_log_level(level)

    def tell(self, message: ActorFailed | ActorEnded) -> None:
        """The actors' guardian: one of them that dies of an unforeseen error takes the runtime along."""
        match message:
            case ActorEnded(urn=urn):
                self._end_of(urn).set()
            case ActorFailed():
                self._escalate(TellwireError(f"the {message.name} failed: {message.reason}"))

    def _end_of(self, urn: str) -> threading.Event:
        return self._ended.setdefault(urn, threading.Event())

    def _escalate(self, error: Exception) -> None:
        if self.failure is None:
            self.failure = error
            self._failed.set()

    def _open_exchange(self) -> SessionString:
        practice = self.config.practice
        names = tuple(f"PRACTICE-{number}" for number in range(1, practice.regions + 1))
        settings = PracticeSettings(regions=names, tick_rate=practice.tick_rate, seed=practice.seed)
        self.exchange = PracticeExchange(settings)
        self.exchange.start()
        return parse_session(self.exchange.session)

    def _open_journal(self, session: SessionString) -> Journal:
        orders = self.config.orders
        if self.exchange is None or orders.journal:
            return open_journal(journal_path(orders, session))
        self._passing = tempfile.TemporaryDirectory(prefix="tellwire-", ignore_cleanup_errors=True)
        return open_journal(Path(self._passing.name) / "orders.sqlite")

    def _run(self, actor: Any, *args: Any, **kwargs: Any) -> pykka.ActorRef[Any]:
        ref: pykka.ActorRef[Any] = actor.start(*args, guardian=self, **kwargs)
        self._actors.append(ref)
        return ref

    def _start_subscriber(self, wish: Subscribe) -> pykka.ActorRef[Any]:
        assert not isinstance(wish.to, pykka.ActorRef)
        return Subscriber.start(wish.topic or "*", wish.to, batch=wish.batch, router=self.router)

    def _start_host(self, name: str, *, router: Tellable, session: SessionString) -> Host:
        if self.config.pool.workers == 0:
            return _LocalHost(ConnectionHost.start(functools.partial(_start_connection, router)))
        configured = self.config.account.session.get_secret_value()  # not the one in use while practising
        secrets = tokens(session.auth.value) | tokens(configured)
        return self._workers.start(name, router, secrets)


def _start_connection(
    router: Tellable, start: StartConnection, guardian: Tellable
) -> pykka.ActorRef[Connection]:
    return Connection.start(start, router, dial, guardian)
