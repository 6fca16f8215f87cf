"""Whether all that a connection has said has arrived: each life numbers its batches from 1."""

from actors.messages.traffic import EventBatch, Item


class Numbering:
    """The batches of one life of a connection, as it sends them."""

    def __init__(self, connection: str, epoch: int) -> None:
        self._connection = connection
        self._epoch = epoch
        self._sequence = 0

    def batch(self, items: list[Item]) -> EventBatch:
        """The next one."""
        self._sequence += 1
        return EventBatch(self._connection, items, self._epoch, self._sequence)


class Continuity:
    """The batches of all connections, as they arrive.

    A life that ends may lose its last ones unseen, which its ``ConnectionDown`` announces. What a life still
    says while its successor talks is let pass.
    """

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, int]] = {}

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
