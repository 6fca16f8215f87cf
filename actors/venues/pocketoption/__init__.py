"""PocketOption: Socket.IO over RFC 6455, binary options."""

from typing import Final

from actors.venues.base import Venue
from actors.venues.pocketoption.login import parse_login, refuse_region, serves
from actors.venues.pocketoption.profile import PROFILE
from actors.venues.pocketoption.session import PocketOptionSession
from actors.venues.pocketoption.symbols import refuse_symbol
from actors.venues.pocketoption.tap import refuse_text

VENUE: Final = Venue(
    profile=PROFILE,
    parse_login=parse_login,
    refuse_region=refuse_region,
    open_session=PocketOptionSession,
    refuse_symbol=refuse_symbol,
    refuse_text=refuse_text,
    serves=serves,
)
