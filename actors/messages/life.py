"""The base of the messages that concern one life of a connection."""

from typing import Protocol

from actors.values import Life


class _WithConnectionAndEpoch(Protocol):
    @property
    def connection(self) -> str: ...

    @property
    def epoch(self) -> int: ...


class HasLife:
    """For messages with the fields ``connection`` and ``epoch``; ``life`` is no field and is not encoded."""

    __slots__ = ()

    @property
    def life(self: _WithConnectionAndEpoch) -> Life:
        return Life(self.connection, self.epoch)
