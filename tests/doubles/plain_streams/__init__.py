"""A venue of the tests that is unlike the built-in one: JSON texts over RFC 6455, no orders.

The client's first message is its login. Every message is an object; its first key is its kind.
"""

from typing import Final

from actors.errors import LoginInvalid
from actors.values import AccountKind, Secret
from actors.venues.base import Login, Profile, Venue
from tests.doubles.plain_streams.session import PlainSession

CANDLES_PER_REQUEST: Final = 7
HANGS_UP_AFTER: Final = 1.0
"""Seconds without a keep-alive message."""


def parse_login(text: str) -> Login:
    """``demo:USER:TOKEN`` or ``live:USER:TOKEN``."""
    kind, _, rest = text.strip().partition(":")
    user, _, token = rest.partition(":")
    if kind not in {each.value for each in AccountKind} or not user or not token:
        raise LoginInvalid("this is no login; write demo:USER:TOKEN")
    return Login(AccountKind(kind), user, Secret(token), {"X-Plain-User": user})


def refuse_region(url: str, account: AccountKind) -> str:
    """Demo accounts have a path of their own."""
    if ("/demo" in url) is (account is AccountKind.DEMO):
        return ""
    return f"does not serve {account.value} accounts"


VENUE: Final = Venue(
    profile=Profile(
        title="Plain Streams",
        session_variable="PLAIN_STREAMS_LOGIN",
        session_hint="demo:USER:TOKEN",
        origin="https://plain.example",
        candles_per_request=CANDLES_PER_REQUEST,
        streams_per_connection=50,
        keep_alive_interval=0.2,
        keep_alive_within=HANGS_UP_AFTER,
    ),
    parse_login=parse_login,
    refuse_region=refuse_region,
    open_session=PlainSession,
)
