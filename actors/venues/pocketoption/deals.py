"""Decodes the messages about deals (protocol 1.7.6 to 1.7.9)."""

from decimal import Decimal
from typing import Annotated, Final

from msgspec import Meta, Raw, Struct, field

from actors.arithmetic import percent_of
from actors.errors import RemoteProtocolError
from actors.protocols.json_documents import NULL, Document, scalar
from actors.values import Deal, Direction
from actors.venues.pocketoption import account_kind, money
from actors.venues.pocketoption.clock import Time, to_utc
from actors.venues.pocketoption.money import is_amount
from actors.venues.pocketoption.rows import RowDecoder, raw_fields

DIRECTIONS: Final = (Direction.CALL, Direction.PUT)
"""Their index is the venue's number."""

_NO_REASON: Final = "the venue gave no reason"
_MAX_REASON: Final = 200  # characters
_MAX_PERCENT: Final = 10_000

Name = Annotated[str, Meta(min_length=1)]
DealPrice = Annotated[float, Meta(gt=0, lt=1e15)]
_Milliseconds = Annotated[float, Meta(ge=0, lt=1000)]


class _OpenRow(Struct, rename="camel"):
    """The fields that open and closed deals share. Of an open deal, ``profit`` is only the possible win and
    ``closePrice`` is 0: neither is read."""

    id: Name
    asset: Name
    command: int
    amount: Decimal
    open_timestamp: Time
    close_timestamp: Time
    open_price: DealPrice
    percent_profit: Decimal
    is_demo: account_kind.IsDemo
    open_ms: _Milliseconds | None = None
    close_ms: _Milliseconds | None = None
    currency: Raw = NULL


class _ClosedRow(_OpenRow, rename="camel"):
    profit: Decimal | None = None
    close_price: Annotated[float, Meta(ge=0, lt=1e15)] | None = None
    percent_loss: Decimal = Decimal(100)


class _Closing(Struct):
    """The meaning of the ``profit`` beside ``deals`` is not known."""

    deals: list[Raw]


class _Accepted(Struct):
    request_id: Raw = field(name="requestId", default=NULL)


class _Refused(Struct):
    asset: Name
    error: Raw = NULL
    amount: Raw = NULL


class Acceptance(Struct, frozen=True):
    """A deal was opened for the order that carried ``request_id``, ``""`` if for none.

    Without a ``deal``, its row was invalid; the order counts as accepted all the same.
    """

    request_id: str
    deal: Deal | None


class DealRefusal(Struct, frozen=True):
    """No deal was opened; ``reason`` is never empty.

    ``amount`` is the stake or a limit of the venue, ``None`` if none can be read.
    """

    asset: str
    reason: str
    amount: Decimal | None = None


class OpenDeals(Struct, frozen=True):
    """All open deals. Unless ``complete``, an invalid row is missing."""

    deals: list[Deal]
    complete: bool = True


class ClosedDeals(Struct, frozen=True):
    """The latest closed deals if ``listed``, else those that have just closed.

    Unless ``complete``, an invalid row is missing.
    """

    deals: list[Deal]
    listed: bool
    complete: bool = True


class DealDecoder(RowDecoder):
    """Decodes documents into facts."""

    _accepted = Document("accepted order", _Accepted)
    _refused = Document("refused order", _Refused)
    _list = Document("list of deals", list[Raw])
    _closing = Document("closed deals", _Closing)

    def acceptance(self, payload: bytes) -> Acceptance:
        """Protocol 1.7.6."""
        request_id = scalar(self._accepted.read(payload).request_id)
        return Acceptance(request_id, next(self.each(_open, [Raw(payload)]), None))

    def refusal(self, payload: bytes) -> DealRefusal:
        """Protocol 1.7.7."""
        found = self._refused.read(payload)
        return DealRefusal(found.asset, reason(scalar(found.error)), _refused_amount(scalar(found.amount)))

    def closing(self, payload: bytes) -> ClosedDeals:
        """Protocol 1.7.8."""
        wrapped = payload.lstrip().startswith(b"{")
        rows = self._closing.read(payload).deals if wrapped else self._list.read(payload)
        return self._closed_deals(rows, listed=False)

    def open_list(self, payload: bytes) -> OpenDeals:
        """Protocol 1.7.9."""
        rows = self._list.read(payload)
        deals = self.some(_open, rows)
        return OpenDeals(deals, complete=len(deals) == len(rows))

    def closed_list(self, payload: bytes) -> ClosedDeals:
        """Protocol 1.7.9."""
        return self._closed_deals(self._list.read(payload), listed=True)

    def _closed_deals(self, rows: list[Raw], *, listed: bool) -> ClosedDeals:
        deals = self.some(_closed, rows)
        return ClosedDeals(deals, listed, complete=len(deals) == len(rows))


def reason(word: str) -> str:
    """The venue's reason for a refusal, of bounded length and never empty."""
    return word[:_MAX_REASON] or _NO_REASON


def direction(command: int) -> Direction:
    """Raises ``RemoteProtocolError`` for any other number."""
    if command not in range(len(DIRECTIONS)):
        raise RemoteProtocolError("neither up nor down")
    return DIRECTIONS[command]


def stake(amount: Decimal) -> Decimal:
    """Raises ``RemoteProtocolError`` unless it can be an amount of money above 0."""
    if not (is_amount(amount) and amount > 0):
        raise RemoteProtocolError("not an amount that can have been staked")
    return amount


def _refused_amount(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except ArithmeticError:
        return None
    return amount if is_amount(amount) else None


_OPEN_ROW = Document("open deal", _OpenRow, strict=False)
_CLOSED_ROW = Document("closed deal", _ClosedRow, strict=False)


def _open(document: Raw) -> Deal:
    return _deal(document, _OPEN_ROW.read(document))


def _closed(document: Raw) -> Deal:
    row = _CLOSED_ROW.read(document)
    profit = _profit(row) if row.profit is None else row.profit
    if not is_amount(profit):
        raise RemoteProtocolError("the profit is no amount of money")
    return _deal(document, row, row.close_price or None, profit)


def _deal(
    document: Raw, row: _OpenRow, close_price: float | None = None, profit: Decimal | None = None
) -> Deal:
    if row.close_timestamp < row.open_timestamp:
        raise RemoteProtocolError("the deal ended before it began")
    return Deal(
        id=row.id,
        asset=row.asset,
        direction=direction(row.command),
        amount=stake(row.amount),
        opened_at=_moment(row.open_timestamp, row.open_ms),
        closes_at=_moment(row.close_timestamp, row.close_ms),
        open_price=row.open_price,
        payout=int(_percent(row.percent_profit)),
        account=account_kind.read(row.is_demo),
        close_price=close_price,
        profit=profit,
        currency=money.currency(row.currency),
        raw=raw_fields(document),
    )


def _moment(stamp: float, milliseconds: float | None) -> float:
    """The time has whole seconds; another field has the rest."""
    return int(to_utc(stamp)) + (milliseconds or 0) / 1000


def _percent(number: Decimal) -> Decimal:
    if not (number.is_finite() and 0 <= number <= _MAX_PERCENT):
        raise RemoteProtocolError("not a percentage")
    return number


def _profit(row: _ClosedRow) -> Decimal:
    """The profit of a closed deal that names none, from its prices."""
    if not row.close_price:
        raise RemoteProtocolError("a closed deal with neither profit nor price")
    if row.close_price == row.open_price:
        return Decimal(0)
    rose = row.close_price > row.open_price
    if rose is (direction(row.command) is Direction.CALL):
        return percent_of(stake(row.amount), _percent(row.percent_profit))
    return percent_of(stake(row.amount), _percent(row.percent_loss)).copy_negate()
