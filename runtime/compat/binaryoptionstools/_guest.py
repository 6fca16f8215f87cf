"""The session of a guest, without an account."""

import json
import secrets
from typing import Final

TOKEN_BYTES: Final = 16
BALANCE: Final = 50_000


def guest_ssid(token: str | None) -> str:
    """The auth message of a guest. Where no token is given one is made, as theirs does; whether the venue
    takes it, its answer to the login says."""
    login = {"token": token or secrets.token_hex(TOKEN_BYTES), "balance": BALANCE, "isFastHistory": True}
    return f'42["auth",{json.dumps(login)}]'
