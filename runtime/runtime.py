"""``Runtime``, the public class: configured, started, waited for and stopped."""

import contextlib
import functools
import os
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

import pykka
from loguru import logger

from actors.engine.router_ref import RouterRef
from actors.errors import ConfigInvalid, Halted, RequestRefused
from actors.values import AccountKind, Region
from actors.venues import venue
from actors.venues.base import Login
from runtime.client import Client
from runtime.client.blocking_router import BlockingRouter
from runtime.config import Config, load
from runtime.control.listener import open_listener
from runtime.control.protocol import VERSION, Welcome
from runtime.control.server import Gateway, Serve
from runtime.logs import tokens
from runtime.logs.embedded import quieten_first_handler
from runtime.practice import PRACTISED
from runtime.recording.compression import missing as missing_compression
from runtime.recording.recorder import stop_recording
from runtime.storage.account import PRACTICE
from runtime.system.actor_system import ActorSystem, Resources
from runtime.system.guardian import Guardian, OnFailure
from runtime.system.order_journal import OrderJournal
from runtime.system.reloader import CurrentConfig, Reload
from runtime.system.settings import (
    live_guard,
    recording_settings,
    regions_for,
    worker_names,
)
from runtime.system.takeover import NOTHING, Takeover
from runtime.version import version
from runtime.workers.core_dumps import forbid_core_dumps
from runtime.workers.descriptors import shortages
from runtime.workers.launcher import WorkerLauncher

if TYPE_CHECKING:
    from runtime.alerts.notifier import Notifier
    from runtime.monitoring.server import RuntimeServer
    from runtime.practice import PracticeExchange

RELOAD_TIMEOUT = 10.0
"""Seconds that reading the file and telling the actors may take."""


def _refuse_unfit(config: Config) -> None:
    """What is no configuration, or that of several accounts."""
    if not isinstance(config, Config):
        raise TypeError(
            f"Runtime takes a Config, not a {type(config).__name__}: Runtime.from_yaml(path) reads a"
            " file, and Config.model_validate(settings) takes a dict"
        )
    if config.duties:
        names = ", ".join(config.duties)
        text = f"a Runtime is one of {names}: config.duties[NAME], or a Host for all"
        raise ConfigInvalid([f"{config.place(('accounts',))}accounts: {text}"])


class Runtime:
    """A pool of live connections behind one router actor; a context manager.

    ``practice`` forces the embedded practice exchange (``True``) or forbids it (``False``); by default it is
    used if no session is set. ``allow_live`` allows orders with a live session, as ``account.allow_live`` of
    the configuration does; without either, such a runtime streams and refuses every order. ``router`` takes
    ``tell`` and ``ask`` between ``start`` and ``stop``. ``stop_asked`` is called when an operator asks the
    runtime to stop, and must return at once; the default stops it in a thread of its own. With
    ``watched`` false it reads its file again only when it is asked to. ``takeover`` is for an account
    that several hosts have in turn.
    """

    router: RouterRef
    welcome: Welcome
    """What an attached process is told of it; once it has started."""

    _process = 0
    """Where it was started; not a process that was forked from that one."""

    def __init__(
        self,
        config: Config,
        *,
        practice: bool | None = None,
        allow_live: bool = False,
        stop_asked: Callable[[], object] | None = None,
        watched: bool = True,
        takeover: Takeover = NOTHING,
    ) -> None:
        _refuse_unfit(config)
        login = config.account.login
        if practice is False and login is None:
            raise ConfigInvalid(["account.session: is not set, so there is no live venue to connect to"])
        self._current = CurrentConfig(config, watched=watched)
        self._allow_live = allow_live or config.account.allow_live
        self.exchange: PracticeExchange | None = None
        self.failure: Exception | None = None
        """Why the runtime cannot go on, once ``wait`` has returned true."""
        self._login = None if practice else login
        if self._login is None and config.account.venue != PRACTISED:
            absence = "as asked" if practice else f"account.session {config.account.absence}"
            raise ConfigInvalid([f"account.venue: only {PRACTISED} can be practised, {absence}"])
        self._venue = venue(config.account.venue)
        self._stop_asked = stop_asked or self._stop_in_background
        self._failed = threading.Event()
        self._at_failure: Callable[[], object] = lambda: None
        self._stopping = threading.Lock()
        self._starting = threading.Lock()
        self._started = False
        self._guardian = Guardian(self._escalate)
        self._system: ActorSystem | None = None
        self._blocking_router = BlockingRouter(self)
        self._client = Client(self._blocking_router)
        self._status_server: RuntimeServer | None = None
        self._takeover = takeover
        self._journal: OrderJournal | None = None
        self._launcher = WorkerLauncher(
            lambda: self.config, tokens(self._login.secret.value) if self._login else ()
        )

    @classmethod
    def from_yaml(
        cls,
        path: str | os.PathLike[str],
        *,
        account: str = "",
        practice: bool | None = None,
        allow_live: bool = False,
    ) -> Self:
        """Raises ``ConfigInvalid`` with every problem of the file. ``account``: the name of one of its
        accounts or feeds, where it has ``accounts``."""
        return cls(load(path).of(account), practice=practice, allow_live=allow_live)

    @property
    def config(self) -> Config:
        """The configuration in force: the one of the start, until a reload changes it; any thread."""
        return self._current.value

    @property
    def status_url(self) -> str | None:
        """Where metrics and health are served, such as ``http://127.0.0.1:8787``; ``None``: nowhere."""
        return None if self._status_server is None else self._status_server.url

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything; returns before the first connection is up, for every ask waits for that.

        From then on a process whose configuration has a session leaves no core dump.
        Raises ``JournalInUse`` if another runtime holds the journal of orders; nothing is left running then.
        Raises ``RequestRefused`` if this one runs already; it goes on.
        """
        with self._starting:
            if self._started:
                raise RequestRefused("this runtime runs already: make another Runtime for a second one")
            self._started = True
            self._process = os.getpid()
        if self.config.account.login is not None:
            forbid_core_dumps()
        try:
            with self._log_context():
                self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Close every connection politely, then end every actor and process; idempotent, from any thread.

        In a process that was forked from that of the runtime it does nothing: everything is its parent's.
        """
        if os.getpid() != self._process:
            return
        with self._stopping, self._log_context():
            self._stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for a failure of the runtime, see ``failure``; whether it came within ``timeout`` seconds."""
        return self._failed.wait(timeout)

    @property
    def client(self) -> Client:
        """The commands as methods, for this runtime; any thread."""
        return self._client

    def reload(self, config: Config | None = None) -> list[str]:
        """Apply the changes of the configuration file, or ``config``; returns the names of the changed
        settings.

        Raises ``ConfigInvalid`` if the file has problems or a change needs a restart, ``RequestRefused`` if
        there is no file or the runtime is not running. An error changes nothing.
        """
        system = self._system
        if system is None:
            raise RequestRefused("the runtime is not running")
        try:
            return cast("list[str]", system.reloader.ask(Reload(config), timeout=RELOAD_TIMEOUT))
        except pykka.ActorDeadError:
            raise RequestRefused("the runtime has stopped") from None

    def extend_lease(self, until: float) -> None:
        """No other host has the account before ``until``, by ``actors.engine.clock``: its worker processes
        end then, in whatever state they are."""
        if (system := self._system) is not None:
            with contextlib.suppress(pykka.ActorDeadError):
                system.extend_lease(until)

    def reload_soon(self) -> None:
        """``reload`` without waiting: the log and the events tell the outcome. For signal handlers."""
        if (system := self._system) is not None:
            with contextlib.suppress(pykka.ActorDeadError):
                system.reloader.tell(Reload())

    def __getattr__(self, name: str) -> Any:
        """Only for what is not there: the router, before the start."""
        if name == "router":
            raise AttributeError("the runtime has no router yet: use `with Runtime(...)`, or call start()")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _log_context(self) -> contextlib.AbstractContextManager[None]:
        """In it, and in threads that begin in it, the log names the account where there are several."""
        name = self.config.name
        return logger.contextualize(account=name) if name else contextlib.nullcontext()

    def _start(self) -> None:
        quieten_first_handler()
        if self.config.record.folder and (missing := missing_compression()):
            raise ConfigInvalid([f"{self.config.place(('record',))}record: {missing}"])
        pool = self.config.pool
        for shortage in shortages(pool.most, pool.workers):
            logger.warning(
                "the pool has up to {} connections: {}; those beyond wait for room (raise the limit, or "
                "pool.workers)",
                pool.most,
                shortage,
            )
        self._launcher.start_ahead(worker_names(self.config))
        login = self._login or self._start_exchange()
        self._journal = OrderJournal(self.config, login, practised=self.exchange is not None)
        regions = self._regions(login)
        server = self._status_server = self._open_status_server(login)
        notifier = self._start_notifier()
        self.welcome = self._describe(login)
        gateway = self._start_gateway()  # first of the actors, so that it ends last
        resources = Resources(
            login,
            regions,
            self._journal.open(self._takeover.share_journal),
            self._launcher,
            self._escalate,
            self._live_guard(login),
            send_log=self._takeover.send_log,
            pace=self.exchange.pace if self.exchange else None,
        )
        self._system = ActorSystem(self._current, resources, self._guardian)
        self.router = self._system.router
        if gateway is not None:
            gateway.tell(Serve(self.router, self._system.reloader))
        if server is not None:
            server.start(self.router)
        if notifier is not None:
            from runtime.alerts.notifier import WatchOver  # noqa: PLC0415

            notifier.tell(WatchOver(self.router))

    def _stop(self) -> None:
        """Undo ``_start``, in reverse order, also if it has failed halfway."""
        if self._status_server is not None:
            self._status_server.announce_stop()
        if self._system is not None:
            self._system.drain(self.config.supervision.drain_timeout)
            self._system = None
        self._launcher.close()
        if recording := recording_settings(self.config):
            stop_recording(recording)
        if self._status_server is not None:
            self._status_server.stop()
            self._status_server = None
        self._guardian.stop()
        self._blocking_router.finish()
        self._started = False
        if self._journal is not None:
            self._journal.release()
            self._journal = None
        if self.exchange is not None:
            self.exchange.stop()
            self.exchange = None

    def at_failure(self, callback: Callable[[], object]) -> None:
        """Have ``callback`` called once ``failure`` is set, by any thread and maybe twice. It replaces the
        one before."""
        self._at_failure = callback
        if self._failed.is_set():
            callback()

    def _escalate(self, error: Exception) -> None:
        if self.failure is None:
            self.failure = error
            logger.error("the runtime has failed: {}", error)
            self._failed.set()
            self._blocking_router.finish(error)
            self._at_failure()

    def _stop_in_background(self) -> None:
        threading.Thread(target=self.stop, name="stop").start()

    def _describe(self, login: Login) -> Welcome:
        kind = PRACTICE if self.exchange else login.account.value
        regions = list(self._regions(login)(self.config))
        journal = ""
        if self._journal is not None:
            with contextlib.suppress(Halted):  # there is none: the log and the status say so
                journal = str(self._journal.path.absolute())
        return Welcome(VERSION, os.getpid(), kind, 0.0, regions, self._venue.profile.title, journal)

    def _start_gateway(self) -> pykka.ActorRef[Gateway] | None:
        if (listener := open_listener(self.config)) is None:
            return None
        return self._guardian.start(
            Gateway, listener, self.welcome, stop=self._stop_asked, on_failure=OnFailure.LOG
        )

    def _start_notifier(self) -> "pykka.ActorRef[Notifier] | None":
        """The actor that sends alerts; ``None`` without an address."""
        if not self.config.alerts.secrets:
            return None
        from runtime.alerts import starting  # noqa: PLC0415  # not everybody needs it

        return starting.start_notifier(self.config, self._guardian)

    def _open_status_server(self, login: Login) -> "RuntimeServer | None":
        if not self.config.status.listen:
            return None
        from runtime.monitoring.server import RuntimeServer  # noqa: PLC0415  # loads aiohttp

        account = PRACTICE if self.exchange else login.account.value
        facts = {"version": version(), "venue": self._venue.profile.title, "account": account}
        return RuntimeServer(lambda: self.config, facts, self.unlogged)

    def _regions(self, login: Login) -> Callable[[Config], tuple[Region, ...]]:
        """The regions that a configuration lets us dial; the exchange's own while practising."""
        if self.exchange is None:
            return functools.partial(regions_for, login=login)
        regions = self.exchange.regions
        return lambda _: regions

    def _start_exchange(self) -> Login:
        # Now: the server with aiohttp is a third of all imports, and a runtime with a session needs neither.
        from runtime.practice import WALK, PracticeExchange, PracticeSettings  # noqa: PLC0415

        practice = self.config.practice
        names = tuple(f"PRACTICE-{number}" for number in range(1, practice.regions + 1))
        settings = PracticeSettings(
            regions=names,
            tick_rate=practice.tick_rate,
            seed=practice.seed,
            prices=practice.prices if practice.prices == WALK else str(self.config.path(practice.prices)),
            start=practice.start,
            client_speed=practice.speed,
        )
        self.exchange = PracticeExchange(settings)
        self.exchange.start()
        return self._venue.parse_login(self.exchange.session)

    def _live_guard(self, login: Login) -> str:
        """Why every order is refused, ``""`` if orders are sent; the log tells it once for a live session."""
        orderless = self.exchange is not None or self.config.orders_on is not None
        if orderless or login.account is not AccountKind.LIVE:
            return ""
        refused = live_guard(login, allow_live=self._allow_live)
        if refused:
            logger.warning("every order will be refused: {}", refused)
        else:
            logger.warning(
                "the session is live and orders are allowed: they stake real money (`tellwire ctl FILE halt`)"
            )
        return refused

    @property
    def unlogged(self) -> frozenset[str]:
        """What no line of a log may contain."""
        return self.config.unlogged | tokens(self.exchange.session if self.exchange else "")
