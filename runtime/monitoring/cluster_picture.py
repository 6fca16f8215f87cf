"""What a host knows of its cluster, for metrics and the status."""

from msgspec import Struct


class TenureStatus(Struct, frozen=True):
    """An account or a feed that this host may have. ``epoch`` and ``lease_left``, in seconds, are ``None``
    while it has not; ``stands_by``: it runs the feed beside its owner."""

    name: str
    epoch: int | None = None
    lease_left: float | None = None
    stands_by: bool = False


class ClusterPicture(Struct, frozen=True):
    """``hosts`` is how many are there, with this one. ``engine_answers_in`` is in seconds, of the last
    renewal; ``None``: the engine is away."""

    host: str
    hosts: int
    in_maintenance: bool
    engine_answers_in: float | None
    duties: list[TenureStatus]
