"""What one host does about all duties: try, renew, end."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from msgspec import Struct

from actors.tenancy.rank import fair_share, rank, ranking, standbys
from actors.tenancy.tenure import Tenure

AFTER_THE_END: Final = 0.02
"""Seconds after the end of another's lease at which the first in line tries: the engine ends it by a clock of
its own, in milliseconds."""

RANK_DELAY: Final = 0.15
"""Seconds that each further place in the line waits: longer than a round trip to the engine, so that one host
tries and the others see that it has the lease."""


MOVE_RETRY: Final = 0.1
"""Seconds between two tries for a duty that is to move to this host: its owner gives it back any moment."""


WAITS_FOR_STANDBY: Final = 10.0
"""Seconds for which an owner that is to give a duty back waits for another host to be warm."""


class Duty(Struct, frozen=True):
    """``hosts`` are those that may have it, the preferred one first; empty: all, none of them preferred.
    ``keeps_without_lease``: where it cannot be known if another host has it, it goes on, as a feed may, of
    which two do no harm. ``standby``: so many hosts run it besides its owner, ready to take it over."""

    name: str
    hosts: tuple[str, ...] = ()
    keeps_without_lease: bool = False
    standby: int = 0


class LeaseTimes(Struct, frozen=True):
    """Seconds: how long a lease is, how often it is renewed, and which last part of it is not used."""

    lease: float
    renew: float
    margin: float


class Tenancy:
    """Decides for ``host``. ``now`` is by the host's own clock, which does not step.

    A lease counts from before the question for it: the engine cannot have begun it earlier. ``jitter`` gives
    a number from 0 to 1, so that hosts that were stopped together do not try together.
    """

    def __init__(
        self,
        host: str,
        duties: Iterable[Duty],
        times: LeaseTimes,
        jitter: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._host = host
        self._duties: dict[str, Duty] = {}
        self._leaving: set[str] = set()  # those to be ended that are this host's no more
        self._times = times
        self._live: frozenset[str] = frozenset({host})
        self._tenures: dict[str, Tenure] = {}
        self._newest: dict[str, int] = {}
        self._jitter = jitter
        self._spread: dict[str, float] = {}
        self._free_at: dict[str, float] = {}  # of those that are not ours, as far as is known
        self._not_before: dict[str, float] = {}  # of those that have ended here
        self._draining = self._resting = False
        self._moves: Mapping[str, str] = {}
        self._standing: Mapping[str, Mapping[str, bool]] = {}  # the hosts that stand by, by duty
        self._stands_by_for: set[str] = set()
        self._asked_back: dict[str, float] = {}  # since when those are to be given back that are not yet
        self.assign(duties, math.inf)

    def __repr__(self) -> str:
        return f"<Tenancy of {self._host}: {len(self._tenures)} of {len(self._duties)} duties>"

    @property
    def tenures(self) -> Mapping[str, Tenure]:
        """Those of this host, by duty."""
        return self._tenures

    @property
    def duties(self) -> Collection[str]:
        """Those that this host may have."""
        return self._duties.keys()

    def newest(self, duty: str) -> int:
        """The greatest epoch that this host knows of."""
        return self._newest[duty]

    def begin(self, now: float) -> None:
        """Nothing is known of other leases: each duty is tried for in the order of the line."""
        self._free_at = dict.fromkeys(self._duties, now)

    def assign(self, duties: Iterable[Duty], now: float) -> list[Tenure]:
        """These are the duties from ``now`` on. The tenures of others are returned, which are to be ended."""
        wanted = {duty.name: duty for duty in duties if not duty.hosts or self._host in duty.hosts}
        for name in wanted.keys() - self._newest.keys():
            self._newest[name] = 0
            self._spread[name] = self._jitter() / 2
        for name in self._duties.keys() - wanted.keys():
            self._free_at.pop(name, None)
        self._leaving = self._tenures.keys() - wanted.keys()
        for name in wanted.keys() - self._duties.keys() - self._tenures.keys():
            self._free_at[name] = now
        self._duties = wanted | {name: self._duties[name] for name in self._leaving}
        return [self._tenures[name] for name in sorted(self._leaving)]

    def wants(self, duty: str) -> bool:
        """Whether it may be this host's."""
        return duty in self._duties and duty not in self._leaving

    def see(self, hosts: Collection[str]) -> None:
        """These hosts are there now; what operators want of them is told by ``follow``."""
        self._live = frozenset({*hosts, self._host})

    def due(self, now: float) -> str | None:
        """A duty to try for now; the next one after its outcome: a host that has more tries later."""
        tries = self._tries()
        return min(
            (duty for duty, at in tries.items() if at <= now), key=lambda each: tries[each], default=None
        )

    def taken(self, duty: str, seconds: float, newest: int, now: float) -> None:
        """Another host has the lease, for at most so many ``seconds`` unless it renews it."""
        self._newest[duty] = max(self._newest[duty], newest)
        self._free_at[duty] = now + (MOVE_RETRY if self._moves_here(duty) else seconds + AFTER_THE_END)

    def released(self, duty: str, now: float) -> None:
        """Its owner has given it back. A host that could not keep it leaves the first try to others, and all
        leave it to the one that it moves to."""
        if duty in self._free_at and not self._moves_away(duty):
            self._free_at[duty] = min(self._free_at[duty], max(now, self._not_before.get(duty, now)))

    def acquired(self, duty: str, epoch: int, asked_at: float) -> Tenure:
        """This host has the lease; it asked for it at ``asked_at``."""
        self._newest[duty] = max(self._newest[duty], epoch)
        self._free_at.pop(duty, None)
        self._tenures[duty] = tenure = Tenure(duty, epoch, self._safe_until(asked_at))
        return tenure

    def unanswered(self, duty: str, now: float) -> None:
        """The engine did not say which host has the lease."""
        self._free_at[duty] = now + self._times.renew

    def renewals(self) -> dict[str, int]:
        """The epochs to renew, by duty."""
        return {tenure.duty: tenure.epoch for tenure in self._tenures.values()}

    def renewed(self, held: Mapping[str, bool], asked_at: float) -> list[Tenure]:
        """The engine has renewed those that are ``held``. The others are over, and their tenures returned:
        all that was done for them must end at once."""
        lost = []
        for duty, is_held in held.items():
            tenure = self._tenures.get(duty)
            if tenure is None:
                continue
            if is_held:
                tenure.safe_until = max(tenure.safe_until, self._safe_until(asked_at))
            else:
                tenure.lost = "another host owns it, or did"
                lost.append(tenure)
                self.end(duty, asked_at)
        return lost

    def expired(self, now: float) -> list[Tenure]:
        """The engine has not said that these are over, but another host may have the duty now: what was done
        for them must end. They are returned once. Those that go on without a lease are not among them."""
        over = [
            tenure
            for duty, tenure in self._tenures.items()
            if now >= tenure.safe_until and not self._duties[duty].keeps_without_lease
        ]
        for tenure in over:
            tenure.lost = "it could not be renewed in time"
            self.end(tenure.duty, now)
        return over

    def end(self, duty: str, now: float) -> None:
        """This host has the duty no more: it was lost or given up."""
        self._tenures.pop(duty, None)
        self._asked_back.pop(duty, None)
        if self.wants(duty):
            self._free_at[duty] = self._not_before[duty] = now + self._times.renew
        else:
            self._leaving.discard(duty)
            self._duties.pop(duty, None)

    def drain(self) -> None:
        """Try for nothing any more."""
        self._draining = True

    def follow(self, resting: Collection[str], moves: Mapping[str, str], now: float) -> list[Tenure]:
        """Operators want these hosts to have nothing, and these duties to move to these hosts. The tenures
        of this host that are to be given back for it; the same ones until they have ended.

        No duty is given up for a host that is not there, or may have none; and one with standbys only when
        the next owner is warm, or after ``WAITS_FOR_STANDBY``."""
        self._resting = self._host in resting
        self._live -= {*resting} - {self._host}
        for duty, to in moves.items():
            if to == self._host and self._moves.get(duty) != to and duty in self._free_at:
                self._free_at[duty] = now
        self._moves = moves
        leaving = [duty for duty in self._tenures if self._resting or self._moves_away(duty)]
        self._asked_back = {duty: self._asked_back.get(duty, now) for duty in leaving}
        return [self._tenures[duty] for duty in leaving if not self._waits_for_standby(duty, now)]

    def has_warm_standby(self, duty: str) -> bool:
        """Whether another host could take it over at once."""
        return bool(self._warm(duty) & (self._live - {self._host}))

    def stand_by(self, owners: Mapping[str, str], standing: Mapping[str, Mapping[str, bool]]) -> set[str]:
        """The duties that this host has to stand by for, if ``owners`` has the host of each, and ``standing``
        those that stand by for it: true if one is warm."""
        self._standing = standing
        if self._draining or self._resting:
            self._stands_by_for = set()
        else:
            self._stands_by_for = {
                name
                for name, duty in self._duties.items()
                if duty.standby and name not in self._tenures and self.wants(name)
                if self._is_standby(duty, owners.get(name, ""))
            }
        return self._stands_by_for

    def reconnected(self, now: float) -> None:
        """The engine was away: it may have forgotten which hosts are there. Those that stand by try first."""
        for duty in self._free_at:
            if self._duties[duty].standby:
                waits = 0.0 if duty in self._stands_by_for else 3 * self._times.renew
                self._free_at[duty] = now + waits

    def next_at(self) -> float:
        """When the next step is due that no answer brings; ``inf``: none."""
        ends = (
            tenure.safe_until
            for duty, tenure in self._tenures.items()
            if not self._duties[duty].keeps_without_lease
        )
        return min((*ends, *self._tries().values()), default=math.inf)

    def _is_standby(self, duty: Duty, owner: str) -> bool:
        """One that is behind others by now goes on until enough of them are warm; and without an owner all
        go on, since one of them is the next."""
        has_begun = duty.name in self._stands_by_for
        if not owner:
            return has_begun
        line = [host for host in duty.hosts if host in self._live] or ranking(duty.name, self._live)
        first = standbys(line, owner, duty.standby)
        warm = self._warm(duty.name).intersection(first)
        return self._host in first or self._moves_here(duty.name) or (has_begun and len(warm) < duty.standby)

    def _warm(self, duty: str) -> set[str]:
        return {host for host, is_warm in self._standing.get(duty, {}).items() if is_warm}

    def _waits_for_standby(self, duty: str, now: float) -> bool:
        """Whether this host does not give it back yet. What no other host may have is not waited for."""
        wanted, others = self._duties[duty], self._live - {self._host}
        if not wanted.standby or not others.intersection(wanted.hosts or others):
            return False
        if now >= self._asked_back[duty] + WAITS_FOR_STANDBY:
            return False
        next_ones = {self._moves[duty]} if self._moves_away(duty) else others
        return not self._warm(duty) & next_ones

    def _moves_here(self, duty: str) -> bool:
        return self._moves.get(duty) == self._host

    def _moves_away(self, duty: str) -> bool:
        return self._moves.get(duty, self._host) in self._live - {self._host}

    def _safe_until(self, asked_at: float) -> float:
        return asked_at + self._times.lease - self._times.margin

    def _tries(self) -> dict[str, float]:
        """When each duty is to be tried for."""
        if self._draining or self._resting:
            return {}
        return {duty: at + RANK_DELAY * self._place(duty) for duty, at in self._free_at.items()}

    def _place(self, duty: str) -> float:
        """In the line: those before this host, and what it has already."""
        if self._moves_here(duty):
            return 0.0
        standing = self._standing.get(duty, {})
        if duty in self._stands_by_for:  # the warm ones first
            line = sorted({**standing, self._host: standing.get(self._host, False)}.items(), key=_by_warmth)
            return [host for host, _ in line].index(self._host)
        return len(standing) + self._place_of_cold(duty)

    def _place_of_cold(self, duty: str) -> float:
        if allowed := self._duties[duty].hosts:  # what it has already does not count: it is preferred
            before = allowed[: allowed.index(self._host)]
            return len(self._live.intersection(before)) + self._spread[duty]
        place = rank(duty, self._host, self._live) + len(self._tenures)
        if len(self._tenures) >= fair_share(len(self._duties), len(self._live)):
            place += len(self._live)  # behind all that have less
        return place + self._spread[duty]


def _by_warmth(standing: tuple[str, bool]) -> tuple[bool, str]:
    host, is_warm = standing
    return not is_warm, host
