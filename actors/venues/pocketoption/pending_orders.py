"""Decodes the messages about pending orders (protocol 1.7.10)."""

from decimal import Decimal
from typing import Annotated, Final

from msgspec import Meta, Raw, Struct

from actors.errors import RemoteProtocolError
from actors.protocols.json_documents import NULL, Document, scalar
from actors.values import PendingOrder
from actors.venues.pocketoption import clock
from actors.venues.pocketoption.deals import Name, direction, reason, stake
from actors.venues.pocketoption.rows import RowDecoder, raw_fields

AT_TIME: Final = 0
AT_PRICE: Final = 1

_MAX_WRAPPINGS: Final = 3  # one more than has been seen


class _Row(Struct, rename="camel"):
    symbol: Name
    open_type: int
    amount: Decimal
    timeframe: Annotated[int, Meta(gt=0)]
    min_payout: Annotated[int, Meta(ge=0)]
    command: int
    open_time: str = ""
    open_price: Annotated[float, Meta(ge=0, lt=1e15)] = 0.0
    ticket: str = ""


class _Layer(Struct):
    data: Raw = NULL
    error: Raw = NULL
    ticket: Raw = NULL


class PendingOrderListing(Struct, frozen=True):
    """All pending orders. Unless ``complete``, an invalid row is missing."""

    orders: list[PendingOrder]
    complete: bool = True


class Placement(Struct, frozen=True):
    """The venue accepted ``order``, or refused it for ``reason``; a refusal need not have its order."""

    order: PendingOrder | None = None
    reason: str = ""


class Cancellation(Struct, frozen=True):
    """An order was cancelled or, for ``reason``, was not; its ``ticket`` may be missing."""

    ticket: str
    reason: str = ""


class PendingOrderDecoder(RowDecoder):
    """Decodes documents into facts."""

    _list = Document("list of pending orders", list[Raw])

    def placement(self, payload: bytes) -> Placement:
        return Placement(_placed(_unwrap(payload).document))

    def refusal(self, payload: bytes) -> Placement:
        found = _unwrap(payload)
        return Placement(_refused(found.document), found.reason)

    def cancellation(self, payload: bytes) -> Cancellation:
        """Its shape is not known, so each field is read wherever it is found."""
        found = _unwrap(payload)
        return Cancellation(found.ticket or found.bare)

    def failed_cancellation(self, payload: bytes) -> Cancellation:
        found = _unwrap(payload)
        return Cancellation(found.ticket, found.reason)

    def listed(self, payload: bytes) -> PendingOrderListing:
        rows = self._list.read(payload)
        orders = self.some(_placed, rows)
        return PendingOrderListing(orders, complete=len(orders) == len(rows))


_ROW = Document("pending order", _Row, strict=False)
_ANYTHING = Document("answer", Raw)
_LAYER = Document("answer", _Layer)


class _Unwrapped(Struct):
    """The innermost document of an answer, and its wrappers; ``bare`` is one that is no object."""

    document: Raw
    error: str = ""
    ticket: str = ""
    bare: str = ""

    @property
    def reason(self) -> str:
        return reason(self.error or self.bare)


def _unwrap(payload: bytes) -> _Unwrapped:
    """Unwrap an answer from the objects around it; each wrapper holds the next in ``data``."""
    found = _Unwrapped(_ANYTHING.read(payload or b"null"))
    for _ in range(_MAX_WRAPPINGS + 1):
        if not bytes(found.document).lstrip().startswith(b"{"):
            found.bare = scalar(found.document)
            return found
        layer = _LAYER.read(found.document)
        found.ticket = scalar(layer.ticket) or found.ticket
        found.error = found.error or scalar(layer.error)
        if bytes(layer.data) == b"null":
            return found
        found.document = layer.data
    raise RemoteProtocolError("an answer inside too many others")


def _refused(document: Raw) -> PendingOrder | None:
    """The order that a refusal has, if it has one that can be read; it needs no ticket."""
    try:
        return _order(document, _ROW.read(document))
    except RemoteProtocolError:
        return None


def _placed(document: Raw) -> PendingOrder:
    row = _ROW.read(document)
    if not row.ticket:
        raise RemoteProtocolError("a pending order without a ticket")
    return _order(document, row)


def _order(document: Raw, row: _Row) -> PendingOrder:
    by_time = row.open_type == AT_TIME
    if not (by_time or (row.open_type == AT_PRICE and row.open_price)):
        raise RemoteProtocolError("a pending order with neither a time nor a price")
    return PendingOrder(
        ticket=row.ticket,
        asset=row.symbol,
        direction=direction(row.command),
        amount=stake(row.amount),
        duration=row.timeframe,
        minimum_payout=row.min_payout,
        open_at=clock.read(row.open_time) if by_time else None,
        open_price=None if by_time else row.open_price,
        raw=raw_fields(document),
    )
