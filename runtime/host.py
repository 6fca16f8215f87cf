"""``Host``: several accounts and feeds in one process, each a runtime of its own."""

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, cast

import pykka
from loguru import logger

from actors.errors import AuthRejected, ConfigInvalid, RequestError, RequestRefused, TellwireError
from actors.messages.commands import GetStatus
from actors.messages.control import Drain
from actors.messages.routing import Asked
from actors.messages.status import Status
from runtime.config import Config, load
from runtime.config.secrets import share_secrets
from runtime.control.host_desk import HostDesk, HostedDuty, hosted, statuses_of, with_status
from runtime.control.listener import open_listener
from runtime.control.protocol import VERSION, AccountState, GetAccounts, Welcome
from runtime.control.server import Gateway, Serve
from runtime.runtime import Runtime
from runtime.system.duty_changes import DutySteps, plan
from runtime.system.failed_start import log_failed_start
from runtime.system.guardian import Guardian, OnFailure
from runtime.system.reloader import CurrentConfig, Reload, Reloader, start_for_host
from runtime.system.takeover import NOTHING, Takeover
from runtime.workers.descriptors import warn_of_shortage

if TYPE_CHECKING:
    from runtime.membership import Membership
    from runtime.monitoring.host_server import HostServer

STOPS_AT_ONCE: Final = 32
"""Accounts that a stop closes at the same time; each may take ``supervision.drain_timeout``."""

RELOAD_TIMEOUT: Final = 60.0
"""Seconds that a reload may take, which stops accounts and starts others."""

GIVES_BACK_WITHIN: Final = 5.0
"""Seconds more than ``supervision.drain_timeout`` within which a host gives its leases back when it stops."""

STATUS_TIMEOUT: Final = 2.0
"""Seconds that an account may take to say whether it is up."""


class Host:
    """The accounts and feeds of a configuration; a context manager. The arguments are those of ``Runtime``.

    What is started and stopped is one of them, whole: its connections, its desk, its journal, its limits.
    One that cannot start or log in stops no other: ``failures`` names it. Any thread may call each method.
    """

    def __init__(
        self,
        config: Config,
        *,
        practice: bool | None = None,
        allow_live: bool = False,
        stop_asked: Callable[[], object] | None = None,
        on_config: Callable[[Config], object] = lambda _: None,
        on_start: Callable[[str, Runtime], object] = lambda *_: None,
    ) -> None:
        """``on_config`` is called with a configuration before it is taken over, ``on_start`` with each
        runtime that has started; they must return at once. Raises ``ConfigInvalid`` if one of them cannot be
        run so."""
        if not config.duties:
            raise ConfigInvalid(["accounts: there are none, so this is for a Runtime"])
        self._current = CurrentConfig(config)
        self._on_config, self._on_start = on_config, on_start
        self._options = {"practice": practice, "allow_live": allow_live}
        self._stop_asked = stop_asked or self._stop_in_background
        self._owned: dict[str, Takeover] = {}  # of the accounts and feeds that this host owns
        self._runtimes = {name: self._new(name, each) for name, each in config.duties.items()}
        self._running: dict[str, Runtime] = {}
        self._failures: dict[str, Exception] = {}
        self._lock = threading.RLock()  # of the two above
        self._all_failed = threading.Event()
        self._guardian = Guardian(functools.partial(logger.error, "{}"))
        self._reloader: pykka.ActorRef[Reloader] | None = None
        self._membership = self._join()
        self._desk: pykka.ActorRef[HostDesk] | None = None
        self._server: HostServer | None = None

    @classmethod
    def from_yaml(
        cls, path: str | os.PathLike[str], *, practice: bool | None = None, allow_live: bool = False
    ) -> Self:
        """Raises ``ConfigInvalid`` with every problem of the file."""
        return cls(load(path), practice=practice, allow_live=allow_live)

    @property
    def config(self) -> Config:
        """The configuration in force, of all of them."""
        return self._current.value

    @property
    def status_url(self) -> str | None:
        """Where metrics and health of all are served; ``None``: nowhere."""
        return None if self._server is None else self._server.url

    @property
    def runtimes(self) -> Mapping[str, Runtime]:
        """Those that run, by name, in the order of the configuration."""
        with self._lock:
            return {name: self._running[name] for name in self._runtimes if name in self._running}

    @property
    def failures(self) -> Mapping[str, Exception]:
        """Why accounts and feeds failed, by name. One whose login was refused counts until it is up: it
        still runs, and a ``Restart`` tries again."""
        with self._lock:
            failures = dict(self._failures)
        return {
            name: error
            for name, error in failures.items()
            if not (isinstance(error, AuthRejected) and self.state(name).state == "up")
        }

    @property
    def hindrance(self) -> str:
        """Why it can have none of the accounts that hosts share at present; ``""``: it can."""
        return "" if self._membership is None else self._membership.hindrance

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start all of them; one that cannot start is among ``failures``, and the log says why."""
        warn_of_shortage([(each.pool.most, each.pool.workers) for each in self.config.duties.values()])
        self._server = self._open_server()
        gateway = self._start_gateway()
        if self._server is not None:
            self._server.start()
        if self._membership is None:
            for name in list(self._runtimes):
                self.start_one(name)
        self._desk = desk = self._guardian.start(HostDesk, self._duties, on_failure=OnFailure.LOG)
        self._reloader = start_for_host(self._guardian, self._current, desk, self._take_over)
        if gateway is not None:
            gateway.tell(Serve(desk, self._reloader))
        if self._membership is not None:
            self._membership.begin()

    def start_owned(self, name: str, takeover: Takeover) -> Runtime | None:
        """Start an account or a feed whose lease this host has; ``None``: it cannot be started."""
        with self._lock:
            self._owned[name] = takeover
        self.start_one(name)  # not with the lock: the status server may wait for it
        return self.runtimes.get(name)

    def stop_owned(self, name: str) -> None:
        """Stop it; it cannot start again without a lease."""
        with self._lock:
            self._owned.pop(name, None)
        self.stop_one(name)

    def start_one(self, name: str, config: Config | None = None) -> bool:
        """Start the account or the feed of this name, unless it runs; whether it runs now. ``config`` is its
        own where it has changed, or is new. In a cluster, only what this host owns."""
        with self._lock:
            if name in self._running:
                return True
            if self._membership is not None and name not in self._owned:
                return False
            self._failures.pop(name, None)
            try:
                runtime = self._new(name, config or self._runtimes[name].config)
                self._runtimes[name] = runtime
                runtime.start()
            except Exception as error:  # noqa: BLE001  # it stops no other account, whatever it is
                self._fail(name, error)
                return False
            self._running[name] = runtime
        if self._server is not None:
            self._server.add(name, runtime.router, self._duty(name, runtime).state.mode, runtime.unlogged)
            if name not in self._running:  # it was stopped before there was a page to remove
                self._server.remove(name)
        self._on_start(name, runtime)
        runtime.at_failure(functools.partial(self._on_failure, name, runtime))
        return True

    def stop_one(self, name: str) -> None:
        """Stop the account or the feed of this name, as ``Runtime.stop``; idempotent."""
        with self._lock:
            runtime = self._running.pop(name, None)
        if runtime is not None:
            if self._server is not None:
                self._server.remove(name)
            runtime.stop()

    def reload(self) -> list[str]:
        """Read the file again: start what is new in it, stop what is not in it any more, apply the changes of
        the others. What failed is tried again. Returns the names of what changed.

        A change of an account's own settings that needs a restart restarts this account. Raises
        ``ConfigInvalid`` if the file has problems, or if a setting for all of them needs a restart;
        ``RequestRefused`` if there is no file. An error changes nothing.
        """
        if (reloader := self._reloader) is None:
            raise RequestRefused("the accounts are not running")
        try:
            return cast("list[str]", reloader.ask(Reload(), timeout=RELOAD_TIMEOUT))
        except pykka.ActorDeadError:
            raise RequestRefused("the accounts have been stopped") from None

    def reload_soon(self) -> None:
        """As ``Runtime.reload_soon``."""
        if (reloader := self._reloader) is not None:
            with contextlib.suppress(pykka.ActorDeadError):
                reloader.tell(Reload())

    def stop(self) -> None:
        """Stop all of them at the same time, then the rest; idempotent."""
        if self._reloader is not None:
            with contextlib.suppress(pykka.ActorDeadError):
                self._reloader.tell(Drain())  # so that nothing is started any more
        if self._server is not None:
            self._server.announce_stop()
        if self._membership is not None:
            self._membership.end(self.config.supervision.drain_timeout + GIVES_BACK_WITHIN)
        with ThreadPoolExecutor(STOPS_AT_ONCE, thread_name_prefix="stop") as pool:
            list(pool.map(self.stop_one, list(self._runtimes)))
        if self._server is not None:
            self._server.stop()
            self._server = None
        self._guardian.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all of them have failed; whether that came within ``timeout`` seconds."""
        return self._all_failed.wait(timeout)

    def states(self) -> list[AccountState]:
        """How each of them is, in the order of the configuration; within ``STATUS_TIMEOUT``."""
        if (desk := self._desk) is None:
            return [duty.state for duty in self._duties()]
        try:
            return cast("list[AccountState]", desk.ask(Asked(GetAccounts()), timeout=2 * STATUS_TIMEOUT))
        except (pykka.Timeout, pykka.ActorDeadError):
            return [duty.state for duty in self._duties()]

    def state(self, name: str) -> AccountState:
        """How one of them is; within ``STATUS_TIMEOUT``."""
        duty = self._duty(name, self._runtimes[name])
        if duty.router is None:
            return duty.state
        try:
            return with_status(duty.state, duty.router.ask(GetStatus(), timeout=STATUS_TIMEOUT))
        except (RequestError, pykka.ActorDeadError):
            return duty.state

    def statuses(self, timeout: float = STATUS_TIMEOUT) -> dict[str, Status | None]:
        """The status of each that runs, by name; ``None`` where it does not answer within ``timeout``
        seconds, which are for all together."""
        routers = {name: runtime.router for name, runtime in self.runtimes.items()}
        return statuses_of(routers, timeout)

    def _new(self, name: str, config: Config) -> Runtime:
        return Runtime(
            config,
            practice=self._options["practice"],
            allow_live=bool(self._options["allow_live"]),
            stop_asked=functools.partial(self._stop_one_in_background, name),
            watched=False,
            takeover=self._owned.get(name, NOTHING),
        )

    def _join(self) -> "Membership | None":
        """This host's part in a cluster, if there is one."""
        if not self.config.cluster.engine.get_secret_value():
            return None
        from runtime.cluster.address import missing_client  # noqa: PLC0415  # not everybody needs it

        if missing := missing_client():
            raise ConfigInvalid([f"{self.config.place(('cluster', 'engine'))}cluster.engine: {missing}"])
        from runtime.membership import Membership  # noqa: PLC0415  # not everybody needs it

        return Membership(self.config, self, self._stop_in_background)

    def _take_over(self, new: Config) -> list[str]:
        """In the thread of the reloader, which alone changes what there is."""
        self._on_config(new)
        old = {name: each.config for name, each in self._runtimes.items()}
        steps = plan(old, self.config, new)
        share_secrets([*old.values(), new, *new.duties.values()])
        self._current.value = new
        if self._membership is None:
            self._change(steps, new)
        else:
            self._change_shared(self._membership, steps, new)
        with self._lock:
            self._runtimes = {name: self._runtimes[name] for name in new.duties if name in self._runtimes}
            self._failures = {name: error for name, error in self._failures.items() if name in new.duties}
        return steps.told

    def _change(self, steps: DutySteps, new: Config) -> None:
        for name in (*steps.removed, *steps.restarted):
            self.stop_one(name)
        for name in steps.changed:
            self._change_one(name, new.duties[name])
        with self._lock:
            failed = [name for name in self._failures if name in new.duties and name not in self._running]
        for name in dict.fromkeys((*steps.restarted, *steps.added, *failed)):
            self.start_one(name, new.duties[name])

    def _change_shared(self, membership: "Membership", steps: DutySteps, new: Config) -> None:
        """What runs here follows the leases; of all else only the configuration is kept, for when it does."""
        with self._lock:
            for name in (*steps.added, *steps.restarted, *steps.changed):
                if name not in self._running or name in steps.restarted:
                    self._runtimes[name] = self._new(name, new.duties[name])
        membership.assign(new)
        for name in steps.changed:
            self._change_one(name, new.duties[name])
        for name in steps.restarted:
            membership.failed(name)

    def _duties(self) -> list[HostedDuty]:
        return [self._duty(*each) for each in list(self._runtimes.items())]  # a reload may remove some

    def _duty(self, name: str, runtime: Runtime) -> HostedDuty:
        with self._lock:
            running, failure = self._running.get(name), self._failures.get(name)
        router, practises = None if running is None else running.router, bool(runtime.exchange)
        return hosted(name, runtime.config, router, failure, self._membership, practises=practises)

    def _on_failure(self, name: str, runtime: Runtime) -> None:
        """In a thread of the runtime, and maybe twice."""
        error = runtime.failure
        if error is None:
            return
        with self._lock:
            if self._running.get(name) is not runtime or self._failures.get(name) is error:
                return
            self._fail(name, error)
        if isinstance(error, AuthRejected):
            return
        if self._membership is None:
            self._stop_one_in_background(name)
        else:
            self._membership.failed(name)

    def _fail(self, name: str, error: Exception) -> None:
        self._failures[name] = error
        if name not in self._running:  # else the runtime itself has told it
            log_failed_start(name, error)
        config = self._runtimes[name].config
        if config.alerts.secrets and not isinstance(error, AuthRejected):  # whose own notifier tells it
            from runtime.alerts.failed_account import tell_in_background  # noqa: PLC0415  # not everybody needs it

            tell_in_background(config, str(error))
        if len(self._failures) == len(self._runtimes):
            self._all_failed.set()

    def _change_one(self, name: str, config: Config) -> None:
        """It is no reason to leave the others as they are that one cannot change any more."""
        if (runtime := self.runtimes.get(name)) is None:
            return
        try:
            runtime.reload(config)
        except (TellwireError, pykka.Timeout) as error:
            logger.warning("{} keeps its settings: {}; restart it for the new ones", name, error)

    def _open_server(self) -> "HostServer | None":
        if not self.config.status.listen:
            return None
        from runtime.monitoring.host_server import HostServer  # noqa: PLC0415  # loads aiohttp

        cluster = self._membership.picture if self._membership else None
        return HostServer(lambda: self.config, self._absent, cluster)

    def _absent(self) -> dict[str, str]:
        """By name, why an account or a feed does not run."""
        states = (duty.state for duty in self._duties() if duty.router is None)
        return {state.name: state.reason or "it has been stopped" for state in states}

    def _start_gateway(self) -> "pykka.ActorRef[Gateway] | None":
        listener = open_listener(self.config)
        if listener is None:
            return None
        welcome = Welcome(VERSION, os.getpid(), "host", 0.0, [], "", "", tuple(self._runtimes))
        return self._guardian.start(
            Gateway, listener, welcome, stop=self._stop_asked, on_failure=OnFailure.LOG
        )

    def _stop_in_background(self) -> None:
        threading.Thread(target=self.stop, name="stop").start()

    def _stop_one_in_background(self, name: str) -> None:
        threading.Thread(target=self.stop_one, args=(name,), name="stop").start()
