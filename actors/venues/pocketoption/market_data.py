"""Decodes the messages about assets, candles and the balance."""

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from actors.errors import RemoteProtocolError
from actors.protocols.json_documents import NULL, Document
from actors.values import Asset, Balance, Candle
from actors.venues.pocketoption import account_kind
from actors.venues.pocketoption.bars import Quote, build, in_order, is_sound, merge
from actors.venues.pocketoption.clock import Time, to_utc
from actors.venues.pocketoption.money import currency, is_amount
from actors.venues.pocketoption.profile import VENUE_UTC_OFFSET
from actors.venues.pocketoption.rows import RowDecoder

Price = Annotated[float, Meta(gt=0)]


class TickRow(Struct, array_like=True, gc=False):
    """One row of a tick message (protocol 1.7.1)."""

    asset: str
    time: Time
    price: Price


class _QuoteRow(Struct, array_like=True, gc=False):
    time: Time
    price: Price


class _BarRow(Struct, array_like=True, gc=False):
    """The columns are in the venue's order: open, close, high, low (protocol 1.7.2)."""

    time: Time
    open: Price
    close: Price
    high: Price
    low: Price
    volume: float | None = None


class _HistoryItem(Struct, gc=False):
    """A bar or, with ``price``, a tick (protocol 1.7.3)."""

    time: Time
    price: Price | None = None
    open: Price | None = None
    close: Price | None = None
    high: Price | None = None
    low: Price | None = None
    volume: float | None = None


class _StreamHistory(Struct):
    asset: str
    period: Annotated[int, Meta(ge=1)]
    history: list[Raw] | None = None
    candles: list[Raw] | None = None


class _RequestedHistory(Struct):
    asset: str
    period: Annotated[int, Meta(ge=0)]
    index: int | None = None
    data: list[Raw] | None = None


class _Frame(Struct):
    time: int


class _AssetRow(Struct, array_like=True):
    """Columns 0 to 14 are always present; those that we do not use may hold anything (protocol 1.7.4)."""

    id: int
    symbol: str
    label: str
    kind: str
    digits: int
    payout: int
    default_duration: Raw
    minimum_duration: int
    duration_step: Raw
    otc: int | bool
    otc_twin: Raw
    real_twin: Raw
    signals: Raw
    schedule_ends_at: Raw
    tradable: int | bool
    frames: list[_Frame] = []
    closes_at: int | None = None
    quick_duration: int | None = None
    opens_at: int | None = None


class _Balance(Struct):
    account: account_kind.IsDemo = msgspec.field(name="isDemo")
    balance: Decimal
    currency: Raw = NULL


class StreamHistory(Struct, frozen=True):
    """The bars up to the present that come with a new stream, oldest first."""

    asset: str
    period: int
    candles: list[Candle]


class RequestedHistory(Struct, frozen=True):
    """Requested bars or ticks; ``index`` is the request's, ``None`` if the message names none.

    ``period`` is 1 if the venue sent ticks.
    """

    index: int | None
    asset: str
    period: int
    bars: list[Candle]
    quotes: list[Quote] = []

    @property
    def candles(self) -> list[Candle]:
        """The bars, oldest first; ticks become bars of one second."""
        built = build(self.quotes, self.period, VENUE_UTC_OFFSET)
        return list(in_order([*built, *self.bars]).values())


class MarketDataDecoder(RowDecoder):
    """Decodes documents into values.

    A document of another shape raises ``RemoteProtocolError``; an invalid row is left out and counted.
    """

    _stream_history = Document("history of a stream", _StreamHistory)
    _requested_history = Document("history", _RequestedHistory)
    _quote_row = Document("quote", _QuoteRow)
    _bar_row = Document("bar", _BarRow)
    _history_item = Document("history item", _HistoryItem)
    _assets = Document("list of assets", list[Raw])
    _asset_row = Document("asset", _AssetRow)
    _balance = Document("balance", _Balance)

    def stream_history(self, payload: bytes) -> StreamHistory:
        """Protocol 1.7.2."""
        found = self._stream_history.read(payload)
        bars = [
            _candle(row.time, row.open, row.high, row.low, row.close, row.volume)
            for row in self.each(self._bar_row.read, found.candles or [])
        ]
        quotes = [
            Quote(to_utc(row.time), row.price) for row in self.each(self._quote_row.read, found.history or [])
        ]
        candles = merge(self._sound(bars), quotes, found.period, VENUE_UTC_OFFSET)
        return StreamHistory(found.asset, found.period, candles)

    def requested_history(self, payload: bytes) -> RequestedHistory:
        """Protocol 1.7.3."""
        found = self._requested_history.read(payload)
        period = max(found.period, 1)
        bars: list[Candle] = []
        quotes: list[Quote] = []
        for item in self.each(self._history_item.read, found.data or []):
            if item.price is not None:
                quotes.append(Quote(to_utc(item.time), item.price))
            elif item.open and item.high and item.low and item.close:
                bars.append(_candle(item.time, item.open, item.high, item.low, item.close, item.volume))
            else:
                self.refused += 1
        return RequestedHistory(found.index, found.asset, period, self._sound(bars), quotes)

    def assets(self, payload: bytes) -> list[Asset]:
        """Protocol 1.7.4."""
        rows = self.some(self._asset_row.read, self._assets.read(payload))
        return [_asset(row) for row in rows]

    def balance(self, payload: bytes) -> Balance:
        """Protocol 1.7.5; the amount is exact."""
        found = self._balance.read(payload)
        if not is_amount(found.balance):
            raise RemoteProtocolError("balance: not an amount of money")
        return Balance(account_kind.read(found.account), found.balance, currency(found.currency))

    def _sound(self, bars: list[Candle]) -> list[Candle]:
        sound = [bar for bar in bars if is_sound(bar)]
        self.refused += len(bars) - len(sound)
        return sound


def _candle(
    time: float, opening: float, high: float, low: float, close: float, volume: float | None
) -> Candle:
    ticks = None if volume is None else int(volume)
    return Candle(int(to_utc(time)), opening, high, low, close, ticks)


def _asset(row: _AssetRow) -> Asset:
    return Asset(
        id=row.id,
        symbol=row.symbol,
        label=row.label,
        kind=row.kind,
        digits=row.digits,
        payout=row.payout,
        otc=bool(row.otc),
        tradable=bool(row.tradable),
        minimum_duration=row.quick_duration or row.minimum_duration,
        periods=tuple(frame.time for frame in row.frames),
        session_opens_at=_moment(row.opens_at),
        session_closes_at=_moment(row.closes_at),
    )


def _moment(time: int | None) -> int | None:
    """0 and -1 mean that there is no time (protocol 1.7.4, columns 16 and 18)."""
    return time - VENUE_UTC_OFFSET if time is not None and time > 0 else None
