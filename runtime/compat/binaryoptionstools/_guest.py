"""The session of a guest, who has no account."""

import json
import secrets
from typing import Final

from actors.errors import LoginInvalid
from runtime.compat import _shared
from runtime.compat.binaryoptionstools.errors import NotAllowedError

TOKEN_BYTES: Final = 16
BALANCE: Final = 50_000


def guest_ssid(token: str | None) -> str:
    """The auth message of a guest; a token is made where none is given. Raises ``NotAllowedError`` where
    guests are not served."""
    login = {"token": token or secrets.token_hex(TOKEN_BYTES), "balance": BALANCE, "isFastHistory": True}
    text = f'42["auth",{json.dumps(login)}]'
    try:
        _shared.parse_session(text)
    except LoginInvalid:
        raise NotAllowedError(
            "sessions of guests are not served, since nobody has described all of their login: register a"
            " demo account, which is free, and use its SSID; or set TELLWIRE_COMPAT_PRACTICE=1 to use the"
            " practice exchange"
        ) from None
    return text
