"""What one host does about all duties: try, renew, end."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from msgspec import Struct

from actors.tenancy.rank import fair_share, rank
from actors.tenancy.tenure import Tenure

AFTER_THE_END: Final = 0.02
"""Seconds after the end of another's lease at which the first in line tries: the engine ends it by a clock of
its own, in milliseconds."""

RANK_DELAY: Final = 0.15
"""Seconds that each further place in the line waits: longer than a round trip to the engine, so that one host
tries and the others see that it has the lease."""


MOVE_RETRY: Final = 0.1
"""Seconds between two tries for a duty that is to move to this host: its owner gives it back any moment."""


class Duty(Struct, frozen=True):
    """``hosts`` are those that may have it, the preferred one first; empty: all, none of them preferred.
    ``keeps_without_lease``: where it cannot be known if another host has it, it goes on, as a feed may, of
    which two do no harm."""

    name: str
    hosts: tuple[str, ...] = ()
    keeps_without_lease: bool = False


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

        No duty is given up for a host that is not there, or may have none."""
        self._resting = self._host in resting
        self._live -= {*resting} - {self._host}
        for duty, to in moves.items():
            if to == self._host and self._moves.get(duty) != to and duty in self._free_at:
                self._free_at[duty] = now
        self._moves = moves
        return [each for duty, each in self._tenures.items() if self._resting or self._moves_away(duty)]

    def next_at(self) -> float:
        """When the next step is due that no answer brings; ``inf``: none."""
        ends = (
            tenure.safe_until
            for duty, tenure in self._tenures.items()
            if not self._duties[duty].keeps_without_lease
        )
        return min((*ends, *self._tries().values()), default=math.inf)

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
        if allowed := self._duties[duty].hosts:  # what it has already does not count: it is preferred
            before = allowed[: allowed.index(self._host)]
            return len(self._live.intersection(before)) + self._spread[duty]
        place = rank(duty, self._host, self._live) + len(self._tenures)
        if len(self._tenures) >= fair_share(len(self._duties), len(self._live)):
            place += len(self._live)  # behind all that have less
        return place + self._spread[duty]
