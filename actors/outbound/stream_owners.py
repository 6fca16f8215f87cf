"""The owners of each stream: it ends with its last owner, and no owner ends it for another."""

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from actors.messages.owners import LASTING, Owner, spoken


class Kept(NamedTuple):
    """What is left of a stream that an owner has released: the names of its other owners, and its period."""

    owners: tuple[str, ...]
    period: int


class _Wish(NamedTuple):
    number: int
    period: int


class StreamOwners:
    """The owners of each stream, with the period in seconds that each wants; the latest wish counts."""

    def __init__(self) -> None:
        self._wishes: dict[str, dict[Owner, _Wish]] = {}
        self._attached: set[Owner] = set()
        self._numbers = itertools.count()

    def __repr__(self) -> str:
        return f"<StreamOwners: {len(self._wishes)} streams, {len(self._attached)} attached>"

    def begin(self, owner: Owner) -> None:
        """``owner``, an attached process, may own streams."""
        self._attached.add(owner.itself)

    def may_own(self, owner: Owner) -> bool:
        """``False`` for a process that is not attached, or no longer."""
        return owner.itself in LASTING or owner.itself in self._attached

    def keep(self, asset: str, owner: Owner, period: int) -> None:
        """The stream is kept for ``owner`` too; ``period`` is that of the stream from now on."""
        assert self.may_own(owner)
        self._wishes.setdefault(asset, {})[owner] = _Wish(next(self._numbers), period)

    def owns(self, asset: str, owner: Owner) -> bool:
        """Whether ``owner`` has something to release."""
        return any(each in _released_with(owner) for each in self._wishes.get(asset, ()))

    def release(self, asset: str, owner: Owner) -> Kept | None:
        """``owner`` does not want the stream any more; ``None`` if it was the last one."""
        wishes = self._wishes[asset]
        for each in _released_with(owner):
            wishes.pop(each, None)
        if wishes:
            return Kept(self.names(asset), max(wishes.values()).period)
        del self._wishes[asset]
        return None

    def end(self, owner: Owner) -> Iterator[tuple[str, Kept | None]]:
        """``owner`` has ended: each asset that it owned, as ``release`` has it."""
        self._attached.discard(owner.itself)
        for asset in [asset for asset in self._wishes if self.owns(asset, owner.itself)]:
            yield asset, self.release(asset, owner.itself)

    def names(self, asset: str) -> tuple[str, ...]:
        """The names of the owners, each once, by when they came."""
        return tuple(dict.fromkeys(owner.name for owner in self._wishes.get(asset, ())))

    def shares(self) -> str:
        """How many streams each owner has, the greatest share first."""
        counts = Counter(name for asset in self._wishes for name in self.names(asset))
        return ", ".join(f"{spoken([name])} has {count}" for name, count in counts.most_common())


def _released_with(owner: Owner) -> tuple[Owner, ...]:
    """An owner releases a stream for its subscriptions too; a subscription releases its own hold alone."""
    return (owner,) if owner.by_subscription else (owner, owner.for_subscription)
