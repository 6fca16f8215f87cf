"""The connections of the pool: who is wanted and ready, which role each has, and what it has to answer."""

import enum
import math
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from actors.messages.status import PooledConnection
from actors.messages.traffic import Request, RequestKey
from actors.outbound.statistics import ConnectionStats

COMING = 0.5
"""Seconds after the first connection came up in which the others are likely to: their start took as long."""


class PoolPlan(Struct, frozen=True):
    """How large a pool is.

    ``names`` are all connections that there may be; the first ``kept`` of them are open always, the
    others while they are needed and ``idle_timeout`` seconds longer. ``standby`` of those that are up
    carry nothing, to take over from one that is lost.
    """

    names: tuple[str, ...]
    kept: int
    standby: int
    streams_per_connection: int
    idle_timeout: float


StreamCounts = Mapping[str, int]
"""How many streams each connection carries; those that wait for one are at ``""``."""


class Role(enum.Enum):
    """What a connection is for."""

    ACCOUNT = "account"
    """Orders, deals and balance; streams only where the others have no room."""
    MARKET = "market"
    STANDBY = "standby"
    """Authenticated and idle, to take over at once."""
    NONE = ""
    """Not up."""


class Member:
    """One connection; ``epoch`` is 0 while it is down, ``wanted`` says whether it is to be open."""

    def __init__(self, name: str, *, kept: bool) -> None:
        self.name = name
        self.kept = kept
        self.wanted = kept
        self.closing = False
        self.given_up = False
        self.host: Any = None
        self.homeless = False
        self.epoch = 0
        self.came_up = False
        self.role = Role.NONE
        self.busy_at = 0.0
        self.in_flight: dict[RequestKey, tuple[Request, float]] = {}
        self.statistics = ConnectionStats()

    @property
    def hopeless(self) -> bool:
        """Whether it will not come back by itself: it was given up, or the host that it lives on."""
        return self.given_up or self.homeless

    def house(self, host: Any) -> None:
        """It lives there. A host that was given up is still told what was meant for it, and refuses that:
        that the connection is down is known a moment later only."""
        self.homeless = host is None
        if host is not None:
            self.host = host


class Members:
    """Every request in flight belongs to one member; at most one member has the account."""

    def __init__(self, plan: PoolPlan) -> None:
        self._plan = plan
        self._members = {
            name: Member(name, kept=number < plan.kept) for number, name in enumerate(plan.names)
        }
        self._carriers: dict[RequestKey, Member] = {}
        self._first_up_at: float | None = None

    def __getitem__(self, name: str) -> Member:
        return self._members[name]

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    @property
    def account(self) -> str:
        """The connection that takes what concerns money; ``""`` while none is up."""
        return next((member.name for member in self._with(Role.ACCOUNT)), "")

    @property
    def markets(self) -> list[str]:
        return [member.name for member in self._with(Role.MARKET)]

    @property
    def room(self) -> int:
        """How many streams the pool can carry when it has opened all that it may."""
        return (len(self._members) - self._plan.standby) * self._plan.streams_per_connection

    def if_up(self, name: str) -> str:
        """``name`` if that connection is up, else ``""``."""
        return name if name in self._members and self._members[name].epoch else ""

    # Births, deaths and roles

    def up(self, name: str, epoch: int, now: float) -> None:
        """It has no role before ``cast``."""
        member = self._members[name]
        member.epoch, member.busy_at, member.given_up, member.came_up = epoch, now, False, True
        member.statistics = ConnectionStats()  # another life may be in another region
        if self._first_up_at is None:
            self._first_up_at = now

    def down(self, name: str, epoch: int) -> bool:
        """Whether it was up in that life."""
        member = self._members[name]
        if not epoch or member.epoch != epoch:
            return False
        member.epoch, member.role, member.closing = 0, Role.NONE, False
        return True

    def others_come(self, now: float) -> bool:
        """Whether the pool is just starting: what has no haste had better wait for those to come."""
        coming = any(member.kept and not member.came_up and not member.hopeless for member in self)
        return coming and self._first_up_at is not None and now - self._first_up_at < COMING

    def cast(self, load: StreamCounts) -> None:
        """Give everyone who is up a role; ``load`` is how many streams each carries, ``""`` those that wait.

        Who has the account keeps it; lost, it goes to one that stands by. Only what is not needed for
        streams stands by.
        """
        up = [member for member in self if member.epoch and not member.closing]
        if up and not self.account:
            heir = min(up, key=lambda each: (each.role is not Role.STANDBY, load.get(each.name, 0)))
            heir.role = Role.ACCOUNT
        spare = min(
            self._plan.standby, len(up) - max(self._plan.kept - self._plan.standby, self._bearers(load))
        )
        for member in sorted(up, key=lambda each: each.role is not Role.STANDBY):
            if member.role is not Role.ACCOUNT:
                stands_by = spare > 0 and not load.get(member.name)
                member.role = Role.STANDBY if stands_by else Role.MARKET
                spare -= stands_by

    def _bearers(self, load: StreamCounts) -> int:
        """How many connections so many streams need."""
        return math.ceil(sum(load.values()) / self._plan.streams_per_connection)

    def _with(self, role: Role) -> list[Member]:
        return [member for member in self if member.role is role]

    # Requests

    def choose(self) -> str:
        """Which connection would answer a request soonest; ``""`` while none is up."""
        candidates = self._with(Role.MARKET) or self._with(Role.ACCOUNT)
        best = min(candidates, key=lambda each: each.statistics.expected(len(each.in_flight)), default=None)
        return best.name if best else ""

    def sent(self, name: str, request: Request, now: float) -> None:
        """``request`` leaves by ``name``; if somebody waits for it, it is in flight until ``settled``."""
        member = self._members[name]
        member.busy_at = max(member.busy_at, now)
        if request.awaited:
            key = request.key
            if (before := self._carriers.get(key)) is not None:
                del before.in_flight[key]  # sent again elsewhere
            member.in_flight[key] = (request, now)
            self._carriers[key] = member

    def settled(self, key: RequestKey, now: float, *, succeeded: bool) -> Request | None:
        """The request, which is in flight no more; ``None`` if it was not."""
        member = self._carriers.pop(key, None)
        if member is None:
            return None
        request, sent_at = member.in_flight.pop(key)
        member.busy_at = max(member.busy_at, now)
        if succeeded:
            member.statistics.succeeded(now - sent_at)
        else:
            member.statistics.failed()
        return request

    def expire(self, now: float) -> None:
        """Forget what is past its deadline: its ``RequestDone`` may have come before ``sent``.

        It overtakes a request that is still at the batcher. An answer is that early where the venue's list
        no longer has the pending order that the request is to cancel.
        """
        for member in self:
            late = [key for key, (request, _) in member.in_flight.items() if request.expires_at < now]
            for key in late:
                self.settled(key, now, succeeded=False)

    def take_lost(self, name: str) -> list[Request]:
        """What was in flight on a connection that is gone."""
        member = self._members[name]
        lost = [request for request, _ in member.in_flight.values()]
        member.in_flight.clear()
        for request in lost:
            del self._carriers[request.key]
            member.statistics.failed()
        return lost

    # Opening and closing

    def to_open(self, load: StreamCounts, *, some: bool) -> list[str]:
        """Which further connections the streams need; one if there is none and ``some`` or any are kept."""
        wanted = sum(member.wanted and not member.hopeless for member in self)
        closed = [member for member in self if not member.wanted and not member.hopeless]
        opening = closed[: max(0, self._needed(load, some=some) - wanted)]
        for member in opening:
            member.wanted = True
        return [member.name for member in opening]

    def surplus(self, load: StreamCounts) -> str:
        """A connection beyond those kept whose streams the others have room for; ``""`` for none."""
        wanted = [member for member in self if member.wanted and not member.hopeless]
        extra = [each for each in wanted if not each.kept and each.role is Role.MARKET]
        return extra[-1].name if extra and len(wanted) > self._needed(load) else ""

    def to_close(self, load: StreamCounts, now: float) -> list[str]:
        """Which connections have not been needed for ``idle_timeout`` seconds; the account's goes last."""
        since = now - self._plan.idle_timeout
        idle = [
            member
            for member in self
            if member.epoch and member.wanted and not member.kept
            if not member.in_flight and not load.get(member.name) and member.busy_at < since
        ]
        wanted = sum(member.wanted and not member.hopeless for member in self)
        idle.sort(key=lambda each: each.role is Role.ACCOUNT)
        closing = idle[: max(0, wanted - self._needed(load))]
        for member in closing:
            member.wanted, member.closing, member.role = False, True, Role.NONE  # it takes nothing any more
        return [member.name for member in closing]

    def _needed(self, load: StreamCounts, *, some: bool = False) -> int:
        bearers = max(self._bearers(load), 1 if some or self._plan.kept else 0)
        return bearers + self._plan.standby if bearers else 0

    def keep_busy(self, until: float) -> None:
        """The account is watched until then: it is not idle before."""
        if self.account:
            member = self._members[self.account]
            member.busy_at = max(member.busy_at, until)

    def figures(self) -> tuple[PooledConnection, ...]:
        """As the status shows them."""
        return tuple(
            PooledConnection(each.name, each.role.value, len(each.in_flight), each.statistics.figures())
            for each in self
        )
