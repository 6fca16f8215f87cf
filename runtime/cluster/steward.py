"""The steward of a host: it gets and renews the leases, and what runs on the host follows them."""

import functools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from loguru import logger
from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.engine.timers import Timer
from actors.errors import TransportError
from actors.messages.control import Drain
from actors.messages.lifecycle import Begin
from actors.tenancy.tenancy import Duty, LeaseTimes, Tenancy
from actors.tenancy.tenure import Tenure
from runtime.cluster.carrier import Carrier
from runtime.cluster.claims import Claims
from runtime.cluster.comparison import Comparison
from runtime.cluster.engine import Engine
from runtime.cluster.fitness import hindrance_of, weaknesses
from runtime.cluster.host_directory import HostDirectory
from runtime.cluster.messages import Assign, DutyFailed, HandOver
from runtime.cluster.outcomes import Acquired, EngineAway, Renewal
from runtime.cluster.releases import Releases
from runtime.cluster.standbys import Standbys
from runtime.cluster.steps import (
    NO_THREAD,
    DutyBegun,
    DutyEnded,
    StandbyBegun,
    StandbyEnded,
    Step,
    begin,
    begin_standby,
    end,
    end_standby,
    in_background,
)
from runtime.version import version

IN_MAINTENANCE = "this host is in maintenance until `tellwire ctl FILE maintenance --end`"

PRESENT_FOR = 3
"""Renewals after which a host that has renewed none is no more counted as there."""


class _Renew(Struct, frozen=True):
    """Time to renew."""


class _Due(Struct, frozen=True):
    """Time for what ``Tenancy.next_at`` has told."""


class _Released(Struct, frozen=True):
    """The engine tells of leases that were given back."""


class Steward(RuntimeActor):
    """Owns the leases of this host; a thread of its own, since it waits for the engine.

    Tells ``carrier`` what to start, to close and to stop; a start and a stop have a thread of their own.
    After ``Drain`` it gives all leases back, and ends.
    """

    def __init__(
        self,
        engine: Engine,
        tenancy: Tenancy,
        times: LeaseTimes,
        host: str,
        life: str,
        carrier: Carrier,
        settings: Mapping[str, str],
        claims: Claims,
        **kwargs: Any,
    ) -> None:
        """``life`` is a name that no other process of this ``host`` has had. ``engine`` has a time limit
        within the margin of ``times``. ``settings`` are those that all hosts must have alike."""
        super().__init__("steward", **kwargs)
        self._engine = engine
        self._directory = HostDirectory(engine)
        self._tenancy = tenancy
        self._times = times
        self._host, self._life = host, life
        self._holder = f"{host}/{life}"
        self._claims = claims
        self._carrier = carrier
        self._comparison = Comparison(engine, host, life, settings)
        self._standbys = Standbys(self._directory, host, carrier, PRESENT_FOR * times.renew)
        self._releases: Releases | None = None
        self._present = self._prepared = False
        self._away = ""
        self._unfit = ""  # why nothing runs on the engine, ``""`` if it may be used
        self._resting = False
        self._has_namesake = False
        self._busy: set[str] = set()  # duties that are being started or stopped
        self._failed: set[str] = set()  # of those
        self._left: dict[str, float] = {}  # when the leases end of those that could not be stopped
        self._draining = False
        self._timer: Timer | None = None

    def on_receive(self, message: Any) -> None:
        match message:
            case Begin():
                self._tenancy.begin(self.now())
                self.every(self._times.renew, _Renew())
                self._renew()
            case _Renew():
                self._renew()
            case _Due():
                self._timer = None
            case _Released():
                self._on_released()
            case DutyBegun():
                self._on_begun(message.tenure, message.problem)
            case DutyEnded(tenure=tenure, has_stopped=has_stopped):
                self._on_ended(tenure, has_stopped=has_stopped)
            case StandbyBegun():
                self._on_standby_begun(message)
            case StandbyEnded(duty=duty):
                self._busy.discard(duty)
                self._failed.discard(duty)
            case DutyFailed(duty=duty):
                self._on_failed(duty)
            case HandOver(duty=duty):
                self._hand_over(duty)
            case Assign(duties=duties, settings=settings):
                self._assign(duties, settings)
            case Drain():
                self._drain()
            case _:
                self.unexpected(message)
        self._go_on()

    def _go_on(self) -> None:
        """All that is due; then wait for the next."""
        for tenure in self._tenancy.expired(self.now()):
            self._lose(tenure)
        if self._present:
            self._try()
        if self._draining:
            self._stand_by([])
            if not self._busy and not self._tenancy.tenures:
                self._leave()
                return
        if self._timer is not None:
            self._timer.cancel()
        at = self._tenancy.next_at()
        self._timer = self.at(at, _Due()) if self._present and at < math.inf else None

    def _renew(self) -> None:
        asked_at = self.now()
        present_for = PRESENT_FOR * self._times.renew
        try:
            self._renew_leases()  # first: over a slow line all the rest takes longer than a lease may wait
            if not (self._prepared or self._prepare()):
                return
            hosts = self._engine.attend(self._host, self._life, present_for, first=not self._present)
        except EngineAway as error:
            self._on_away(error)
            return
        self._on_answered()
        self._carrier.show(Renewal(len(hosts), self._resting, self.now() - asked_at))
        if hosts.get(self._host, self._life) != self._life:  # a slow machine may find its own no more
            text = "another process is host {}, so this one waits: give each host a cluster.host of its own"
            if not self._has_namesake:  # once, and not with each try
                logger.warning(text, self._host)
            self._has_namesake = True
            self._carrier.hinder(text.format(self._host))
            return
        self._has_namesake, self._present = False, True
        self._tenancy.see(hosts.keys())
        try:
            self._follow(hosts)
            self._claims.confirm(self._holder, self._tenancy.tenures.values())
            self._comparison.compare(hosts)
            self._hear_releases()
        except EngineAway as error:
            self._on_away(error)

    def _renew_leases(self) -> None:
        if self._unfit:
            return
        asked_at = self.now()
        held = self._engine.renew(self._holder, self._tenancy.renewals(), self._times.lease)
        for tenure in self._tenancy.renewed(held, asked_at):
            self._lose(tenure)
        for tenure in self._tenancy.tenures.values():
            self._extend(tenure)

    def _follow(self, hosts: Collection[str]) -> None:
        """Do what operators want of this host, and say that it is there."""
        self._directory.sign(self._host, version())
        found = self._directory.assignment(sorted(hosts), self._tenancy.duties)
        self._rest(resting=self._host in found.resting)
        self._carrier.place(found.owners)
        for tenure in self._tenancy.follow(found.resting, found.moves, self.now()):
            if tenure.duty not in self._busy:
                logger.info("this host gives {} back, as an operator wants", tenure.duty)
                self._end(tenure)
        self._stand_by(self._tenancy.stand_by(found.owners, found.standing))
        self._standbys.tell()

    def _stand_by(self, wanted: Collection[str]) -> None:
        for duty in self._standbys.begin([each for each in wanted if each not in self._busy], self.now()):
            start = functools.partial(begin_standby, self._carrier, duty)
            self._in_background(duty, start, StandbyBegun(duty, NO_THREAD))
        for duty in self._standbys.superfluous(wanted) - self._busy:
            self._stand_down(duty)

    def _on_standby_begun(self, begun: StandbyBegun) -> None:
        self._busy.discard(begun.duty)
        self._standbys.on_begun(begun, self.now())
        if begun.problem or begun.duty in self._failed:
            self._stand_down(begun.duty)  # a part of it may run
        self._failed.discard(begun.duty)

    def _stand_down(self, duty: str) -> None:
        self._standbys.end(duty)
        stop = functools.partial(end_standby, self._carrier, duty)
        self._in_background(duty, stop, StandbyEnded(duty))

    def _rest(self, *, resting: bool) -> None:
        if resting != self._resting:
            logger.info("the maintenance of this host has {}", "begun" if resting else "ended")
        self._resting = resting
        self._carrier.hinder(IN_MAINTENANCE if resting else "")

    def _hear_releases(self) -> None:
        if self._releases is not None:
            return
        releases = Releases(self._engine)
        try:
            self.watch(releases, _Released())
        except TransportError as error:
            releases.close()
            raise EngineAway(f"the engine cannot be heard: {error}") from error
        self._releases = releases

    def _on_released(self) -> None:
        if self._releases is None:
            return
        try:
            for duty in self._releases.take():
                self._tenancy.released(duty, self.now())
        except EngineAway:  # the next renewal will tell
            self._ignore_releases()

    def _ignore_releases(self) -> None:
        if self._releases is not None:
            self.inbox.unwatch(self._releases)
            self._releases.close()
            self._releases = None

    def _prepare(self) -> bool:
        """Whether the engine may be used; anew after each time that it was away."""
        facts = self._engine.prepare()
        self._on_answered()
        self._unfit = hindrance_of(facts)
        if self._unfit:
            logger.error("{}", self._unfit)
            self._carrier.hinder(self._unfit)
            return False
        for weakness in weaknesses(facts, self._engine.sentinels(), self._times.lease):
            logger.warning("{}", weakness)
        self._prepared = True
        return True

    def _try(self) -> None:
        while (duty := self._tenancy.due(self.now())) is not None:
            asked_at = self.now()
            if duty in self._busy or self._away or asked_at < self._left.get(duty, 0.0):
                self._tenancy.unanswered(duty, asked_at)
                continue
            try:
                got = self._claims.acquire(duty, self._holder, self._tenancy.newest(duty))
            except EngineAway as error:
                self._on_away(error)
                continue
            if got.epoch:
                self._take(self._tenancy.acquired(duty, got.epoch, asked_at), got)
            else:
                self._tenancy.taken(duty, got.seconds, got.newest, self.now())

    def _take(self, tenure: Tenure, got: Acquired) -> None:
        tenure.confirmed = self._claims.is_confirmed(got)
        logger.info("this host owns {} now, by epoch {}", tenure.duty, tenure.epoch)
        self._standbys.end(tenure.duty)
        self._extend(tenure)
        start = functools.partial(begin, self._carrier, tenure, self.now)
        self._in_background(tenure.duty, start, DutyBegun(tenure, NO_THREAD))

    def _on_begun(self, tenure: Tenure, problem: str) -> None:
        self._busy.discard(tenure.duty)
        if tenure.duty in self._failed:
            problem = problem or "it failed while it was started"
        if problem:
            text = "{} cannot run on this host: {}; its lease is given back, and is tried again"
            logger.error(text, tenure.duty, problem)
        if tenure.lost or problem or self._draining or not self._tenancy.wants(tenure.duty):
            self._end(tenure)
        else:
            self._extend(tenure)  # to what was started meanwhile

    def _on_failed(self, duty: str) -> None:
        tenure = self._tenancy.tenures.get(duty)
        if duty in self._busy:
            self._failed.add(duty)
        elif tenure is not None:
            self._end(tenure)
        elif duty in self._standbys:
            self._stand_down(duty)

    def _hand_over(self, duty: str) -> None:
        if duty not in self._busy and self._tenancy.has_warm_standby(duty):
            logger.warning("{} has no connection here, so a warm host takes it; nothing is to be done", duty)
            self._on_failed(duty)

    def _lose(self, tenure: Tenure) -> None:
        text = "this host has lost {}: {}; if no other host takes it over, look at the engine"
        logger.error(text, tenure.duty, tenure.lost)
        self._carrier.close(tenure)
        if tenure.duty not in self._busy:
            self._end(tenure)

    def _end(self, tenure: Tenure) -> None:
        stop = functools.partial(end, self._carrier, tenure)
        self._in_background(tenure.duty, stop, DutyEnded(tenure, has_stopped=False))

    def _on_ended(self, tenure: Tenure, *, has_stopped: bool) -> None:
        self._busy.discard(tenure.duty)
        self._failed.discard(tenure.duty)
        if not has_stopped:  # to ask for it before its end would extend it, by the same epoch
            self._left[tenure.duty] = self.now() + self._times.lease
        if not tenure.lost:
            self._tenancy.end(tenure.duty, self.now())
        if tenure.lost or not has_stopped:
            return
        try:
            self._engine.release(self._holder, {tenure.duty: tenure.epoch})
        except EngineAway as error:  # the lease ends by itself
            self._on_away(error)
        else:
            logger.info("this host has given {} back", tenure.duty)

    def _assign(self, duties: Sequence[Duty], settings: Mapping[str, str]) -> None:
        for tenure in self._tenancy.assign(duties, self.now()):
            if tenure.duty not in self._busy:
                self._end(tenure)
        self._comparison.change(settings)
        self._stand_by([duty for duty in self._tenancy.duties if duty in self._standbys])

    def _drain(self) -> None:
        self._draining = True
        self._tenancy.drain()
        for tenure in list(self._tenancy.tenures.values()):
            if tenure.duty not in self._busy:
                self._end(tenure)

    def _leave(self) -> None:
        try:
            self._engine.leave(self._host)
        except EngineAway as error:  # its presence ends by itself
            self._on_away(error)
        self.stop()

    def _extend(self, tenure: Tenure) -> None:
        self._carrier.extend(tenure, tenure.safe_until + self._times.margin)

    def _in_background(self, duty: str, work: Callable[[], Step], unable: Step) -> None:
        """``unable`` is what comes of it if the system has no thread for it."""
        self._busy.add(duty)
        in_background(duty, work, unable, self.actor_ref)

    def _on_away(self, error: EngineAway) -> None:
        if not self._away:
            logger.error("{}; no order is sent until it answers: look at the engine", error)
        self._away, self._prepared = str(error), False
        self._carrier.show(Renewal(in_maintenance=self._resting))
        self._comparison.describe_again()
        self._ignore_releases()
        self._carrier.hinder(self._away)

    def _on_answered(self) -> None:
        if self._away:
            logger.info("the engine answers again")
            self._tenancy.reconnected(self.now())
        self._away = ""

    def release(self, unhandled: list[Any]) -> None:
        self._ignore_releases()
