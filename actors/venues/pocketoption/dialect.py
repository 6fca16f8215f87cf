"""The events and commands of PocketOption by name, to and from our types."""

import math
from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct

from actors.errors import RemoteProtocolError, RequestRefused
from actors.messages import (
    AssetsListed,
    BalanceChanged,
    PlaceOrder,
    RawMessage,
)
from actors.messages.commands import PlacePendingOrder
from actors.protocols.json_documents import Document
from actors.protocols.socketio import EventPacket, encode_event
from actors.values import AccountKind, Direction
from actors.venues.pocketoption import account_kind, clock, money
from actors.venues.pocketoption.clock import END_OF_TIME
from actors.venues.pocketoption.deals import (
    DIRECTIONS,
    Acceptance,
    ClosedDeals,
    DealDecoder,
    DealRefusal,
    OpenDeals,
)
from actors.venues.pocketoption.market_data import MarketDataDecoder, RequestedHistory, StreamHistory
from actors.venues.pocketoption.pending_orders import (
    AT_PRICE,
    AT_TIME,
    Cancellation,
    PendingOrderDecoder,
    PendingOrderListing,
    Placement,
)
from actors.venues.pocketoption.profile import MAX_BARS, VENUE_UTC_OFFSET

TICK_HEADER: Final = b'451-["updateStream",{"_placeholder":true,"num":0}]'
"""The exact header of a tick message; a header in another spelling is decoded by the slower path."""

AUTHENTICATED: Final = "successauth"
_AUTH_REFUSED: Final = frozenset({"NotAuthorized", "notAuthorized", "auth_error", "autherror"})

KEEP_ALIVE: Final = encode_event("ps")

_TICKS: Final = 0
"""The period that asks for ticks instead of bars (protocol 1.6.2)."""

_OPTION_TYPE: Final = 100  # the only one there is (protocol 1.6.3)
_ACTIONS: Final = {Direction.CALL: "call", Direction.PUT: "put"}


class Authenticated(Struct, frozen=True):
    """The venue accepted the session."""


class AuthRefused(Struct, frozen=True):
    """The venue refused the session."""


class TickRows(Struct, frozen=True):
    """Ticks, still undecoded, for ``TickReader``."""

    payload: bytes


News = (
    StreamHistory
    | RequestedHistory
    | AssetsListed
    | BalanceChanged
    | Acceptance
    | DealRefusal
    | OpenDeals
    | ClosedDeals
    | Placement
    | Cancellation
    | PendingOrderListing
    | RawMessage
)
"""The facts that follow a login."""

Fact = Authenticated | AuthRefused | TickRows | News

_ANYTHING = Document("event", msgspec.Raw)


class EventDecoder:
    """Decodes events into facts."""

    def __init__(self) -> None:
        self._market_data = market_data = MarketDataDecoder()
        self._deals = deals = DealDecoder()
        self._pending_orders = pending_orders = PendingOrderDecoder()
        self._facts: dict[str, Callable[[bytes], Fact]] = {
            AUTHENTICATED: lambda _: Authenticated(),
            **dict.fromkeys(_AUTH_REFUSED, lambda _: AuthRefused()),
            "updateStream": TickRows,
            "updateHistoryNewFast": market_data.stream_history,
            "updateHistoryNew": market_data.stream_history,
            "updateHistory": market_data.stream_history,
            "loadHistoryPeriod": market_data.requested_history,
            "loadHistoryPeriodFast": market_data.requested_history,
            "updateAssets": lambda payload: AssetsListed(market_data.assets(payload)),
            "successupdateBalance": lambda payload: BalanceChanged(market_data.balance(payload)),
            "successopenOrder": deals.acceptance,
            "failopenOrder": deals.refusal,
            "successcloseOrder": deals.closing,
            "updateOpenedDeals": deals.open_list,
            "updateClosedDeals": deals.closed_list,
            "successopenPendingOrder": pending_orders.placement,
            "failopenPendingOrder": pending_orders.refusal,
            "successcancelPendingOrder": pending_orders.cancellation,
            "failcancelPendingOrder": pending_orders.failed_cancellation,
            "successupdatePending": pending_orders.listed,
        }

    @property
    def refused(self) -> int:
        """How many rows were invalid and left out."""
        return self._market_data.refused + self._deals.refused + self._pending_orders.refused

    def read(self, event: EventPacket) -> Fact:
        """Raises ``RemoteProtocolError`` for an event whose payload does not fit its name."""
        read = self._facts.get(event.name)
        if read is None:
            return _raw(event)
        return read(event.arguments[0] if event.arguments else b"")


def _raw(event: EventPacket) -> RawMessage:
    """The venue sends one payload or none with an event; several become one JSON array."""
    texts = [_text(argument) for argument in event.arguments]
    return RawMessage(event.name, f"[{','.join(texts)}]" if len(texts) > 1 else "".join(texts))


def _text(document: bytes) -> str:
    _ANYTHING.read(document)
    try:
        return document.decode()
    except UnicodeDecodeError:
        raise RemoteProtocolError("event: not UTF-8") from None


def subscribe(asset: str, period: int) -> tuple[bytes, bytes]:
    """Start the stream of ``asset``; its history, in bars of ``period``, confirms it. The first message
    starts it; every known client sends the second too (protocol 1.6.2)."""
    return (encode_event("changeSymbol", {"asset": asset, "period": period}), encode_event("subfor", asset))


def unsubscribe(asset: str) -> list[bytes]:
    """End the stream of ``asset``; the venue does not confirm it."""
    return [encode_event("unsubfor", asset), encode_event("unSubscribeSymbol", asset)]


def load_candles(asset: str, period: int, count: int, end: float, index: int) -> bytes:
    """Ask for the last ``count`` whole bars that end by ``end`` (UTC); the answer names ``index``.

    Raises ``RequestRefused`` for a request that the venue cannot answer.
    """
    if not 0 <= end < END_OF_TIME:
        raise RequestRefused(f"end must be a time after 1970 in Unix seconds, not {end:.15g}")
    if not (period >= 1 and 1 <= count <= MAX_BARS):
        raise RequestRefused(
            f"the venue loads 1 to {MAX_BARS} bars of 1 s or longer at once, not {count} of {period} s"
        )
    last_bar_ends = int(end + VENUE_UTC_OFFSET) // period * period
    return encode_event(
        "loadHistoryPeriod",
        {"asset": asset, "index": index, "time": last_bar_ends, "offset": count * period, "period": period},
    )


def load_ticks(asset: str, seconds: float, end: float, index: int) -> bytes:
    """Ask for the ticks of ``seconds`` before ``end`` (UTC), both rounded up to whole seconds; the answer
    names ``index``.

    Raises ``RequestRefused`` for a request that the venue cannot answer.
    """
    if not 0 <= end < END_OF_TIME:
        raise RequestRefused(f"end must be a time after 1970 in Unix seconds, not {end:.15g}")
    ends = math.ceil(end)
    offset = max(1, math.ceil(seconds + ends - end))
    return encode_event(
        "loadHistoryPeriod",
        {"asset": asset, "index": index, "time": ends + VENUE_UTC_OFFSET, "offset": offset, "period": _TICKS},
    )


def place_order(command: PlaceOrder, order: str, account: AccountKind) -> bytes:
    """Open a deal now (protocol 1.6.3); the acceptance names ``order``.

    Raises ``RequestRefused`` for an impossible order.
    """
    if not order:
        raise RequestRefused("an order without an id, which the answer could not name")
    return encode_event(
        "openOrder",
        {
            "asset": command.asset,
            "amount": money.write(command.amount),
            "action": _ACTIONS[command.direction],
            "isDemo": account_kind.write(account),
            "requestId": order,
            "optionType": _OPTION_TYPE,
            "time": command.duration,
        },
    )


def place_pending_order(command: PlacePendingOrder, now: float) -> bytes:
    """Open a deal later (protocol 1.6.3); ``now`` is UTC.

    Raises ``RequestRefused`` for an impossible order.
    """
    if (command.open_at is None) is (command.open_price is None):
        raise RequestRefused("a pending order needs either a time or a price")
    price = command.open_price
    # The venue ignores the time of an order that waits for a price, but requires one.
    opens_at = now if command.open_at is None else command.open_at
    if not (0 <= opens_at < END_OF_TIME and (price is None or 0 < price < math.inf)):
        raise RequestRefused("the time or the price can never come")
    return encode_event(
        "openPendingOrder",
        {
            "openType": AT_TIME if price is None else AT_PRICE,
            "amount": money.write(command.amount),
            "asset": command.asset,
            "openTime": clock.spell(opens_at),
            "openPrice": price or 0,
            "timeframe": command.duration,
            "minPayout": command.minimum_payout,
            "command": DIRECTIONS.index(command.direction),
        },
    )


def cancel_pending_order(ticket: str) -> bytes:
    """Cancel a pending order (protocol 1.6.3)."""
    return encode_event("cancelPendingOrder", {"ticket": ticket})
