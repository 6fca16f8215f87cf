"""The part of a host in a cluster: which of its accounts and feeds run here, by leases of the engine."""

import contextlib
import functools
import math
import os
import random
import secrets
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Protocol

import pykka
from loguru import logger

from actors.errors import Halted, RequestError
from actors.messages.commands import Disconnect
from actors.messages.control import Drain
from actors.orders.journal import Journal
from actors.tenancy.tenancy import LeaseTimes, Tenancy
from actors.tenancy.tenure import Tenure
from runtime.cluster.claims import Claims
from runtime.cluster.engine import Engine
from runtime.cluster.epoch_memory import EpochMemory
from runtime.cluster.journal import ClusterJournal
from runtime.cluster.messages import Assign, DutyFailed, HandOver
from runtime.cluster.outcomes import Renewal
from runtime.cluster.send_log import ClusterSendLog
from runtime.cluster.steward import Steward
from runtime.config import Config
from runtime.config.cluster_duties import cluster_duties, host_name
from runtime.config.shared_settings import shared_settings
from runtime.control.front_desk import FrontDesk
from runtime.control.standby_desk import StandbyDesk, TakeOver
from runtime.monitoring.cluster_picture import ClusterPicture, TenureStatus
from runtime.runtime import Runtime
from runtime.system.folders import state_folder
from runtime.system.guardian import Guardian, OnFailure
from runtime.system.takeover import NOTHING, Takeover
from runtime.workers.watchdog_timer import WatchdogTimer

CLOSED_WITHIN: Final = 10.0
"""Seconds to wait for the connections of a lost account; the kernel ends the process before that."""

KEPT_BEYOND_LEASE: Final = 5.0
"""Seconds of ticks that a standby keeps, besides those of the lease in which an owner may be dead unseen."""

ENDED_WITHIN: Final = 30.0
"""Seconds to wait for the end of what a reload has removed."""


class Landlord(Protocol):
    """A host, as far as this needs it."""

    @property
    def config(self) -> Config: ...

    def start_owned(self, name: str, takeover: Takeover) -> Runtime | None: ...

    def stop_owned(self, name: str) -> None: ...


class Membership:
    """Has a ``Steward`` that owns the leases, and does for it what they allow (``Carrier``).

    Made in the main thread, it lets the kernel end this process at the end of a lease, if connections of the
    account are in this process.
    """

    def __init__(self, config: Config, host: Landlord, give_up: Callable[[], object]) -> None:
        """``give_up`` is called if leases can be kept no more; it returns at once."""
        cluster = config.cluster
        self._host = host
        self._times = LeaseTimes(cluster.lease, cluster.renew, cluster.margin)
        self._replicas = cluster.replicas
        self._keeps = cluster.isolated == "keep"
        self._name = host_name(config)
        self._set(config)
        assert cluster.address is not None, "no host has a membership without an engine"
        steps = 2 if cluster.address.name else 1  # to ask the sentinels, and to connect
        self._engine = Engine(cluster.address, min(self._times.renew, self._times.margin) / steps)
        self.hindrance = ""
        """Why this host can have no lease at present; ``""``: it can."""
        self._renewal = Renewal()
        self._owners: Mapping[str, str] = {}
        self._held: dict[str, tuple[Tenure, Callable[[], float]]] = {}  # each with its clock, by duty
        self._runtimes: dict[str, Runtime] = {}
        self._ended = threading.Condition()  # when one of them has
        self._front_desks: dict[str, pykka.ActorRef[FrontDesk]] = {}
        self._stands_by_for: set[str] = set()
        self._warm: set[str] = set()  # of these
        self._closing: dict[str, pykka.Future[Any]] = {}
        self._ends: dict[str, float] = {}  # of the leases of accounts in this process
        self._lock = threading.Lock()  # of ``_ends``
        self._timer = (
            WatchdogTimer(math.inf) if threading.current_thread() is threading.main_thread() else None
        )
        self._give_up = give_up
        self._guardian = Guardian(self._on_failure)
        self._steward: pykka.ActorRef[Steward] | None = None

    def _set(self, config: Config) -> None:
        self._in_process = {name for name, each in config.duties.items() if each.pool.workers == 0}
        self._duties = cluster_duties(config)
        self._settings = shared_settings(config)

    def begin(self) -> None:
        """Try for all duties from now on."""
        life = f"{os.getpid()}-{secrets.token_hex(4)}"
        tenancy = Tenancy(self._name, self._duties.values(), self._times, random.random)
        self._steward = self._guardian.start(
            Steward,
            self._engine,
            tenancy,
            self._times,
            self._name,
            life,
            self,
            self._settings,
            Claims(self._engine, self._times.lease, _memory_of(self._name), self._replicas),
        )

    def end(self, timeout: float) -> None:
        """Stop what runs, and give the leases back."""
        if self._steward is not None:
            with contextlib.suppress(pykka.ActorDeadError):
                self._steward.tell(Drain())
            if not self._guardian.await_end(self._steward, timeout):
                logger.warning("leases were not given back: they end by themselves, nothing is to be done")
            self._steward = None
        self._guardian.stop()
        self._engine.close()

    def assign(self, config: Config) -> None:
        """Its accounts and feeds are those that there are from now on. Returns once the others have ended
        here, but no later than ``ENDED_WITHIN``."""
        gone = {duty.name for duty in self._duties.values()}
        self._set(config)
        gone -= {duty.name for duty in self._duties.values()}
        self._tell(Assign(tuple(self._duties.values()), self._settings))
        with self._ended:
            if not self._ended.wait_for(
                lambda: gone.isdisjoint(self._runtimes.keys() | self._held.keys()), ENDED_WITHIN
            ):
                still = ", ".join(sorted(gone & self._runtimes.keys()))
                logger.warning("{} has not ended yet: it is being stopped, nothing is to be done", still)

    def failed(self, name: str) -> None:
        """The account or feed of this name cannot go on here."""
        duty = self._duties.get(name)
        if duty is not None:  # else a reload removes it, which ends it
            self._tell(DutyFailed(duty.name))

    def _tell(self, message: Assign | DutyFailed | HandOver) -> None:
        if self._steward is not None:
            with contextlib.suppress(pykka.ActorDeadError):
                self._steward.tell(message)

    def start(self, tenure: Tenure, clock: Callable[[], float]) -> str:
        self._held[tenure.duty] = tenure, clock
        entries: dict[str, str] = {}
        name = _name_of(tenure.duty)
        share = functools.partial(self._share, tenure, clock, entries)
        if (config := self._host.config.duties.get(name)) is None:
            return "a reload has removed it"
        if tenure.duty in self._stands_by_for or self._duties[name].standby:  # a reload may have ended that
            return self.stand_by(tenure.duty) or self._take_over(tenure)
        sends = ClusterSendLog(
            self._engine, tenure, lambda: self._host.config.duties.get(name, config).limits.messages
        )
        runtime = self._host.start_owned(name, Takeover(share, sends))
        if runtime is None:
            return "its start failed"
        self._runtimes[tenure.duty] = runtime
        self._front_desks[tenure.duty] = self._guardian.start(
            FrontDesk,
            self._engine,
            tenure,
            runtime.router,
            runtime.welcome,
            entries,
            on_failure=OnFailure.LOG,
        )
        return ""

    def stand_by(self, duty: str) -> str:
        name = _name_of(duty)
        if (config := self._host.config.duties.get(name)) is None:
            return "a reload has removed it"
        if (runtime := self._host.start_owned(name, NOTHING)) is None:  # each host has limits of its own
            return "its start failed"
        if self._runtimes.get(duty) is runtime:
            return ""
        if (former := self._front_desks.pop(duty, None)) is not None:  # of a runtime that has ended
            self._guardian.end(former)
        self._warm.discard(duty)
        self._runtimes[duty] = runtime
        self._front_desks[duty] = self._guardian.start(
            StandbyDesk,
            self._engine,
            duty,
            runtime.router,
            runtime.welcome,
            {stream.asset for stream in config.streams},
            self._times.lease + KEPT_BEYOND_LEASE,
            lambda: bool(self.hindrance),
            functools.partial(self._count_as_warm, duty),
            functools.partial(self._tell, HandOver(duty)),
            on_failure=OnFailure.LOG,
        )
        self._stands_by_for.add(duty)
        return ""

    def _count_as_warm(self, duty: str, warm: bool) -> None:  # a callback
        (self._warm.add if warm else self._warm.discard)(duty)

    def stand_down(self, duty: str) -> None:
        self._end(duty)

    def warm(self) -> Collection[str]:
        return self._warm

    def _take_over(self, tenure: Tenure) -> str:
        self._stands_by_for.discard(tenure.duty)
        self._warm.discard(tenure.duty)
        self._front_desks[tenure.duty].tell(TakeOver(tenure))
        return ""

    def extend(self, tenure: Tenure, until: float) -> None:
        name = _name_of(tenure.duty)
        if self._keeps or tenure.duty.startswith("feed:"):
            return  # what may go on without a lease
        if name in self._in_process:
            self._arm(name, until)
        elif (runtime := self._runtimes.get(tenure.duty)) is not None:
            runtime.extend_lease(until)

    def close(self, tenure: Tenure) -> None:
        if (runtime := self._runtimes.get(tenure.duty)) is not None:
            with contextlib.suppress(pykka.ActorDeadError):
                reason = f"this host has lost the account: {tenure.lost}"
                self._closing[tenure.duty] = runtime.router.ask(Disconnect(reason), block=False)

    def stop(self, tenure: Tenure) -> None:
        name = _name_of(tenure.duty)
        self._held.pop(tenure.duty, None)
        if (closing := self._closing.pop(tenure.duty, None)) is not None:
            with contextlib.suppress(RequestError, pykka.ActorDeadError, pykka.Timeout):
                closing.get(timeout=CLOSED_WITHIN)
                self._arm(name, None)
        self._end(tenure.duty)

    def _end(self, duty: str) -> None:
        name = _name_of(duty)
        self._stands_by_for.discard(duty)
        self._warm.discard(duty)
        front_desk = self._front_desks.pop(duty, None)
        if front_desk is not None:
            with contextlib.suppress(pykka.ActorDeadError):
                front_desk.tell(Drain())
        try:
            self._host.stop_owned(name)
            if front_desk is not None:  # by now it has all the answers
                self._guardian.end(front_desk)
        finally:
            with self._ended:
                self._runtimes.pop(duty, None)
                self._ended.notify_all()
            self._arm(name, None)

    def hinder(self, reason: str) -> None:
        self.hindrance = reason

    def show(self, renewal: Renewal) -> None:
        self._renewal = renewal

    def place(self, owners: Mapping[str, str]) -> None:
        self._owners = owners

    def absence(self, name: str) -> str:
        """Why this host does not own the account or feed of this name; ``""`` while it runs it as its own."""
        duty = self._duties.get(name)
        if duty is None:
            return "it ends here"  # a reload is removing it
        if duty.name in self._held and duty.name in self._runtimes:
            return ""
        owner = self._owners.get(duty.name)
        if self.hindrance or owner is None:
            return self.hindrance or "no host has it"
        return "it begins or ends here" if owner == self._name else f"host {owner} has it"

    def stands_by(self, name: str) -> bool:
        """Whether the feed of this name runs here only to be taken over."""
        duty = self._duties.get(name)
        return duty is not None and duty.name in self._stands_by_for

    def picture(self) -> ClusterPicture:
        """As it is now; any thread."""
        held, margin = dict(self._held), self._times.margin
        duties = [
            _status(name, held.get(duty.name), margin, stands_by=self.stands_by(name))
            for name, duty in self._duties.items()
        ]
        return ClusterPicture(self._name, *self._renewal, duties)

    def _share(
        self, tenure: Tenure, clock: Callable[[], float], entries: Mapping[str, str], local: Journal
    ) -> Journal:
        if tenure.duty.startswith("feed:"):
            return local
        return ClusterJournal(self._engine, tenure, local, clock, commands=entries, replicas=self._replicas)

    def _arm(self, name: str, until: float | None) -> None:
        if self._timer is None or name not in self._in_process:
            return
        with self._lock:
            if until is None:
                self._ends.pop(name, None)
            else:
                self._ends[name] = until
            self._timer.ends_at = min(self._ends.values(), default=math.inf)
            self._timer.rearm()

    def _on_failure(self, error: Exception) -> None:
        logger.critical("the leases of this host can be kept no more, so it ends: {}; report this", error)
        self._give_up()


def _memory_of(host: str) -> EpochMemory:
    try:
        return EpochMemory(state_folder() / f"epochs-{host}.json")
    except Halted:  # of which each account tells
        return EpochMemory(None)


def _status(
    name: str, held: tuple[Tenure, Callable[[], float]] | None, margin: float, *, stands_by: bool
) -> TenureStatus:
    if held is None or held[0].lost:
        return TenureStatus(name, stands_by=stands_by)
    tenure, clock = held
    return TenureStatus(name, tenure.epoch, max(0.0, tenure.safe_until + margin - clock()))


def _name_of(duty: str) -> str:
    return duty.partition(":")[2]
