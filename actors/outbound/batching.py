"""When gathered requests leave: at once while few are unanswered, otherwise by size or by time."""

from collections.abc import Hashable
from itertools import islice
from typing import Final, Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")

PROMPT: Final = 4
"""So many may be under way without an answer before any is held back."""


class BatchSettings(Struct, frozen=True):
    """A batch leaves when it has ``size`` items, or after ``timeout`` seconds."""

    size: int
    timeout: float


class NagleBuffer(Generic[T]):
    """Joins what comes in quick succession, as TCP does by Nagle's algorithm (RFC 896): who waits for one
    answer before the next request is never held back, and nobody for longer than ``timeout``.

    Other ``settings`` hold for what comes after.
    """

    def __init__(self, settings: BatchSettings) -> None:
        self.settings = settings
        self._waiting: list[tuple[Hashable, T]] = []
        self._unanswered: dict[Hashable, float] = {}

    @property
    def full(self) -> bool:
        """Whether what waits must leave, whatever else comes."""
        return len(self._waiting) >= self.settings.size

    def add(self, key: Hashable, item: T) -> None:
        """``item`` waits to be joined; ``settle`` will name it by ``key``, and never if that is ``None``."""
        self._waiting.append((object() if key is None else key, item))

    def settle(self, key: Hashable) -> None:
        """It has its answer, or will have none."""
        self._unanswered.pop(key, None)

    def unanswered(self, now: float) -> int:
        """How many have left within ``timeout`` seconds and have no answer. An earlier one holds nothing back
        any more, whether it is answered or not; most of those in nobody's name never are."""
        before = now - self.settings.timeout
        for key in [key for key, left_at in self._unanswered.items() if left_at <= before]:
            del self._unanswered[key]
        return len(self._unanswered)

    def due(self, now: float) -> float | None:
        """When what waits must leave if nothing else comes, ``now`` or later; ``None`` if nothing waits."""
        if not self._waiting:
            return None
        if (held_by := self.unanswered(now) - PROMPT) < 0:
            return now
        return next(islice(self._unanswered.values(), held_by, None)) + self.settings.timeout

    def take(self, now: float) -> list[T]:
        """All that waits, in order; it leaves now."""
        taken, self._waiting = self._waiting, []
        for key, _ in taken:
            self._unanswered.pop(key, None)  # so that it is the last, should it leave once more
            self._unanswered[key] = now
        return [item for _, item in taken]
