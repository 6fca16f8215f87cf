"""Who waits for which order or deal, what carries each order, and what trades are judged by."""

import itertools
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from actors.errors import NotPlaced, NotSent, OrderUnknown, RequestError, RequestRefused, RequestTimeout
from actors.messages import events
from actors.messages.commands import PlaceOrder
from actors.messages.traffic import OrderSent, TradingRequest
from actors.values import Asset, Balance, Deal

RESULT_GRACE: Final = 15.0
"""Seconds after a deal's end that its result may take, over a reconnect if need be."""

Answered = tuple[int, Deal | RequestError]
"""A waiter and its answer, or the error that it gets."""


class DeskBook:
    """Waiters by order and by deal (an order has one, a deal's result any number), and the orders under way
    by the life of the connection that carries them."""

    def __init__(self) -> None:
        self._waiters: dict[str, int] = {}
        self._awaiting: defaultdict[str, list[int]] = defaultdict(list)
        self._ended: dict[str, int] = {}
        self._carried: dict[str, tuple[str, int]] = {}

    def enter(self, order: str, waiter: int) -> None:
        self._waiters[order] = waiter

    def await_result(self, deal: str, waiter: int) -> None:
        self._awaiting[deal].append(waiter)

    def settle(self, order: str, outcome: Deal | RequestError) -> list[Answered]:
        """Nothing more is to be expected of the order."""
        self._carried.pop(order, None)
        waiter = self._waiters.pop(order, None)
        return [] if waiter is None else [(waiter, outcome)]

    def waits(self, order: str) -> bool:
        return order in self._waiters

    def last_words(self) -> list[Answered]:
        """For everyone who still waits, when the runtime stops; they wait no more."""
        stopped = "the runtime stopped before there was an answer"
        words: list[Answered] = [
            (waiter, OrderUnknown(stopped, order)) for order, waiter in self._waiters.items()
        ]
        results = itertools.chain.from_iterable(self._awaiting.values())
        words += [(waiter, RequestTimeout(stopped)) for waiter in results]
        self._waiters.clear()
        self._awaiting.clear()
        return words

    def give_up(self, order: str, error: RequestError) -> list[Answered]:
        """The order's waiter waits no more, whatever becomes of the order."""
        waiter = self._waiters.pop(order, None)
        return [] if waiter is None else [(waiter, error)]

    def give_up_result(self, deal: str, waiter: int, error: RequestError) -> list[Answered]:
        waiting = self._awaiting.get(deal, [])
        if waiter not in waiting:
            return []
        waiting.remove(waiter)
        return [(waiter, error)]

    def answers(self, news: Iterable[events.Event]) -> list[Answered]:
        """What the waiters get that ``news`` are the end of waiting for."""
        answers: list[Answered] = []
        for event in news:
            match event:
                case events.OrderOpened(order=order, deal=deal):
                    answers += self.settle(order, deal)
                case events.OrderRefused(order=order, reason=reason):
                    answers += self.settle(order, RequestRefused(reason))
                case events.OrderNotPlaced(order=order):
                    answers += self.settle(order, NotPlaced("the venue lists no such deal"))
                case events.OrderClosed(deal=deal):
                    answers += [(waiter, deal) for waiter in self._awaiting.pop(deal.id, ())]
        return answers

    def sent(self, sent: OrderSent) -> bool:
        """Whether the life that carries the order still lasts, as far as is known here."""
        if sent.epoch <= self._ended.get(sent.connection, 0):
            return False
        self._carried[sent.order] = (sent.connection, sent.epoch)
        return True

    def unanswered(self, order: str) -> list[events.Event]:
        """The life that still carries it is to be replaced: only a new login proves what became of it."""
        if order not in self._carried:
            return []
        connection, epoch = self._carried[order]
        return [events.ConnectionSuspect(connection, epoch, f"order {order} has no answer")]

    def down(self, down: events.ConnectionDown) -> list[str]:
        """The orders that were under way on this life."""
        life = (down.connection, down.epoch)
        self._ended[down.connection] = max(down.epoch, self._ended.get(down.connection, 0))
        lost = [order for order, carrier in self._carried.items() if carrier == life]
        for order in lost:
            del self._carried[order]
        return lost


class Readiness:
    """What the venue has said; until ``complete``, trades are kept in ``early``."""

    def __init__(self, needed: frozenset[type[events.Event]]) -> None:
        """``needed`` are the events that the venue sends after a login, and that a trade is judged by."""
        self._needed = needed
        self.assets: dict[str, Asset] = {}
        self.balance: Balance | None = None
        self.early: dict[int, TradingRequest] = {}
        self._heard: set[type[events.Event]] = set()

    @property
    def complete(self) -> bool:
        """Whether the assets and the account's deals are known: what a trade is judged by."""
        return self._heard >= self._needed

    def take_orders(self) -> list[TradingRequest]:
        """The orders among the early trades; they wait no more."""
        orders = [trade for trade in self.early.values() if isinstance(trade.command, PlaceOrder)]
        for trade in orders:
            del self.early[trade.id]
        return orders

    def last_words(self) -> list[Answered]:
        """For the orders among the early trades, when the runtime stops."""
        return [(trade.id, NotSent("the runtime stopped before it was sent")) for trade in self.take_orders()]

    def hear(self, event: events.Event) -> list[TradingRequest]:
        """Take in an event; the early trades, if it was the last word that they needed."""
        match event:
            case events.AssetsListed(assets=assets):
                self.assets = {asset.symbol: asset for asset in assets}
            case events.BalanceChanged(balance=balance):
                self.balance = balance
        if not isinstance(event, events.DealsClosed) or event.listed:
            self._heard.add(type(event))
        if not self.complete:
            return []
        early, self.early = self.early, {}
        return list(early.values())
