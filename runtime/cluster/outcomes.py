"""What the engine answers, and its two errors."""

from collections.abc import Set
from typing import Literal, NamedTuple

OrderKind = Literal["intent", "open", "finished", "unsent"]
"""What the engine knows of an order's state: it is about to be sent for the first time, is not finished,
is finished, or was surely not sent."""


class Fenced(Exception):
    """The caller's epoch is not the newest one: another host owns the duty, or did. Nothing was changed."""


class EngineAway(Exception):
    """No answer: it is not known whether the engine has done what it was asked. The text has none of that.

    ``asked`` is false if it surely has not, for there was no connection to ask it on.
    """

    def __init__(self, reason: str, *, asked: bool = True) -> None:
        super().__init__(reason)
        self.asked = asked


class Acquired(NamedTuple):
    """``epoch`` is 0 if the lease is another's; ``seconds`` is then how long at most, and ``newest`` is the
    newest epoch that the engine knows. So many ``replicas`` have confirmed it."""

    epoch: int
    seconds: float
    newest: int
    replicas: int = 0


class Confirmed(NamedTuple):
    """``held`` are the duties whose leases go on; so many ``replicas`` have them, if there are any."""

    held: Set[str]
    replicas: int


class OrderEntry(NamedTuple):
    kind: OrderKind
    id: str
    data: bytes


class Stored(NamedTuple):
    """``before`` is the highest number that was stored before: less than the caller's last one, if the
    engine has lost something."""

    before: int


class Refusal(NamedTuple):
    """Nothing was stored; ``why`` names the halt, the command that was withdrawn, or the id that is known."""

    kind: Literal["halted", "withdrawn", "known"]
    why: str


class Renewal(NamedTuple):
    """What the last one has shown. ``hosts`` is how many are there; ``seconds`` how long the engine took,
    ``None`` if it is away."""

    hosts: int = 1
    in_maintenance: bool = False
    seconds: float | None = None


class Lease(NamedTuple):
    """``seconds`` is how long it lasts unless its ``host`` renews it."""

    host: str
    epoch: int
    seconds: float
