"""Faults of single ticks."""

from runtime.practice.faults.fault import Count, Fault


class TickFault(Fault, frozen=True, kw_only=True):
    """Strikes ``count`` ticks."""

    asset: str | None = None
    count: Count | None = 1


class Duplicate(TickFault, frozen=True, tag="duplicate"):
    """A tick is sent twice."""


class Reorder(TickFault, frozen=True, tag="reorder"):
    """A tick is sent only after the next one of its asset."""
