"""What a steward needs of its host."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from actors.tenancy.tenure import Tenure
from runtime.cluster.outcomes import Renewal


class Carrier(Protocol):
    """What runs the duties of a host."""

    def start(self, tenure: Tenure, clock: Callable[[], float]) -> str:
        """Begin the duty, in a thread of the caller; ``clock`` is that of ``tenure``. Why it could not be
        begun, ``""`` if it was."""

    def stand_by(self, duty: str) -> str:
        """Run the duty without its lease, in a thread of the caller, so that ``start`` loses nothing. Why it
        could not be begun, ``""`` if it was."""

    def stand_down(self, duty: str) -> None:
        """End that, in a thread of the caller; returns once nothing of it is left."""

    def warm(self) -> Collection[str]:
        """The duties among those it stands by for whose take-over would lose nothing."""

    def extend(self, tenure: Tenure, until: float) -> None:
        """Its lease ends no earlier than ``until``: from then on, no process may act on it, whatever state it
        is in. Any number of times."""

    def close(self, tenure: Tenure) -> None:
        """It is lost: have every connection of the duty closed, and return at once."""

    def stop(self, tenure: Tenure) -> None:
        """End the duty, in a thread of the caller; returns once nothing of it is left. An error leaves the
        lease to its own end."""

    def hinder(self, reason: str) -> None:
        """From now on no lease can be had, and why; ``""``: one can be."""

    def show(self, renewal: Renewal) -> None:
        """How a renewal of all leases went."""

    def place(self, owners: Mapping[str, str]) -> None:
        """Which host has each duty that one has."""
