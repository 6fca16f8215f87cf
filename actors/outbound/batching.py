"""When buffered requests leave: at once while few are unanswered, otherwise by number or by time."""

from collections.abc import Hashable
from itertools import islice
from typing import Final, Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")

PROMPT: Final = 4
"""Requests that may be unanswered before the next one is held back."""


class BatchSettings(Struct, frozen=True):
    """A batch leaves when it has ``size`` items, or after ``timeout`` seconds."""

    size: int
    timeout: float


class NagleBuffer(Generic[T]):
    """Joins what comes in quick succession, as TCP does by Nagle's algorithm (RFC 896).

    A caller that awaits each answer before its next request is never held back, and no request for longer
    than ``timeout``. ``settings`` may be replaced at any time; ``waiting`` has the items with their keys.
    """

    def __init__(self, settings: BatchSettings) -> None:
        self.settings = settings
        self.waiting: list[tuple[Hashable, T]] = []
        self._unanswered: dict[Hashable, float] = {}

    def __repr__(self) -> str:
        return f"<NagleBuffer: {len(self.waiting)} waiting, {len(self._unanswered)} unanswered>"

    @property
    def full(self) -> bool:
        """Whether the buffer must be emptied now."""
        return len(self.waiting) >= self.settings.size

    def add(self, key: Hashable, item: T) -> None:
        """``item`` waits to be joined. ``on_done`` names it by ``key``; ``None``: it is never answered."""
        self.waiting.append((object() if key is None else key, item))

    def on_done(self, key: Hashable) -> None:
        """The request has its answer, or it is awaited no longer."""
        self._unanswered.pop(key, None)

    def unanswered(self, now: float) -> int:
        """How many left within the last ``timeout`` seconds and have no answer.

        An earlier one holds nothing back any longer, so it is forgotten. That is also the end of a request
        that is never answered, and of one that is done before it leaves the buffer.
        """
        before = now - self.settings.timeout
        for key in [key for key, left_at in self._unanswered.items() if left_at <= before]:
            del self._unanswered[key]
        return len(self._unanswered)

    def due(self, now: float) -> float | None:
        """When the buffer must be emptied at the latest, not before ``now``; ``None`` if it is empty."""
        if not self.waiting:
            return None
        if (held_by := self.unanswered(now) - PROMPT) < 0:
            return now
        return next(islice(self._unanswered.values(), held_by, None)) + self.settings.timeout

    def take(self, now: float) -> list[T]:
        """Empty the buffer: all items in order, which leave now."""
        taken, self.waiting = self.waiting, []
        for key, _ in taken:
            self._unanswered.pop(key, None)  # so that it is the last in order, if it leaves again
            self._unanswered[key] = now
        return [item for _, item in taken]
