"""The commands that have no answer yet."""

import itertools
from collections.abc import Mapping
from typing import Any

from actors.errors import RequestError
from actors.messages.commands import Command, Halt, Resume
from actors.messages.events import CommandFailed
from actors.routing.status import StatusCollector
from actors.routing.validation import flaw


class Waiter:
    """One command; ``slot`` takes its answer and is ``None`` if it was told, ``timer`` ends its patience.

    With a ``flaw`` nothing may be done about it but to refuse it.
    """

    __slots__ = ("command", "expires_at", "flaw", "forwarded", "id", "picture", "slot", "timer")

    def __init__(self, id: int, command: Command, slot: Any, expires_at: float) -> None:
        self.id = id
        self.command = command
        self.slot = slot
        self.expires_at = expires_at
        self.timer: Any = None
        self.flaw = ""
        self.forwarded = False
        self.picture: StatusCollector | None = None

    @property
    def needs_the_venue(self) -> bool:
        """A halt and its end are the desk's own affair."""
        return not isinstance(self.command, Halt | Resume)

    def settle(self, value: Any) -> None:
        if self.slot is not None:
            self.slot.set(value)

    def fail(self, error: RequestError) -> CommandFailed | None:
        """The news of it, if there was nobody to tell."""
        if self.slot is None:
            return CommandFailed(type(self.command).__name__, f"{type(error).__name__}: {error}")
        self.slot.fail(error)
        return None


class Waiters:
    """By id, which counts up from 1; some of them cannot be judged before the venue has said more."""

    def __init__(self, default_deadline: float, unserved: Mapping[type[Command], str]) -> None:
        self._default_deadline = default_deadline
        self._unserved = unserved
        self._ids = itertools.count(1)
        self._waiters: dict[int, Waiter] = {}
        self._undecided: dict[int, Waiter] = {}

    def __len__(self) -> int:
        return len(self._waiters)

    def add(self, command: Command, slot: Any, now: float) -> Waiter:
        reasons = (reason for kind, reason in self._unserved.items() if isinstance(command, kind))
        wrong = flaw(command) or next(reasons, "")
        deadline = self._default_deadline if wrong or command.deadline is None else command.deadline
        waiter = Waiter(next(self._ids), command, slot, now + deadline)
        waiter.flaw = wrong
        self._waiters[waiter.id] = waiter
        return waiter

    def get(self, id: int) -> Waiter | None:
        return self._waiters.get(id)

    def take(self, id: int) -> Waiter | None:
        """The waiter, which waits no more; ``None`` if it was answered before."""
        self._undecided.pop(id, None)
        waiter = self._waiters.pop(id, None)
        if waiter is not None and waiter.timer is not None:
            waiter.timer.cancel()
        return waiter

    def take_all(self, but: type[Command] | tuple[()] = ()) -> list[Waiter]:
        """Every waiter, ``but`` for those of such commands; they wait no more."""
        waiters = [waiter for waiter in self._waiters.values() if not isinstance(waiter.command, but)]
        for waiter in waiters:
            self.take(waiter.id)
        return waiters

    def postpone(self, waiter: Waiter) -> None:
        """Keep it for ``take_undecided``."""
        self._undecided[waiter.id] = waiter

    def take_undecided(self) -> list[Waiter]:
        """Those postponed that still wait."""
        undecided = list(self._undecided.values())
        self._undecided.clear()
        return undecided
