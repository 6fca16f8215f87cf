"""The base of all faults; the docstring of each is its help text."""

from typing import Annotated

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0, le=1_000_000)]
Count = Annotated[int, Meta(ge=1)]


class Fault(Struct, frozen=True, forbid_unknown_fields=True, tag_field="fault"):
    """Its tag is its name.

    A parameter means the same in every fault. ``region`` and ``asset``: where it strikes; without them
    everywhere. ``count``: how often, or how many sockets; ``null`` is without limit. ``lasts``: seconds
    until it ends by itself.
    """

    def holds_at(self, **place: str) -> bool:
        """Whether it is active at this ``region`` or ``asset``."""
        return all(getattr(self, kind, None) in {None, name} for kind, name in place.items())
