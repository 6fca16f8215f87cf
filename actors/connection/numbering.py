"""The numbers of the batches that one life of a connection sends."""

from actors.messages.traffic import EventBatch, Item


class Sequencer:
    """The batches of one life of a connection, as it sends them."""

    def __init__(self, connection: str, epoch: int) -> None:
        self._connection = connection
        self._epoch = epoch
        self._sequence = 0

    def batch(self, items: list[Item]) -> EventBatch:
        """The next one."""
        self._sequence += 1
        return EventBatch(self._connection, items, self._epoch, self._sequence)
