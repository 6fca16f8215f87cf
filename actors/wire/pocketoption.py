"""PocketOption's dialect: its events and commands by name, to and from the house's types."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from actors.errors import RemoteProtocolError, RequestRefused
from actors.messages import AssetsListed, BalanceChanged, RawMessage
from actors.values import Tick
from actors.wire.documents import MALFORMED, Document
from actors.wire.shapes import (
    MILLISECONDS,
    VENUE_UTC_OFFSET,
    RequestedHistory,
    Shapes,
    StreamHistory,
    TickRow,
)
from actors.wire.socketio import Event, encode_event
from actors.wire.streams import Stream

TICK_HEADER: Final = b'451-["updateStream",{"_placeholder":true,"num":0}]'
"""How the venue announces ticks, to the byte; spelt otherwise, it is read the slower way."""

AUTHENTICATED: Final = "successauth"
_AUTH_REFUSED: Final = frozenset({"NotAuthorized", "notAuthorized", "auth_error", "autherror"})

KEEP_ALIVE: Final = encode_event("ps")

MAX_BARS: Final = 150
"""The most bars that one request for history brings (protocol 1.6.2)."""

_END_OF_TIME: Final = 1e11  # seconds; larger is a mistake of units


class Authenticated(Struct, frozen=True):
    """The venue accepted the session."""


class AuthRefused(Struct, frozen=True):
    """The venue refused the session."""


class TickRows(Struct, frozen=True):
    """Ticks, still undecoded; ``Reader.ticks`` takes them."""

    payload: bytes


Fact = (
    Authenticated
    | AuthRefused
    | TickRows
    | StreamHistory
    | RequestedHistory
    | AssetsListed
    | BalanceChanged
    | RawMessage
)

_decode_ticks = msgspec.json.Decoder(list[TickRow]).decode
_ANYTHING = Document("event", msgspec.Raw)


class Reader:
    """Events in, facts out."""

    def __init__(self) -> None:
        self._shapes = shapes = Shapes()
        self._refused_ticks = 0
        self._facts: dict[str, Callable[[bytes], Fact]] = {
            AUTHENTICATED: lambda _: Authenticated(),
            **dict.fromkeys(_AUTH_REFUSED, lambda _: AuthRefused()),
            "updateStream": TickRows,
            "updateHistoryNewFast": shapes.stream_history,
            "updateHistoryNew": shapes.stream_history,
            "updateHistory": shapes.stream_history,
            "loadHistoryPeriod": shapes.requested_history,
            "loadHistoryPeriodFast": shapes.requested_history,
            "updateAssets": lambda payload: AssetsListed(shapes.assets(payload)),
            "successupdateBalance": lambda payload: BalanceChanged(shapes.balance(payload)),
        }

    @property
    def refused(self) -> int:
        """How many tick messages, and rows of other messages, were left out as impossible."""
        return self._refused_ticks + self._shapes.refused

    def read(self, event: Event) -> Fact:
        """Raises ``RemoteProtocolError`` for an event that is not what its name promises."""
        read = self._facts.get(event.name)
        if read is None:
            return _raw(event)
        return read(event.arguments[0] if event.arguments else b"")

    def ticks(self, payloads: Iterable[bytes], streams: Mapping[str, Stream], now: float) -> list[Tick]:
        """The ticks of ``streams``, received at ``now``, entered into their accounts.

        Those of other assets are left out: the venue goes on for a moment after a stream was let go.
        """
        ticks: list[Tick] = []
        # HOT: the body runs once per tick and is most of what a tick costs in a worker.
        for payload in payloads:
            try:
                rows = _decode_ticks(payload)
            except MALFORMED:
                self._refused_ticks += 1
                continue
            for row in rows:
                asset = row.asset
                stream = streams.get(asset)
                if stream is None:
                    continue
                time = row.time
                if time > MILLISECONDS:
                    time /= 1000
                tick = Tick(asset, time - VENUE_UTC_OFFSET, row.price, now)
                if stream.first is None:
                    stream.first = tick
                stream.last = tick
                stream.ticks += 1
                ticks.append(tick)
        return ticks


def _raw(event: Event) -> RawMessage:
    """The venue gives an event one payload or none; several would become one JSON array."""
    texts = [_text(argument) for argument in event.arguments]
    return RawMessage(event.name, f"[{','.join(texts)}]" if len(texts) > 1 else "".join(texts))


def _text(document: bytes) -> str:
    _ANYTHING.read(document)
    try:
        return document.decode()
    except UnicodeDecodeError:
        raise RemoteProtocolError("event: not UTF-8") from None


def subscribe(asset: str, period: int) -> list[bytes]:
    """Start the stream of ``asset``; its history, in bars of ``period``, is the venue's confirmation."""
    return [encode_event("changeSymbol", {"asset": asset, "period": period}), encode_event("subfor", asset)]


def unsubscribe(asset: str) -> list[bytes]:
    """End the stream of ``asset``; the venue confirms nothing."""
    return [encode_event("unsubfor", asset), encode_event("unSubscribeSymbol", asset)]


def load_candles(asset: str, period: int, count: int, end: float, index: int) -> bytes:
    """Ask for the last ``count`` whole bars that end by ``end`` (UTC); the answer names ``index``.

    Raises ``RequestRefused`` for what the venue cannot answer.
    """
    if not (period >= 1 and 1 <= count <= MAX_BARS and 0 <= end < _END_OF_TIME):
        raise RequestRefused(f"{count} bars of {period} s by {end}: 1 to {MAX_BARS} bars, 1 s or longer")
    last_bar_ends = int(end + VENUE_UTC_OFFSET) // period * period
    return encode_event(
        "loadHistoryPeriod",
        {"asset": asset, "index": index, "time": last_bar_ends, "offset": count * period, "period": period},
    )
