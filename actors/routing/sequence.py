"""Whether every batch of every connection arrives: each life of a connection numbers its batches from 1."""

from actors.lives import Lives
from actors.messages.events import ConnectionDown, ConnectionReport, ConnectionUp, Event, StreamReleased
from actors.messages.traffic import EventBatch, Item, Ticks

_STALE = (Ticks, ConnectionDown, ConnectionReport, StreamReleased)
"""Items that count no more from a life that is over. Its answers and its news of deals stay true."""


class SequenceTracker:
    """Follows the batches of all connections, and which life of each is up.

    A life that ends may lose its last batches; its ``ConnectionDown`` stands for them. Batches of a life
    whose successor has begun already count as no gap.
    """

    def __init__(self) -> None:
        self.lives = Lives()
        self._last: dict[str, tuple[int, int]] = {}

    def apply(self, event: Event) -> None:
        """Take note of a life that begins or ends."""
        match event:
            case ConnectionUp():
                self.lives.up(event.life)
            case ConnectionDown():
                self.lives.down(event.life)

    def items_to_deliver(self, batch: EventBatch) -> list[Item]:
        """The items of ``batch``, without the stale ones if its life was declared over.

        A worker that was frozen can go on after it was given up; other connections carry its streams then.
        """
        if not batch.epoch or batch.epoch > self.lives.last_over(batch.source):
            return batch.items
        return [item for item in batch.items if not isinstance(item, _STALE)]

    def gap_before(self, batch: EventBatch) -> int:
        """The number of batches of the same life that are missing before this one."""
        if not batch.sequence:
            return 0  # from an actor of the main process: nothing can be lost
        epoch, last = self._last.get(batch.source, (0, 0))
        if batch.epoch > epoch:
            last = 0
        elif batch.epoch < epoch or batch.sequence <= last:
            return 0  # of an earlier life, or a repeat, or late after it was counted as missing
        self._last[batch.source] = (batch.epoch, batch.sequence)
        return batch.sequence - last - 1
