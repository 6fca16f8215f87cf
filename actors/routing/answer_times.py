"""How long the answers to asks took, and how many asks failed, by kind of command."""

from collections import Counter, defaultdict

from actors.distribution import Distribution, Histogram
from actors.messages.commands import Command


class AnswerTimes:
    def __init__(self) -> None:
        self._taken: defaultdict[type[Command], Histogram] = defaultdict(Histogram)
        self._failed: Counter[type[Command]] = Counter()

    def add(self, kind: type[Command], seconds: float, *, succeeded: bool) -> None:
        """An error counts as failed and its time does not count: a deadline says nothing about answers."""
        if succeeded:
            self._taken[kind].add(seconds)
        else:
            self._failed[kind] += 1

    @property
    def distributions(self) -> dict[str, Distribution]:
        return {kind.__name__: taken.distribution() for kind, taken in self._taken.items()}

    @property
    def failed(self) -> dict[str, int]:
        return {kind.__name__: count for kind, count in self._failed.items()}
