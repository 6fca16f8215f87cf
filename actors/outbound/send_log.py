"""What an account has sent, kept where its next owner finds it."""

from collections.abc import Sequence
from typing import Protocol


class SendLog(Protocol):
    """Kept by one owner after another, so that no window of the limits is overfull when they change."""

    def ages(self) -> list[float]:
        """How many seconds ago each send left that a window may still count, the oldest first. May wait.

        Raises ``Halted`` if it cannot be known."""

    def record(self, ages: Sequence[float]) -> bool:
        """Keep sends that leave now or left so many seconds ago, the oldest first; whether they are kept. May
        wait."""
