"""What the supervisor tells itself when a time has come, and what a probe of the regions tells it."""

from msgspec import Struct


class BackoffElapsed(Struct, frozen=True):
    """The backoff of child ``name`` is over. Ignored if an epoch after ``epoch`` has begun."""

    name: str
    epoch: int


class DialTurn(Struct, frozen=True):
    """The dial gate may let a waiting connection dial."""


class StablePeriodElapsed(Struct, frozen=True):
    """Epoch ``epoch`` of child ``name`` counts as stable if it has not ended."""

    name: str
    epoch: int


class LoginLasted(Struct, frozen=True):
    """Epoch ``epoch`` of connection ``name`` has lasted for ``LASTING`` seconds if it has not ended."""

    name: str
    epoch: int


class CheckHeartbeats(Struct, frozen=True):
    """Look for workers whose heartbeat is late."""


class RegionsProbed(Struct, frozen=True):
    """The results of probing, by the name of the region.

    ``round_trips``: seconds that the upgrade took, of regions that granted one. ``retry_after``: for how many
    seconds the region asked not to be dialed (RFC 9110, 10.2.3), of regions that did.
    """

    round_trips: dict[str, float]
    retry_after: dict[str, float]
