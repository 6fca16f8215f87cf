"""When gathered requests leave: at once if nothing left just before, otherwise by size or by time."""

from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class BatchSettings(Struct, frozen=True):
    """A batch leaves when it has ``size`` items, or after ``timeout`` seconds."""

    size: int
    timeout: float


class Gathering(Generic[T]):
    """Joins what comes in quick succession; the first after a pause of ``timeout`` is never held back.

    Other ``settings`` hold for what comes after.
    """

    def __init__(self, settings: BatchSettings) -> None:
        self.settings = settings
        self._waiting: list[T] = []
        self._left_at = float("-inf")
        self._due = float("inf")

    @property
    def due(self) -> float | None:
        """When what waits must leave; ``None`` if nothing waits."""
        return self._due if self._waiting else None

    def add(self, item: T, now: float, *, urgent: bool = False) -> list[T]:
        """What leaves now, in order; empty while ``item`` waits for company."""
        if not self._waiting:
            self._due = self._left_at + self.settings.timeout
        self._waiting.append(item)
        if urgent or len(self._waiting) >= self.settings.size or now >= self._due:
            return self.take(now)
        return []

    def take(self, now: float) -> list[T]:
        """All that waits; it leaves now."""
        taken, self._waiting = self._waiting, []
        self._left_at = now
        return taken
