"""The dealer: opens deals at the quoted price and closes them when their time is up."""

import math
import uuid
from decimal import Decimal

from actors.values import Deal, Direction, Outcome
from runtime.practice.market.assets import AssetTable
from runtime.practice.market.listings import LISTINGS
from runtime.practice.market.quotes import Quotes
from runtime.practice.records import RequestId
from runtime.practice.server.alarms import Alarms
from runtime.practice.server.clock import UTC_OFFSET, ExchangeClock
from runtime.practice.trading.book import Book, Position
from runtime.practice.trading.context import CURRENCY
from runtime.practice.trading.orders import OrderRefusal, OrderRequest
from runtime.practice.trading.pushes import AccountPushes

MIN_AMOUNT = Decimal(1)
MAX_AMOUNT = Decimal(50_000)
MAX_DURATION = 43_200


class Dealer:
    """Deals opened while ``forced`` is set have that outcome: their closing price is chosen for it.

    Deals that are in the book at the start are closed when they are due, at the prices of that time.
    """

    def __init__(
        self,
        book: Book,
        quotes: Quotes,
        assets: AssetTable,
        clock: ExchangeClock,
        pushes: AccountPushes,
        max_deals: int,
    ) -> None:
        self.forced: Outcome | None = None
        self._book = book
        self._quotes = quotes
        self._assets = assets
        self._clock = clock
        self._pushes = pushes
        self._max_deals = max_deals
        self._alarms = Alarms(clock)

    def start(self) -> None:
        """Set the timer of every deal in the book; called again after a change of the clock."""
        for position in self._book.opened.values():
            self._await_end(position.deal)

    def stop(self) -> None:
        self._alarms.clear()

    def refusal(self, order: OrderRequest) -> OrderRefusal | None:
        """Why this order cannot be executed now; of the error names only ``MaxDemoTrades`` is the venue's."""
        listing = LISTINGS.get(order.asset)
        if listing is None:
            return OrderRefusal("unknownAsset", order.amount)
        if not self._assets.is_tradable(listing):
            return OrderRefusal("closedAsset", order.amount)
        if not MIN_AMOUNT <= order.amount <= MAX_AMOUNT:
            return OrderRefusal("amountOutOfRange", order.amount)
        if not self._assets.minimum_duration(listing) <= order.duration <= MAX_DURATION:
            return OrderRefusal("durationOutOfRange", order.amount)
        if order.amount > self._book.balance:
            return OrderRefusal("notMoney", order.amount)
        if len(self._book.opened) >= self._max_deals:
            return OrderRefusal("MaxDemoTrades", self._max_deals)
        return None

    def payout(self, asset: str) -> int:
        """The present payout of ``asset`` in percent."""
        return self._assets.payout(LISTINGS[asset], self._clock.now())

    def open(self, order: OrderRequest, request_id: RequestId) -> Deal:
        """Execute an order that has no ``refusal``; the caller announces the deal."""
        now = math.floor(self._clock.now() * 1000) / 1000
        second, milliseconds = divmod(round(now * 1000), 1000)
        deal = Deal(
            id=str(uuid.uuid4()),
            asset=order.asset,
            direction=order.direction,
            amount=order.amount,
            opened_at=second - UTC_OFFSET + milliseconds / 1000,
            closes_at=second - UTC_OFFSET + order.duration,
            open_price=self._quotes.price(LISTINGS[order.asset], now),
            payout=self.payout(order.asset),
            account=order.account,
            currency=CURRENCY,
        )
        self._book.open(Position(deal, self.forced), request_id, deal.opened_at)
        self._await_end(deal)
        return deal

    def _await_end(self, deal: Deal) -> None:
        second = round(deal.closes_at + UTC_OFFSET)
        self._alarms.set(second, second, lambda: self._close(deal.closes_at))

    def _close(self, closes_at: float) -> None:
        """Close all deals of one second."""
        due = [position for position in self._book.opened.values() if position.deal.closes_at == closes_at]
        now = self._clock.utc()
        ended = [self._book.close(position.deal, self._closing_price(position), now) for position in due]
        self._pushes.announce_ended(ended)

    def _closing_price(self, position: Position) -> float:
        deal, forced = position
        listing = LISTINGS[deal.asset]
        if forced is None:
            return self._quotes.price(listing, deal.closes_at + UTC_OFFSET)
        if forced is Outcome.DRAW:
            return deal.open_price
        up = (forced is Outcome.WIN) == (deal.direction is Direction.CALL)
        smallest_step = 10.0**-listing.digits
        return round(deal.open_price + (smallest_step if up else -smallest_step), listing.digits)
