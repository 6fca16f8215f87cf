"""The facts of PocketOption that the rest of the program is told, each with the section that proves it."""

from decimal import Decimal
from typing import Final

from actors.messages.commands import SubscribeTicks, UnsubscribeTicks
from actors.messages.events import AssetsListed, DealsClosed, DealsOpen
from actors.venues.base import OrderRules, Profile, Reconciliation, Trading

MAX_BARS: Final = 150
"""The most bars that one request for history brings (protocol 1.6.2)."""

VENUE_UTC_OFFSET: Final = 7200
"""Seconds that the venue's clock is ahead of UTC, summer and winter (protocol 1.8)."""

PROFILE: Final = Profile(
    title="PocketOption",
    session_variable="POCKET_OPTION_SSID",
    session_hint='the browser\'s 42["auth",...]',
    origin="https://pocketoption.com",
    region_target="/socket.io/?EIO=4&transport=websocket",  # protocol 1.1
    candles_per_request=MAX_BARS,
    ticks_span=1980.0,  # one reply held 4,154 ticks over 1,998 s (protocol 1.6.2)
    clock_ahead=VENUE_UTC_OFFSET,
    streams_per_connection=4,  # the server may drop the oldest of more (protocol 1.6.2, disputed)
    messages_per_command={SubscribeTicks: 2, UnsubscribeTicks: 2},  # protocol 1.6.2
    subscribed_by_first=True,  # by changeSymbol; what subfor adds is disputed (protocol 1.6.2)
    keep_alive_interval=20.0,
    keep_alive_within=180.0,  # the venue hangs up then (protocol 1.4)
    login_attempts=2,  # a venue in maintenance refuses every session once (protocol 1.5)
    trading=Trading(
        rules=OrderRules(  # protocol 1.6.3 and 1.10
            minimum_amount=1,
            maximum_amount=50_000,
            maximum_duration=43_200,
            amount_step=Decimal("0.01"),
        ),
        reconciliation=Reconciliation(
            stamp_grain=2.0,  # stamps are whole seconds, and the venue's clock is not quite ours
            closed_deals_listed=10,  # about 20, and no source says how exactly (protocol 1.7.9)
            result_overdue=10.0,  # a result comes within about a second (protocol 1.7.8)
        ),
        told_after_login=frozenset({AssetsListed, DealsOpen, DealsClosed}),  # protocol 1.7.4 and 1.7.9
        refusals_name_orders=False,  # protocol 1.7.7
    ),
)
