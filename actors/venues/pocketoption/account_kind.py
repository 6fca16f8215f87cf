"""The venue's flag for a demo or a live account."""

from typing import Final

from actors.errors import RemoteProtocolError
from actors.values import AccountKind

IsDemo = int | bool

_KINDS: Final = {0: AccountKind.LIVE, 1: AccountKind.DEMO}
_FLAGS: Final = {kind: flag for flag, kind in _KINDS.items()}


def read(flag: IsDemo) -> AccountKind:
    """Raises ``RemoteProtocolError`` for any other flag."""
    kind = _KINDS.get(flag)
    if kind is None:
        raise RemoteProtocolError("neither a demo account nor a live one")
    return kind


def write(account: AccountKind) -> int:
    return _FLAGS[account]
