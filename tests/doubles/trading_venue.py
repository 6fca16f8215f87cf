"""A small model of the venue: it loses, delays and doubles what is said, and knows what it really did."""

import math
from collections.abc import Iterator
from decimal import Decimal

from msgspec import structs

from actors.messages.commands import PlaceOrder
from actors.messages.events import DealAccepted, DealRefused, DealsClosed, DealsOpen
from actors.values import Deal, Direction
from tests.doubles.trading_samples import NOW, ONE, deal_of

LATENCY = 0.5  # the longest that a word of the venue is under way
LATE = 30.0
LISTED = 20

Word = DealAccepted | DealRefused | DealsOpen | DealsClosed


class Life:
    """One life of a connection: orders on their way to the venue, and words with when they must be here.

    ``orders`` come with what the venue will make of them; ``late`` words do not keep their place.
    """

    def __init__(self, name: str, epoch: int) -> None:
        self.name = name
        self.epoch = epoch
        self.carried: list[str] = []
        self.orders: list[tuple[str, str]] = []
        self.words: list[tuple[float, Word]] = []
        self.late: list[tuple[float, Word]] = []

    def arrivals(self, by: float) -> Iterator[Word]:
        for queue in (self.words, self.late):
            while queue and queue[0][0] <= by:
                yield queue.pop(0)[1]


class Venue:
    """``executed`` tells by deal which order it was opened for, ``""`` for a stranger's.

    ``now`` is our time; ``skew`` is by how much the venue's clock is ahead of it.
    """

    def __init__(self, skew: float) -> None:
        self.now = NOW
        self.skew = skew
        self.epochs = 0
        self.lives: dict[str, Life] = {}
        self.bets: dict[str, PlaceOrder] = {}
        self.strays: list[tuple[float, str]] = []
        self.open: dict[str, Deal] = {}
        self.closed: list[Deal] = []
        self.executed: dict[str, str] = {}
        self._ends: dict[str, float] = {}

    def log_in(self, name: str) -> Life:
        self.epochs += 1
        life = self.lives[name] = Life(name, self.epochs)
        self._list_deals(life)
        return life

    def send(self, life: Life, id: str, bet: PlaceOrder, fate: str) -> None:
        """``fate``: acknowledge, twice, late, silent, refuse or drop."""
        self.bets[id] = bet
        life.orders.append((id, fate))
        life.carried.append(id)

    def cut(self, name: str, arrive: float | None) -> list[str]:
        """The connection is gone; orders under way may ``arrive`` so much later. All that it ever carried."""
        life = self.lives.pop(name)
        if arrive is not None:
            self.strays += [(self.now + arrive, id) for id, _ in life.orders]
        return life.carried

    def process(self) -> None:
        """Read what has arrived."""
        for stray in [stray for stray in self.strays if stray[0] <= self.now]:
            self.strays.remove(stray)
            self.open_deal(self.bets[stray[1]], stray[1])
        for life in self.lives.values():
            while life.orders:
                self._carry_out(life, *life.orders.pop(0))

    def open_deal(self, bet: PlaceOrder, order: str) -> Deal:
        deal = deal_of(bet, f"d{len(self.executed)}", math.floor(self.now + self.skew))
        self.open[deal.id] = deal
        self.executed[deal.id] = order
        self._ends[deal.id] = self.now + bet.duration
        for life in self.lives.values():
            self._say(life, DealsOpen(life.name, life.epoch, list(self.open.values())))
        return deal

    def advance(self, seconds: float) -> Iterator[None]:
        """Time passes, in steps short enough for every word to be read in time."""
        until = self.now + seconds
        while self.now < until:
            busy = self.strays or any(life.words for life in self.lives.values())
            self.now = min(until, self.now + (LATENCY / 2 if busy else 2.0))
            self.process()
            self._end_deals()
            yield

    def flood_the_closed_list(self) -> None:
        """A stranger's deals push all others out of it."""
        deals = [self.open_deal(PlaceOrder("GBPUSD", ONE, Direction.PUT, 1), "") for _ in range(LISTED)]
        self._ends |= {deal.id: self.now for deal in deals}
        self._end_deals()

    def _carry_out(self, life: Life, id: str, fate: str) -> None:
        if fate == "refuse":
            self._say(life, DealRefused(life.name, id, self.bets[id].asset, "MaxDemoTrades"))
        elif fate != "drop":
            word = DealAccepted(life.name, id, self.open_deal(self.bets[id], id))
            if fate == "late":
                life.late.append((self.now + LATE, word))
            elif fate != "silent":
                self._say(life, *[word] * (2 if fate == "twice" else 1))

    def _say(self, life: Life, *words: Word) -> None:
        life.words += [(self.now + LATENCY, word) for word in words]

    def _list_deals(self, life: Life) -> None:
        self._say(
            life,
            DealsOpen(life.name, life.epoch, list(self.open.values())),
            DealsClosed(life.name, life.epoch, self.closed[-LISTED:], listed=True),
        )

    def _end_deals(self) -> None:
        """A loss, a draw and a win by turns."""
        ended = [deal for deal in self.open.values() if self._ends[deal.id] <= self.now]
        for deal in ended:
            del self.open[deal.id]
            profit = deal.amount * Decimal(len(self.closed) % 3 - 1)
            self.closed.append(structs.replace(deal, close_price=1.2, profit=profit))
        if ended:
            for life in self.lives.values():
                self._say(life, DealsClosed(life.name, life.epoch, self.closed[-len(ended) :], listed=False))
                self._list_deals(life)
