"""Which life of each connection is up, and which lives are over, in whatever order the events come."""

from collections.abc import Iterator

from actors.values import Life


class Lives:
    """The lives that are up, at most one per connection; false while there are none.

    Epochs of a connection only grow, so the end of a life is also the end of every earlier one. A late event
    changes nothing: the end of an earlier life, or the start of one that is over or replaced.
    """

    def __init__(self) -> None:
        self.by_connection: dict[str, Life] = {}
        self._over: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.by_connection)

    def __iter__(self) -> Iterator[Life]:
        return iter(self.by_connection.values())

    def up(self, life: Life) -> bool:
        """``life`` has begun; ``False`` if that event is late and changes nothing."""
        current = self.by_connection.get(life.connection)
        if self.is_over(life) or (current is not None and life.epoch <= current.epoch):
            return False
        self.by_connection[life.connection] = life
        return True

    def down(self, life: Life) -> bool:
        """``life`` has ended, and every earlier one; ``False`` if none of them was up."""
        self._over[life.connection] = max(life.epoch, self.last_over(life.connection))
        current = self.by_connection.get(life.connection)
        if current is None or current.epoch > life.epoch:
            return False
        del self.by_connection[life.connection]
        return True

    def current(self, connection: str) -> Life | None:
        """The life that is up."""
        return self.by_connection.get(connection)

    def is_current(self, life: Life) -> bool:
        return self.by_connection.get(life.connection) == life

    def is_over(self, life: Life) -> bool:
        """Whether its end, or that of a later life, is known; a life that was replaced may still send."""
        return life.epoch <= self.last_over(life.connection)

    def last_over(self, connection: str) -> int:
        """The latest epoch whose end is known; 0 if none is."""
        return self._over.get(connection, 0)
