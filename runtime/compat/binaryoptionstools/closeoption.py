"""``CloseOption``, another venue, which is not served."""

from typing import Any, Final, NoReturn

from runtime.compat.binaryoptionstools._messages import AsyncRawSubscription
from runtime.compat.binaryoptionstools._streams import (
    AsyncSubscription,
    SyncRawSubscription,
    SyncSubscription,
)
from runtime.compat.binaryoptionstools.errors import NotAllowedError

_WHY: Final = (
    "CloseOption is another venue, with a protocol that tellwire does not speak: keep BinaryOptionsToolsV2"
    " for it, or write a venue of your own (CONTRIBUTING.md, Add a venue)"
)


class CloseOptionAsync:
    """Not served: making one raises ``NotAllowedError``."""

    def __init__(self, *_: Any, **__: Any) -> NoReturn:
        raise NotAllowedError(_WHY)


class CloseOption(CloseOptionAsync):
    """Not served: making one raises ``NotAllowedError``."""


class RawCloseOption(CloseOptionAsync):
    """Not served: making one raises ``NotAllowedError``."""


__all__ = [
    "AsyncRawSubscription",
    "AsyncSubscription",
    "CloseOption",
    "CloseOptionAsync",
    "RawCloseOption",
    "SyncRawSubscription",
    "SyncSubscription",
]
