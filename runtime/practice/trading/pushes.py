"""The pushes about the account: its balance and its lists."""

import enum
import functools
from decimal import Decimal

from actors.values import Deal
from runtime.practice.server.clients import Clients
from runtime.practice.server.connection import ClientConnection
from runtime.practice.trading import deals
from runtime.practice.trading.book import Book
from runtime.practice.trading.context import MONEY


class AccountPush(enum.Enum):
    """A push; its value is the name of its event."""

    BALANCE = "successupdateBalance"
    OPENED = "updateOpenedDeals"
    CLOSED = "updateClosedDeals"
    PENDING = "successupdatePending"


class AccountPushes:
    """Each push shows the book at the moment of sending."""

    def __init__(self, book: Book, clients: Clients) -> None:
        self._book = book
        self._clients = clients

    def tell(self, client: ClientConnection, *pushes: AccountPush) -> None:
        for push in pushes:
            client.emit(push.value, self._payload(push, client))

    def tell_all(self, *pushes: AccountPush) -> None:
        """Push to all clients that are logged in to the account."""
        for client in self._clients.authenticated(self._book.uid):
            self.tell(client, *pushes)

    def announce_ended(self, ended: list[Deal]) -> None:
        """Push deals that ended in the same second to the account's clients (protocol 1.7.8)."""
        gains = (deal.profit for deal in ended if deal.profit and deal.profit > 0)
        won = functools.reduce(MONEY.add, gains, Decimal(0))
        listed = [deals.as_just_closed(deal, self._book.uid) for deal in ended]
        self._clients.publish("successcloseOrder", {"profit": won, "deals": listed}, self._book.uid)
        self.tell_all(AccountPush.BALANCE, AccountPush.CLOSED, AccountPush.OPENED)

    def _payload(self, push: AccountPush, client: ClientConnection) -> object:
        book = self._book
        match push:
            case AccountPush.BALANCE:
                return {"isDemo": int(client.login.demo), "balance": book.balance}
            case AccountPush.OPENED:
                return [deals.as_listed_open(position.deal, book.uid) for position in book.opened.values()]
            case AccountPush.CLOSED:
                return [deals.as_listed_closed(deal, book.uid) for deal in book.closed]
            case AccountPush.PENDING:
                return [pending.as_listed(book.uid) for pending in book.pending.values()]
