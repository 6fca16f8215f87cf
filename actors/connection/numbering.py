"""Numbers the batches of one life of a connection, so that the router notices a lost one."""

from actors.messages.traffic import EventBatch, Item


class Sequencer:
    """Makes the batches of one life of a connection; the first has number 1."""

    def __init__(self, connection: str, epoch: int) -> None:
        self._connection = connection
        self._epoch = epoch
        self._sequence = 0

    def batch(self, items: list[Item]) -> EventBatch:
        """The next batch, with ``items``."""
        self._sequence += 1
        return EventBatch(self._connection, items, self._epoch, self._sequence)
