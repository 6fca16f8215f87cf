"""Asks for one order by its id reach the router one after the other."""

from collections import deque
from typing import Any

from msgspec import Struct

from actors.messages.owners import Owner
from runtime.control.protocol import Ask


class Asking(Struct):
    """An ask of ``asker`` in the stream of commands at ``entry``; the others as in ``Asked``."""

    asker: str
    entry: str
    asked: Ask
    request: Any
    number: int
    waits_until: float
    owner: Owner
    at: float


class OrderTurns:
    """The turns of the asks that have an order's id.

    An order is journaled with the entry that asks for it, by which the engine sees that it was withdrawn.
    Two asks at the router at once would be journaled with either entry: the order could leave although the
    withdrawal of one of them was answered with ``NotSent``.
    """

    def __init__(self) -> None:
        self._queues: dict[str, deque[Asking]] = {}

    def add(self, asking: Asking) -> bool:
        """Whether it may be asked now; otherwise ``end`` returns it in its turn."""
        if not (order := asking.asked.order):
            return True
        queue = self._queues.setdefault(order, deque())
        queue.append(asking)
        return len(queue) == 1

    def end(self, order: str) -> Asking | None:
        """The ask at the router has its outcome: the next one, if there is one."""
        if not order:
            return None
        queue = self._queues[order]
        queue.popleft()
        if queue:
            return queue[0]
        del self._queues[order]
        return None

    def give_up(self, number: int, now: float) -> bool:
        """Whether it waits for its turn: then nothing more is sent for it when that comes."""
        for queue in self._queues.values():
            for asking in list(queue)[1:]:
                if asking.number == number:
                    asking.waits_until = min(asking.waits_until, now)
                    return True
        return False
