"""What is to go wrong next."""

from collections import deque
from typing import Generic, TypeVar

from actors.errors import RequestRefused

T = TypeVar("T")


class Plan(Generic[T]):
    """Faults in the order in which they were asked for, each so many times or, without a count, for good."""

    def __init__(self) -> None:
        self._faults: deque[tuple[T, int | None]] = deque()

    def add(self, fault: T, count: int | None) -> None:
        """Raises ``RequestRefused`` for a count below one."""
        if count is not None and count < 1:
            raise RequestRefused(f"a fault cannot happen {count} times")
        self._faults.append((fault, count))

    def take(self) -> T | None:
        """The fault whose turn it is, if there is one."""
        if not self._faults:
            return None
        fault, left = self._faults[0]
        if left == 1:
            self._faults.popleft()
        elif left is not None:
            self._faults[0] = (fault, left - 1)
        return fault

    def clear(self) -> None:
        self._faults.clear()
