"""The requests of one connection, and the answers to them: requests out, facts in, answers matched."""

from collections.abc import Sequence

from actors.errors import RemoteProtocolError, RequestRefused
from actors.messages import (
    CancelPendingOrder,
    CandlesLoaded,
    LoadCandles,
    LoadTicks,
    PlaceOrder,
    SendRaw,
    StreamConfirmed,
    StreamReleased,
    StreamReport,
    SubscribeTicks,
    UnsubscribeTicks,
)
from actors.messages.commands import PlacePendingOrder
from actors.messages.events import (
    BalanceChanged,
    DealAccepted,
    DealRefused,
    DealsClosed,
    DealsOpen,
    PendingAnswered,
    PendingOrdersListed,
)
from actors.messages.traffic import Item, Request, RequestPart
from actors.values import AccountKind, Life
from actors.venues.pocketoption import dialect
from actors.venues.pocketoption.deals import Acceptance, ClosedDeals, DealRefusal, OpenDeals
from actors.venues.pocketoption.market_data import RequestedHistory, StreamHistory
from actors.venues.pocketoption.outstanding import OutstandingRequests, Refused, failures
from actors.venues.pocketoption.pending_orders import Cancellation, PendingOrderListing, Placement
from actors.venues.stream_counter import StreamCounter

Sending = tuple[list[bytes], Sequence[Item]]
"""Texts for the venue, in order, and the answers that are known without the venue."""


class RequestMatcher:
    """Matches answers to requests, for one life of a connection that is logged in to a demo or live account.

    ``streams`` counts the ticks of the subscribed assets.
    """

    def __init__(self, connection: str, epoch: int, account: AccountKind) -> None:
        self.streams: dict[str, StreamCounter] = {}
        self._connection = connection
        self._epoch = epoch
        self._account = account
        self._outstanding = OutstandingRequests()

    def stream_reports(self) -> dict[str, StreamReport]:
        """By asset; streams without a tick are absent."""
        reports = {asset: stream.report() for asset, stream in self.streams.items()}
        return {asset: report for asset, report in reports.items() if report is not None}

    # Outbound

    def ask(self, request: Request, now: float) -> Sending:
        """``now`` is UTC. An impossible request is answered with a ``Failure``, of ``RequestRefused``."""
        try:
            return self._ask(request, now)
        except RequestRefused as error:
            return [], failures([request], RequestRefused, str(error))
        except UnicodeEncodeError:
            return [], failures([request], RequestRefused, "the text has no UTF-8 form")

    def _ask(self, request: Request, now: float) -> Sending:
        match request.command:
            case SubscribeTicks(asset=asset, period=period):
                begin, rest = dialect.subscribe(asset, period)
                if request.part is RequestPart.REST:
                    return [rest], ()
                texts = [begin] if request.part is RequestPart.FIRST else [begin, rest]
                self.streams[asset] = StreamCounter()  # a new one: its first tick shows what was missed
                self._outstanding.add_stream(request, asset, period)
                return texts, ()
            case UnsubscribeTicks(asset=asset):
                texts = dialect.unsubscribe(asset)
                self.streams.pop(asset, None)
                given_up = self._outstanding.forget_stream(asset)
                if request.connection:  # the stream moves; the waiters are answered on the other connection
                    given_up = []
                released = StreamReleased(asset, self._connection)
                return texts, (*given_up, released, *_done(request))
            case LoadCandles() as command:
                end = now if command.end is None else command.end
                text = dialect.load_candles(command.asset, command.period, command.count, end, request.id)
                return [text], self._outstanding.add_load(request, command, end)
            case LoadTicks(asset=asset, seconds=seconds) as command:
                end = now if command.end is None else command.end
                text = dialect.load_ticks(asset, seconds or 0.0, end, request.id)
                return [text], self._outstanding.add_load(request, command, end)
            case SendRaw(text=raw):
                sent = request.response(Life(self._connection, self._epoch))
                return [raw.encode()], (sent,) if request.awaited else ()
            case PlaceOrder() as command:
                text = dialect.place_order(command, request.order, self._account)
                self._outstanding.add_order(request.order, command.asset, command.amount, now)
                return [text], ()
            case PlacePendingOrder() as command:
                return [dialect.place_pending_order(command, now)], ()
            case CancelPendingOrder(ticket=ticket):
                text = dialect.cancel_pending_order(ticket)
                self._outstanding.add_cancellation(ticket)
                return [text], ()

    # Inbound

    def apply(self, news: dialect.News) -> Sequence[Item]:
        """The items that follow; raises ``RemoteProtocolError`` for an answer that fits no request."""
        match news:
            case StreamHistory():
                return self._stream_history(news)
            case RequestedHistory():
                return self._requested_history(news)
            case Acceptance(request_id=request, deal=deal):
                refused = self._refused(self._outstanding.order_accepted(request))
                return [DealAccepted(self._connection, request, deal), *refused] if deal else refused
            case DealRefusal():
                return self._refused(self._outstanding.order_refused(news))
            case OpenDeals(deals=deals, complete=complete):
                return (DealsOpen(self._connection, self._epoch, deals, complete),)
            case ClosedDeals(deals=deals, listed=listed, complete=complete):
                return (DealsClosed(self._connection, self._epoch, deals, listed, complete),)
            case PendingOrderListing(orders=orders, complete=complete):
                return (PendingOrdersListed(orders, self._connection, self._epoch, complete),)
            case Placement(order=placed, reason=reason):
                return (PendingAnswered(self._connection, order=placed, reason=reason),)
            case Cancellation():
                return self._cancellation(news)
            case BalanceChanged(balance=balance) if balance.account is not self._account:
                return ()  # the login's other account: no order of this session is paid from it
            case event:
                return (event,)

    def _refused(self, refused: Sequence[Refused]) -> list[Item]:
        return [DealRefused(self._connection, *each) for each in refused]

    def _stream_history(self, found: StreamHistory) -> Sequence[Item]:
        items: list[Item] = [CandlesLoaded(found.asset, found.period, found.candles)]
        requests = self._outstanding.pop_stream(found.asset, found.period)
        if requests is not None:
            confirmed = StreamConfirmed(found.asset, found.period, self._connection, self._epoch)
            items += [confirmed, *(request.response(confirmed) for request in requests)]
        return items

    def _requested_history(self, found: RequestedHistory) -> Sequence[Item]:
        request, loaded = self._outstanding.pop_load(found)
        news = (loaded,) if isinstance(loaded, CandlesLoaded) else ()
        return (*news, request.response(loaded)) if request else news

    def _cancellation(self, found: Cancellation) -> Sequence[Item]:
        ticket = self._outstanding.pop_cancellation(found.ticket)
        if not ticket:
            raise RemoteProtocolError("the answer to a cancellation that was not requested")
        return (PendingAnswered(self._connection, ticket=ticket, reason=found.reason),)


def _done(request: Request) -> Sequence[Item]:
    return (request.response(),) if request.awaited else ()
