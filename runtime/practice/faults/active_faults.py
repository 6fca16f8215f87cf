"""The active faults."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from runtime.practice.faults.fault import Fault

F = TypeVar("F", bound=Fault)


@dataclass
class _Entry:
    fault: Fault
    left: int | None


class ActiveFaults:
    """The oldest fault comes first; one with a count is removed when it has struck so often."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []

    def __iter__(self) -> Iterator[Fault]:
        return (entry.fault for entry in self._entries)

    def add(self, fault: Fault) -> None:
        """Add a fault; one without a count replaces an equal one."""
        count: int | None = getattr(fault, "count", None)
        if count is None:
            self._entries = [entry for entry in self._entries if entry.fault != fault]
        self._entries.append(_Entry(fault, count))

    def find(self, kind: type[F], **place: str) -> F | None:
        """The oldest fault of a kind that is active at this ``region`` or ``asset``, or ``None``."""
        for entry in self._entries:
            if isinstance(entry.fault, kind) and entry.fault.holds_at(**place):
                return entry.fault
        return None

    def take(self, kind: type[F], **place: str) -> F | None:
        """As ``find``; the fault counts as having struck."""
        fault = self.find(kind, **place)
        if fault is None:
            return None
        entry = next(entry for entry in self._entries if entry.fault is fault)
        if entry.left is not None:
            entry.left -= 1
            if not entry.left:
                self._entries.remove(entry)
        return fault

    def end(self, matches: Callable[[Fault], bool]) -> list[Fault]:
        """Remove the matching faults. Returns them."""
        ended = [fault for fault in self if matches(fault)]
        self._entries = [entry for entry in self._entries if not matches(entry.fault)]
        return ended
