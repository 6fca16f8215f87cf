"""Which connection takes a request."""

from collections.abc import Collection, Mapping


def least_loaded(load: Mapping[str, int], ready: Collection[str], limit: int | None = None) -> str | None:
    """The ready connection with the smallest load, the first by name among equals; ``None`` if none is
    ready or all are at ``limit``."""
    candidates = [name for name in ready if limit is None or load.get(name, 0) < limit]
    return min(candidates, key=lambda name: (load.get(name, 0), name), default=None)
