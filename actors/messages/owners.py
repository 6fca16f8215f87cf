"""The owners of streams: a stream goes on as long as it has one."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct


class Owner(Struct, frozen=True):
    """An owner of streams: ``name`` is ``file``, ``program``, ``operator``, ``candles``, or that of an
    attached process.

    With ``by_subscription`` it is kept for a ``Subscribe(..., stream=True)`` of that owner, and without for
    its ``SubscribeTicks``: the end of the one leaves the other.
    """

    name: str
    by_subscription: bool = False

    @property
    def itself(self) -> "Owner":
        return Owner(self.name)

    @property
    def for_subscription(self) -> "Owner":
        return Owner(self.name, by_subscription=True)


PROGRAM: Final = Owner("program")
"""The process that the runtime runs in."""
FILE: Final = Owner("file")
"""The configuration file, with its reloads."""
OPERATOR: Final = Owner("operator")
"""All commands of ``ctl`` together: each is over at once, and what it asks for stays."""

CANDLES: Final = Owner("candles")
"""The bars that are made of ticks: all series of an asset together."""

LASTING: Final = frozenset({PROGRAM, FILE, OPERATOR, CANDLES})
"""The owners that are there as long as the runtime."""


class OwnerBegan(Struct, frozen=True):
    """``owner``, an attached process, may own streams until ``OwnerEnded``."""

    owner: Owner


class OwnerEnded(Struct, frozen=True):
    """``owner``, an attached process, has ended: it releases every stream."""

    owner: Owner


def spoken(names: Sequence[str]) -> str:
    """The names of owners within a sentence: ``the file and process 4711 (peer 3)``."""
    texts = [f"the {name}" if Owner(name) in LASTING else name for name in names]
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


class AskOwners(Struct, frozen=True):
    """Tell the router the owners of the stream of ``asset``, as ``OwnersTold`` with the same ``id``."""

    id: int
    asset: str


class OwnersTold(Struct, frozen=True):
    """The answer to ``AskOwners``; ``owners`` is empty if the asset is not streamed.

    Without ``final`` it is that of one owner, whose request for the stream may still be on its way.
    """

    id: int
    asset: str
    owners: tuple[str, ...]
    final: bool = True
