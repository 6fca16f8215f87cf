"""A model of how the venue trades: it loses, delays and doubles messages, and records what it executed."""

import math
from collections.abc import Iterator
from decimal import Decimal

from msgspec import structs

from actors.messages.commands import PlaceOrder
from actors.messages.events import DealAccepted, DealRefused, DealsClosed, DealsOpen
from actors.values import Deal, Direction
from tests.doubles.trading_samples import NOW, ONE, deal_of

LATENCY = 0.5
"""Seconds that a message of the venue takes at most."""

LATE = 30.0
"""Seconds that a message takes whose order is to be answered late."""

LISTED = 20
"""Closed deals in a list of the venue."""

Message = DealAccepted | DealRefused | DealsOpen | DealsClosed


class TradingConnection:
    """One life of a connection: its orders on their way, and the venue's messages with times of arrival.

    ``orders`` holds pairs of an order's id and its fate. ``messages`` arrive in their order; those in
    ``late`` arrive when they are due. ``sent`` holds the ids of all orders that it was ever given.
    """

    def __init__(self, name: str, epoch: int) -> None:
        self.name = name
        self.epoch = epoch
        self.sent: list[str] = []
        self.orders: list[tuple[str, str]] = []
        self.messages: list[tuple[float, Message]] = []
        self.late: list[tuple[float, Message]] = []

    def arrivals(self, by: float) -> Iterator[Message]:
        for queue in (self.messages, self.late):
            while queue and queue[0][0] <= by:
                yield queue.pop(0)[1]


class TradingVenue:
    """``executed`` maps the id of a deal to that of its order, or to ``""`` for a deal of another client.

    ``now`` is our time; the venue's clock is ``skew`` seconds ahead of it.
    """

    def __init__(self, skew: float) -> None:
        self.now = NOW
        self.skew = skew
        self.epochs = 0
        self.connections: dict[str, TradingConnection] = {}
        self.bets: dict[str, PlaceOrder] = {}
        self.detached: list[tuple[float, str]] = []
        self.open: dict[str, Deal] = {}
        self.closed: list[Deal] = []
        self.executed: dict[str, str] = {}
        self.ghosts: dict[str, str] = {}
        """The order of each deal that was acknowledged and never was, although it has the right terms."""
        self._ends: dict[str, float] = {}

    def log_in(self, name: str) -> TradingConnection:
        self.epochs += 1
        connection = self.connections[name] = TradingConnection(name, self.epochs)
        self._list_deals(connection)
        return connection

    def send(self, connection: TradingConnection, id: str, bet: PlaceOrder, fate: str) -> None:
        """``fate``: acknowledge, twice, late, silent, refuse, refuse all (every order of
        the asset that the connection carries), drop, garbled (the answer has other terms than
        the deal), phantom (the answer is for a deal that never was, of other terms), ghost (of the right
        terms) or misnamed (the answer is right but for the name of the deal)."""
        self.bets[id] = bet
        connection.orders.append((id, fate))
        connection.sent.append(id)

    def cut(self, name: str, arrive: float | None) -> list[str]:
        """End a connection. Its orders on their way are executed after ``arrive`` seconds; ``None``: never.

        Returns the ids of all orders that the connection was given.
        """
        connection = self.connections.pop(name)
        if arrive is not None:
            self.detached += [(self.now + arrive, id) for id, _ in connection.orders]
        return connection.sent

    def process(self) -> None:
        """Execute the orders that have arrived."""
        for arrival in [arrival for arrival in self.detached if arrival[0] <= self.now]:
            self.detached.remove(arrival)
            self.open_deal(self.bets[arrival[1]], arrival[1])
        for connection in self.connections.values():
            while connection.orders:
                self._execute(connection, *connection.orders.pop(0))

    def open_deal(self, bet: PlaceOrder, order: str) -> Deal:
        deal = deal_of(bet, f"d{len(self.executed)}", math.floor(self.now + self.skew))
        self.open[deal.id] = deal
        self.executed[deal.id] = order
        self._ends[deal.id] = self.now + bet.duration
        for connection in self.connections.values():
            self._push(connection, DealsOpen(connection.name, connection.epoch, list(self.open.values())))
        return deal

    def advance(self, seconds: float) -> Iterator[None]:
        """Let time pass, in steps short enough for every message to be read in time."""
        until = self.now + seconds
        while self.now < until:
            connections = self.connections.values()
            busy = self.detached or any(each.messages or each.orders for each in connections)
            self.now = min(until, self.now + (LATENCY / 2 if busy else 2.0))
            self.process()
            self._end_deals()
            yield

    def flood_the_closed_list(self) -> None:
        """Deals of another client push all others out of the list."""
        deals = [self.open_deal(PlaceOrder("GBPUSD", ONE, Direction.PUT, 1), "") for _ in range(LISTED)]
        self._ends |= {deal.id: self.now for deal in deals}
        self._end_deals()

    def _execute(self, connection: TradingConnection, id: str, fate: str) -> None:
        if fate == "refuse":
            self._push(connection, DealRefused(connection.name, id, self.bets[id].asset, "MaxDemoTrades"))
        elif fate == "refuse all":
            like = [each for each in connection.sent if self.bets[each].asset == self.bets[id].asset]
            refusals = [DealRefused(connection.name, each, self.bets[id].asset, "OPEN_TIME") for each in like]
            self._push(connection, *refusals)
        elif fate == "phantom":
            deal = deal_of(self.bets[id], f"p{id}", math.floor(self.now + self.skew))
            self._push(connection, DealAccepted(connection.name, id, _garbled(deal)))
        elif fate in {"ghost", "misnamed"}:
            ghost = deal_of(self.bets[id], f"g{id}", math.floor(self.now + self.skew))
            self.ghosts[ghost.id] = id
            self._push(connection, DealAccepted(connection.name, id, ghost))
            if fate == "misnamed":
                self.open_deal(self.bets[id], id)
        elif fate == "garbled":
            deal = self.open_deal(self.bets[id], id)
            self._push(connection, DealAccepted(connection.name, id, _garbled(deal)))
        elif fate != "drop":
            accepted = DealAccepted(connection.name, id, self.open_deal(self.bets[id], id))
            if fate == "late":
                connection.late.append((self.now + LATE, accepted))
            elif fate != "silent":
                self._push(connection, *[accepted] * (2 if fate == "twice" else 1))

    def _push(self, connection: TradingConnection, *messages: Message) -> None:
        connection.messages += [(self.now + LATENCY, message) for message in messages]

    def _list_deals(self, connection: TradingConnection) -> None:
        self._push(
            connection,
            DealsOpen(connection.name, connection.epoch, list(self.open.values())),
            DealsClosed(connection.name, connection.epoch, self.closed[-LISTED:], listed=True),
        )

    def _end_deals(self) -> None:
        """Close what is due: with a loss, a draw and a win by turns."""
        ended = [deal for deal in self.open.values() if self._ends[deal.id] <= self.now]
        for deal in ended:
            del self.open[deal.id]
            profit = deal.amount * Decimal(len(self.closed) % 3 - 1)
            self.closed.append(structs.replace(deal, close_price=1.2, profit=profit))
        if ended:
            for connection in self.connections.values():
                self._push(
                    connection,
                    DealsClosed(connection.name, connection.epoch, self.closed[-len(ended) :], listed=False),
                )
                self._list_deals(connection)


def _garbled(deal: Deal) -> Deal:
    """The deal with terms that another order may have."""
    other = Direction.PUT if deal.direction is Direction.CALL else Direction.CALL
    return structs.replace(deal, direction=other, amount=Decimal("3.50") - deal.amount)
