"""One connection of the pool: how far it has got, which role it has, and what it has to answer."""

import enum
from collections.abc import Mapping
from typing import Final

from actors.messages.traffic import Request, RequestKey
from actors.messages.workers import WorkerHandle
from actors.outbound.statistics import ConnectionStats


class Role(enum.Enum):
    """What a connection is for."""

    ACCOUNT = "account"
    """Orders, deals and balance; streams only if the others have no capacity."""
    MARKET = "market"
    STANDBY = "standby"
    """Authenticated and idle; replaces a connection that is lost."""
    NONE = ""
    """It takes nothing."""


class MemberState(enum.Enum):
    """How far a connection has got, and whether the pool wants it open."""

    CLOSED = "closed"
    """Not needed; it can be opened."""
    OPENING = "opening"
    """Wanted; the supervisor starts it, or starts it again."""
    UP = "up"
    CLOSING = "closing"
    """Told to close; it takes nothing more."""
    REOPENING = "reopening"
    """Wanted again after it was told to close."""
    QUARANTINED = "quarantined"
    """Given up by the supervisor; only a person's ``Restart`` brings it up."""
    STRANDED = "stranded"
    """Wanted, but its worker was given up."""
    UNAVAILABLE = "unavailable"
    """Not needed, and its worker was given up."""


class MemberEvent(enum.Enum):
    """What changes the state of a connection."""

    OPEN = "open"
    UP = "up"
    CLOSE = "close"
    DOWN = "down"
    QUARANTINE = "quarantine"
    WORKER_LOST = "worker lost"
    PLACED = "placed"


_S, _E = MemberState, MemberEvent

TRANSITIONS: Final[Mapping[tuple[MemberState, MemberEvent], MemberState]] = {
    (_S.CLOSED, _E.OPEN): _S.OPENING,
    (_S.CLOSING, _E.OPEN): _S.REOPENING,
    (_S.CLOSED, _E.UP): _S.UP,  # a person restarted it
    (_S.OPENING, _E.UP): _S.UP,
    (_S.QUARANTINED, _E.UP): _S.UP,
    (_S.STRANDED, _E.UP): _S.UP,
    (_S.UNAVAILABLE, _E.UP): _S.UP,
    (_S.UP, _E.CLOSE): _S.CLOSING,
    (_S.UP, _E.DOWN): _S.OPENING,
    (_S.CLOSING, _E.DOWN): _S.CLOSED,
    (_S.REOPENING, _E.DOWN): _S.OPENING,
    **{(state, _E.QUARANTINE): _S.QUARANTINED for state in MemberState},
    (_S.CLOSED, _E.WORKER_LOST): _S.UNAVAILABLE,
    (_S.CLOSING, _E.WORKER_LOST): _S.UNAVAILABLE,
    (_S.OPENING, _E.WORKER_LOST): _S.STRANDED,
    (_S.UP, _E.WORKER_LOST): _S.STRANDED,
    (_S.REOPENING, _E.WORKER_LOST): _S.STRANDED,
    (_S.STRANDED, _E.PLACED): _S.OPENING,
    (_S.UNAVAILABLE, _E.PLACED): _S.CLOSED,
}
"""A pair that is not here leaves the state as it is."""

WANTED: Final = frozenset({_S.OPENING, _S.UP, _S.REOPENING})
"""The states that count towards what the pool needs."""

TO_OPEN: Final = frozenset({_S.CLOSED, _S.CLOSING})
"""The states in which ``OpenConnection`` has an effect."""


class Member:
    """One connection. ``worker`` stays set when that worker is given up: until ``ConnectionDown`` arrives,
    what is told to it raises ``WorkerDied``."""

    def __init__(self, name: str, *, kept: bool) -> None:
        self.name = name
        self.kept = kept
        self.state = MemberState.OPENING if kept else MemberState.CLOSED
        self.worker: WorkerHandle | None = None
        self.role = Role.NONE
        self.busy_at = 0.0
        self.in_flight: dict[RequestKey, tuple[Request, float]] = {}
        self.statistics = ConnectionStats()

    def __repr__(self) -> str:
        role = f" {self.role.value}" if self.role is not Role.NONE else ""
        return f"<{self.name}: {self.state.value}{role}, {len(self.in_flight)} in flight>"

    @property
    def up(self) -> bool:
        """Whether it takes streams and requests."""
        return self.state is MemberState.UP

    @property
    def wanted(self) -> bool:
        return self.state in WANTED

    def on(self, event: MemberEvent) -> None:
        self.state = TRANSITIONS.get((self.state, event), self.state)
        if not self.up:
            self.role = Role.NONE

    def set_worker(self, worker: WorkerHandle | None) -> None:
        """It runs in ``worker`` from now on; ``None``: its worker was given up."""
        if worker is None:
            self.on(MemberEvent.WORKER_LOST)
        else:
            self.worker = worker
            self.on(MemberEvent.PLACED)
