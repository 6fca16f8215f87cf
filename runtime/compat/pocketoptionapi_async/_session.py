"""The session that a script gives: the whole auth message, or a bare session id."""

import json
from typing import Any, NamedTuple

from actors.errors import LoginInvalid
from runtime.compat._shared import parse_session
from runtime.compat.pocketoptionapi_async.exceptions import InvalidParameterError
from runtime.compat.pocketoptionapi_async.utils import format_session_id

_FORM = (
    'expected is 42["auth",{"session":"...","isDemo":1,"uid":12345,"platform":1}], as the browser sends it'
)
_SHORTEST = 10


class Session(NamedTuple):
    """The parts of a session. Whether it is demo is the client's argument, not the message's."""

    session_id: str
    uid: int
    platform: int

    def message(self, *, is_demo: bool, is_fast_history: bool) -> str:
        """The auth message to send."""
        return format_session_id(self.session_id, is_demo, self.uid, self.platform, is_fast_history)


def read_session(ssid: str, uid: int, platform: int) -> Session:
    """``uid`` and ``platform`` are for a bare session id. Raises ``InvalidParameterError``, which repeats
    nothing of the session."""
    if not isinstance(ssid, str) or not ssid.strip():
        raise InvalidParameterError(f"SSID must be a non-empty string: {_FORM}")
    text = ssid.strip()
    if not text.startswith("42["):
        found = Session(text, uid, platform)
    else:
        fields = _fields(text)
        found = Session(
            str(fields.get("session") or ""), int(fields.get("uid") or 0), int(fields.get("platform") or 1)
        )
    if len(found.session_id) < _SHORTEST:
        raise InvalidParameterError(f"Invalid SSID format: the session id is too short or missing; {_FORM}")
    return found


def _fields(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text[2:])[1]
    except (ValueError, IndexError, KeyError, TypeError, RecursionError):
        fields = None
    if isinstance(fields, dict) and isinstance(fields.get("session"), str):
        return fields
    try:  # quotes that a shell has changed are mended there
        message = parse_session(text).secret.value
    except LoginInvalid as error:
        raise InvalidParameterError(f"Invalid SSID format: {error}") from None
    mended: dict[str, Any] = json.loads(message[2:])[1]
    return mended
