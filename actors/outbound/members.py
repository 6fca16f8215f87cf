"""The connections of the pool: which ones are open, which role each has, and what each has to answer."""

import math
from collections.abc import Iterator, Mapping

from msgspec import Struct

from actors.lives import Lives
from actors.messages.status import PooledConnection
from actors.messages.traffic import Request, RequestKey
from actors.messages.workers import WorkerHandle
from actors.outbound.member import TO_OPEN, Member, MemberEvent, MemberState, Role
from actors.outbound.statistics import ConnectionStats
from actors.values import Life

START_SPREAD = 0.5
"""Seconds within which the other connections are likely to come up after the first: they start together."""


class PoolPlan(Struct, frozen=True):
    """How large a pool is.

    ``names`` are all connections that there may be. The first ``kept`` of them are always open, the others
    while they are needed and for ``idle_timeout`` seconds longer. ``standby`` of those that are up carry
    nothing: they replace a connection that is lost.
    """

    names: tuple[str, ...]
    kept: int
    standby: int
    streams_per_connection: int
    idle_timeout: float


StreamCounts = Mapping[str, int]
"""How many streams each connection carries; ``""`` has the number of streams without a connection."""


class Members:
    """Every request in flight belongs to one member; at most one member has the account."""

    def __init__(self, plan: PoolPlan) -> None:
        self._plan = plan
        self._members = {
            name: Member(name, kept=number < plan.kept) for number, name in enumerate(plan.names)
        }
        self._lives = Lives()
        self._carriers: dict[RequestKey, Member] = {}
        self._first_up_at: float | None = None

    def __repr__(self) -> str:
        in_state = [member.state for member in self]
        states = [f"{in_state.count(state)} {state.value}" for state in MemberState if state in in_state]
        return f"<Members: {', '.join(states)}; {len(self._carriers)} in flight>"

    def __getitem__(self, name: str) -> Member:
        return self._members[name]

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    @property
    def account(self) -> str:
        """The connection that takes what concerns money; ``""`` while none is up."""
        for member in self._members.values():  # read for every order
            if member.role is Role.ACCOUNT:
                return member.name
        return ""

    @property
    def workers(self) -> set[WorkerHandle]:
        """Where the connections run, as far as that is known."""
        return {member.worker for member in self if member.worker is not None}

    @property
    def markets(self) -> list[str]:
        return [member.name for member in self._in_role(Role.MARKET)]

    @property
    def capacity(self) -> int:
        """How many streams the pool can carry when it has opened every connection that it may."""
        return (len(self._members) - self._plan.standby) * self._plan.streams_per_connection

    def life(self, name: str) -> Life | None:
        """The life that is up, also while it closes."""
        return self._lives.current(name)

    def if_up(self, name: str) -> str:
        """``name`` if a life of that connection is up, else ``""``."""
        return name if self.life(name) is not None else ""

    # Lives and roles

    def on_up(self, life: Life, now: float) -> None:
        """The connection has no role before ``assign_roles``."""
        if not self._lives.up(life):
            return
        member = self._members[life.connection]
        member.on(MemberEvent.UP)
        member.busy_at = now
        member.statistics = ConnectionStats()  # another life may be in another region
        if self._first_up_at is None:
            self._first_up_at = now

    def on_down(self, life: Life) -> bool:
        """Whether that life was up."""
        if not self._lives.is_current(life):
            return False
        self._lives.down(life)
        self._members[life.connection].on(MemberEvent.DOWN)
        return True

    @property
    def up_since_start(self) -> bool:
        """Whether any connection has been up yet."""
        return self._first_up_at is not None

    def others_come(self, now: float) -> bool:
        """Whether the pool has just started, and connections that are always open are not up yet."""
        if self._first_up_at is None or now - self._first_up_at >= START_SPREAD:
            return False
        return any(
            member.kept and member.state is MemberState.OPENING and not self._lives.last_over(member.name)
            for member in self
        )

    def assign_roles(self, load: StreamCounts) -> None:
        """Give each connection that is up a role; ``load`` is how many streams each carries.

        The connection that has the account keeps it. When that one is lost, a standby takes the account.
        Only connections that no stream needs are standbys.
        """
        up = [member for member in self if member.up]
        if up and not self.account:
            next_account = min(up, key=lambda each: (each.role is not Role.STANDBY, load.get(each.name, 0)))
            next_account.role = Role.ACCOUNT
        needed = max(self._plan.kept - self._plan.standby, self._connections_for(load))
        spare = min(self._plan.standby, len(up) - needed)
        for member in sorted(up, key=lambda each: each.role is not Role.STANDBY):
            if member.role is not Role.ACCOUNT:
                stands_by = spare > 0 and not load.get(member.name)
                member.role = Role.STANDBY if stands_by else Role.MARKET
                spare -= stands_by

    def _connections_for(self, load: StreamCounts) -> int:
        """How many connections that many streams need."""
        return math.ceil(sum(load.values()) / self._plan.streams_per_connection)

    def _in_role(self, role: Role) -> list[Member]:
        return [member for member in self if member.role is role]

    # Requests

    def choose(self) -> str:
        """The connection that is expected to answer a request soonest; ``""`` while none is up."""
        candidates = self._in_role(Role.MARKET) or self._in_role(Role.ACCOUNT)
        best = min(candidates, key=lambda each: each.statistics.expected(len(each.in_flight)), default=None)
        return best.name if best else ""

    def on_sent(self, name: str, request: Request, now: float) -> None:
        """``request`` leaves by ``name``; if an answer is awaited, it is in flight until ``on_done``."""
        member = self._members[name]
        member.busy_at = max(member.busy_at, now)
        if request.awaited:
            key = request.key
            if (before := self._carriers.get(key)) is not None:
                del before.in_flight[key]  # sent again on another connection
            member.in_flight[key] = (request, now)
            self._carriers[key] = member

    def on_done(self, key: RequestKey, now: float, *, succeeded: bool) -> Request | None:
        """The request, which is no longer in flight; ``None`` if it was not."""
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
        """Forget what is past its deadline: its ``RequestDone`` may have come before ``on_sent``.

        It overtakes a request that is still at the batcher. An answer is that early where the venue's list
        no longer has the pending order that the request is to cancel.
        """
        for member in self:
            late = [key for key, (request, _) in member.in_flight.items() if request.expires_at < now]
            for key in late:
                self.on_done(key, now, succeeded=False)

    def take_in_flight(self, name: str) -> list[Request]:
        """What was in flight on a connection that is lost; it is in flight no more."""
        member = self._members[name]
        lost = [request for request, _ in member.in_flight.values()]
        member.in_flight.clear()
        for request in lost:
            del self._carriers[request.key]
            member.statistics.failed()
        return lost

    # Opening and closing

    def to_open(self, load: StreamCounts, *, at_least_one: bool) -> list[str]:
        """The connections that the streams need beyond those that are wanted; they are wanted from now on.

        ``at_least_one``: also a first one without streams.
        """
        wanted = sum(member.wanted for member in self)
        closed = [member for member in self if member.state in TO_OPEN]
        opening = closed[: max(0, self._needed(load, at_least_one=at_least_one) - wanted)]
        for member in opening:
            member.on(MemberEvent.OPEN)
        return [member.name for member in opening]

    def drainable(self, load: StreamCounts) -> str:
        """A connection that is not always open and whose streams fit on the others, or ``""``."""
        wanted = [member for member in self if member.wanted]
        extra = [each for each in wanted if not each.kept and each.role is Role.MARKET]
        return extra[-1].name if extra and len(wanted) > self._needed(load) else ""

    def to_close(self, load: StreamCounts, now: float) -> list[str]:
        """The connections without use for ``idle_timeout`` seconds; the account's comes last."""
        since = now - self._plan.idle_timeout
        idle = [
            member
            for member in self
            if member.up and not member.kept
            if not member.in_flight and not load.get(member.name) and member.busy_at < since
        ]
        wanted = sum(member.wanted for member in self)
        idle.sort(key=lambda each: each.role is Role.ACCOUNT)
        closing = idle[: max(0, wanted - self._needed(load))]
        for member in closing:
            member.on(MemberEvent.CLOSE)
        return [member.name for member in closing]

    def _needed(self, load: StreamCounts, *, at_least_one: bool = False) -> int:
        carrying = max(self._connections_for(load), 1 if at_least_one or self._plan.kept else 0)
        return carrying + self._plan.standby if carrying else 0

    def keep_busy(self, until: float) -> None:
        """Deals are open on the account until then: its connection is not idle before."""
        if self.account:
            member = self._members[self.account]
            member.busy_at = max(member.busy_at, until)

    def status(self) -> tuple[PooledConnection, ...]:
        return tuple(
            PooledConnection(each.name, each.role.value, len(each.in_flight), each.statistics.status())
            for each in self
        )
