"""The lives of connections, and whether all that they said has arrived: each numbers its batches from 1."""

from actors.messages.events import ConnectionDown, ConnectionReport, ConnectionUp, Event, StreamReleased
from actors.messages.traffic import EventBatch, Item, Ticks

_STALE = (Ticks, ConnectionDown, ConnectionReport, StreamReleased)
"""What a life that is over may not say any more. Its answers and its word on deals are true all the same."""


class SequenceTracker:
    """The batches of all connections, as they arrive.

    A life that ends may lose its last ones unseen, which its ``ConnectionDown`` announces. What a life still
    says while its successor talks is let pass.
    """

    def __init__(self) -> None:
        self.lives: dict[str, int] = {}
        """The connections that are up, with their epochs."""
        self._over: dict[str, int] = {}
        self._last: dict[str, tuple[int, int]] = {}

    def learn(self, event: Event) -> None:
        """A life begins or ends; the late end of an earlier one ends nothing."""
        match event:
            case ConnectionUp(connection=name, epoch=epoch):
                self.lives[name] = epoch
            case ConnectionDown(connection=name, epoch=epoch):
                self._over[name] = max(epoch, self._over.get(name, 0))
                if self.lives.get(name) == epoch:
                    del self.lives[name]

    def current(self, batch: EventBatch) -> list[Item]:
        """What is to be heard of a batch: a life that was declared over, such as that of a worker which
        stood still and goes on, is told of once, and its streams come over another."""
        if not batch.epoch or batch.epoch > self._over.get(batch.source, 0):
            return batch.items
        return [item for item in batch.items if not isinstance(item, _STALE)]

    def missing(self, batch: EventBatch) -> int:
        """How many batches of its life are missing before this one."""
        if not batch.sequence:
            return 0  # of an actor of the main process, where none can get lost
        epoch, last = self._last.get(batch.source, (0, 0))
        if batch.epoch > epoch:
            last = 0
        elif batch.epoch < epoch or batch.sequence <= last:
            return 0  # an earlier life's, or one that comes twice, or late after it was missed
        self._last[batch.source] = (batch.epoch, batch.sequence)
        return batch.sequence - last - 1
