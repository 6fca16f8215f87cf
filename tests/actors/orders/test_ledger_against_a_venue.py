"""The ledger against a model of the venue, in any order of events: it must say what the venue did."""

import math
from collections import Counter
from decimal import Decimal

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import structs

from actors.errors import NotSent
from actors.messages.commands import PlaceOrder
from actors.messages.events import (
    DealAccepted,
    DealRefused,
    DealsClosed,
    DealsOpen,
    Event,
    OrderClosed,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    OrderRefused,
)
from actors.orders.ledger import Ledger
from actors.orders.order import Order, OrderState
from actors.orders.reconciliation import UNDER_WAY, ClockReading
from actors.orders.timeouts import REFUSAL_SETTLES
from actors.values import AccountKind, Deal, Direction, Life
from tests.doubles.trading_samples import TRADING
from tests.doubles.trading_venue import LATENCY, TradingVenue

ASSET = st.sampled_from(["EURUSD_otc", "#AAPL"])
DURATION = st.sampled_from([5, 60])
BETS = st.one_of(
    st.builds(PlaceOrder, ASSET, st.just(Decimal(1)), st.sampled_from(list(Direction)), DURATION),
    st.builds(PlaceOrder, ASSET, st.just(Decimal("2.50")), st.just(Direction.CALL), DURATION),
)
EXECUTED = ["acknowledge", "twice", "late", "silent", "garbled"]
FATES = st.sampled_from([*EXECUTED, "refuse", "refuse all", "drop", "phantom"])
OVER = UNDER_WAY + TRADING.reconciliation.result_overdue
SURELY_LISTED = TRADING.reconciliation.closed_deals_listed
SKEW = st.sampled_from([0.0, 0.0, 0.0, 0.9, -0.9, 600.0, -600.0, 7200.0, 86_400.0, -86_400.0])
ARRIVE = st.sampled_from([None, 0.2, 0.9])  # plus the latency it is within the grace
STRANGE = [{"asset": "GBPUSD"}, {"amount": Decimal(7)}, {"duration": 33}]
STRANGE_DIRECTION = [{"amount": Decimal("2.50"), "direction": Direction.PUT}]


class LedgerAgainstVenue(RuleBasedStateMachine):
    """The rules are actions of the desk, the network and the venue, and of another client of the account."""

    @initialize(skew=SKEW, measured=st.booleans())
    def begin(self, skew: float, measured: bool) -> None:
        self.measured = measured
        self.slept = 0.0  # by how much our clock has stood still
        self.lost_at: dict[str, float] = {}
        self.refusals: list[tuple[float, DealRefused]] = []  # with when each is believed
        self.venue = TradingVenue(skew)
        self.ledger = Ledger([], self.now, TRADING)
        self.listed: set[type] = set()
        self.journal: dict[str, Order] = {}
        self.skewed_restart = False  # an order was journaled before the venue's clock was measured
        self.in_flight: set[str] = set()
        self.told: Counter[tuple[str, str]] = Counter()
        self.acknowledged_elsewhere: list[Deal] = []
        self.set_clock()
        self.log_in("c1")
        self.deliver()

    @property
    def now(self) -> float:
        """Our clock, which does not step and stands still in a suspend."""
        return self.venue.now - self.slept

    def set_clock(self) -> None:
        self.ledger.set_venue_clock(ClockReading(self.slept, self.venue.skew if self.measured else None))

    @precondition(lambda self: self.venue.connections)
    @rule(bet=BETS, fate=FATES, data=st.data())
    def send(self, bet: PlaceOrder, fate: str, data: st.DataObject) -> None:
        if id := self.intend(bet):
            name = data.draw(st.sampled_from(sorted(self.venue.connections)))
            self.venue.send(self.venue.connections[name], id, bet, fate)
            self.ledger.carried(id, Life(name, self.venue.connections[name].epoch))

    @precondition(lambda self: self.venue.connections)
    @rule(bet=BETS, data=st.data(), arrive=ARRIVE, again=st.booleans())
    def send_and_lose_the_connection(
        self, bet: PlaceOrder, data: st.DataObject, arrive: float | None, again: bool
    ) -> None:
        if id := self.intend(bet):
            name = data.draw(st.sampled_from(sorted(self.venue.connections)))
            self.venue.send(self.venue.connections[name], id, bet, "")
            self.ledger.carried(id, Life(name, self.venue.connections[name].epoch))
            self.cut(name, arrive)
            if again:
                self.log_in(name)

    @rule(bet=BETS)
    def send_in_vain(self, bet: PlaceOrder) -> None:
        if id := self.intend(bet):
            self.in_flight.discard(id)
            self.apply(self.ledger.not_sent(id, "no connection"))

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def let_a_deadline_pass(self, data: st.DataObject) -> None:
        self.apply(self.ledger.overdue(data.draw(st.sampled_from(sorted(self.in_flight))), "no answer"))

    @rule(arrive=ARRIVE)
    def crash(self, arrive: float | None) -> None:
        for name in list(self.venue.connections):
            self.venue.cut(name, arrive)
        self.refusals.clear()
        self.slept = 0.0  # a new process starts with the wall clock
        self.skewed_restart |= abs(self.venue.skew) > 1 and not self.measured
        self.lost_at |= dict.fromkeys(self.in_flight, self.now)
        self.ledger = Ledger(self.journal.values(), self.now, TRADING)
        self.listed.clear()
        self.set_clock()
        self.told.clear()  # what is in doubt after a crash may have been told before it
        self.apply([])

    @precondition(lambda self: len(self.venue.connections) < 2)
    @rule(name=st.sampled_from(["c1", "c2"]))
    def log_in(self, name: str) -> None:
        if name not in self.venue.connections:
            connection = self.venue.log_in(name)
            self.ledger.login(Life(name, connection.epoch), self.now)

    @precondition(lambda self: self.venue.connections)
    @rule(data=st.data(), arrive=ARRIVE, again=st.booleans())
    def lose_a_connection(self, data: st.DataObject, arrive: float | None, again: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.venue.connections)))
        self.cut(name, arrive)
        if again:
            self.log_in(name)

    @rule()
    def deliver(self) -> None:
        self.venue.process()
        self.read(self.venue.now + LATENCY)

    @rule(seconds=st.sampled_from([0.1, 0.6, 2.0, 6.0, 61.0]))
    def wait(self, seconds: float) -> None:
        for _ in self.venue.advance(seconds):
            self.read(self.venue.now)
            self.apply(self.ledger.check(self.now))

    @rule(seconds=st.sampled_from([3.0, 300.0, 1800.0]))
    def suspend(self, seconds: float) -> None:
        """The venue goes on, and what it sends is read after the resume."""
        for _ in self.venue.advance(seconds):
            pass
        self.slept += seconds
        self.set_clock()
        self.read(self.venue.now)

    @rule()
    def measure_the_venues_clock(self) -> None:
        self.measured = True
        self.set_clock()
        self.apply([])

    @rule()
    def let_a_stranger_flood_the_closed_list(self) -> None:
        self.venue.flood_the_closed_list()

    @rule(bet=BETS, strange=st.sampled_from([*STRANGE, *STRANGE_DIRECTION]))
    def let_a_stranger_open_an_unlike_deal(self, bet: PlaceOrder, strange: dict[str, object]) -> None:
        self.venue.open_deal(structs.replace(bet, **strange), "")

    @precondition(lambda self: self.venue.connections)
    @rule(bet=BETS)
    def let_a_stranger_open_a_like_deal_that_is_acknowledged_here(self, bet: PlaceOrder) -> None:
        deal = self.venue.open_deal(bet, "")
        self.acknowledged_elsewhere.append(deal)
        self.apply(self.ledger.accepted(DealAccepted("c1", "someone", deal)))
        assert self.told["orphan", deal.id] == 1

    @precondition(lambda self: self.venue.connections)
    @rule(bet=BETS)
    def let_a_stranger_open_a_deal_that_is_listed_before_a_like_order(self, bet: PlaceOrder) -> None:
        if bet not in self.venue.bets.values():
            self.venue.open_deal(bet, "")
            self.deliver()

    @invariant()
    def every_order_has_the_deal_that_was_executed_for_it_or_none(self) -> None:
        for id, order in self.journal.items():
            if order.state is not OrderState.UNKNOWN:
                assert order.deal is None or self.venue.executed[order.deal.id] == id
            assert order.deal is not None or order.state not in {OrderState.OPEN, OrderState.CLOSED}

    @invariant()
    def the_journal_has_every_order_as_it_is(self) -> None:
        assert not self.ledger.take_changed()
        assert all(self.ledger.order(id) == order for id, order in self.journal.items())

    @invariant()
    def what_was_told_was_told_once(self) -> None:
        assert all(count == 1 for count in self.told.values()), self.told

    def teardown(self) -> None:
        """After a quiet login an order is unknown only if the clocks, a short list, or a like deal that was
        acknowledged to somebody else leave a doubt."""
        if not hasattr(self, "ledger"):
            return
        for name in list(self.venue.connections):
            self.cut(name, arrive=None)
        self.log_in("c1")
        self.wait(10.0)
        executed = set(self.venue.executed.values())
        for id, order in self.journal.items():
            if order.state is OrderState.UNKNOWN:
                unmeasured = abs(self.venue.skew) > 1 and not self.measured
                may_be_its = any(not order.difference(deal, 2.0) for deal in self.acknowledged_elsewhere)
                short_list = len(self.venue.closed) >= SURELY_LISTED
                assert unmeasured or self.skewed_restart or short_list or may_be_its
            else:
                assert (order.deal is not None) == (id in executed)
                assert order.state is not OrderState.JOURNALED
        assert {deal.id for deal in self.ledger.deals.open_deals()} >= set(self.venue.open)

    def intend(self, bet: PlaceOrder) -> str:
        """The id of the order, ``""`` where a like one blocks it, and before the first lists of this process:
        the desk holds an order back until then."""
        if not {DealsOpen, DealsClosed} <= self.listed:
            return ""
        bets = self.venue.bets
        alike = {id for id in self.in_flight if (bets[id].asset, bets[id].amount) == (bet.asset, bet.amount)}
        blocking = {
            id for id in alike if self.now <= self.lost_at.get(id, math.inf) + OVER + bets[id].duration
        }
        id = f"o{len(self.journal)}"
        try:
            self.ledger.intend(bet, AccountKind.DEMO, id, self.now)
        except NotSent:
            assert alike, "it was held back for no reason"
            return ""
        assert not blocking, "two like orders are in flight"
        self.in_flight.add(id)
        self.apply([])
        return id

    def cut(self, name: str, arrive: float | None) -> None:
        self.ledger.logout(Life(name, self.venue.connections[name].epoch))
        for id in self.venue.cut(name, arrive):
            self.lost_at.setdefault(id, self.now)
            self.apply(self.ledger.lost(id, "reset", self.now))

    def read(self, by: float) -> None:
        for message in [message for each in self.venue.connections.values() for message in each.arrivals(by)]:
            self.listed.add(type(message))
            match message:
                case DealAccepted():
                    self.apply(self.ledger.accepted(message, self.now))
                case DealRefused():
                    self.refusals.append((self.now + REFUSAL_SETTLES, message))
                case DealsOpen():
                    self.apply(self.ledger.opened_listed(message, self.now))
                case DealsClosed():
                    self.apply(self.ledger.closed(message, self.now))

        while self.refusals and self.refusals[0][0] <= self.now:
            self.apply(self.ledger.refused(self.refusals.pop(0)[1]))

    def apply(self, events: list[Event]) -> None:
        """Journals, and compares what is published with what the venue did."""
        self.journal |= {order.id: order for order in self.ledger.take_changed()}
        executed = self.venue.executed
        for event in events:
            match event:
                case OrderOpened(order=id, deal=deal):
                    self.told["opened", id] += 1
                    assert executed[deal.id] == id
                    self.in_flight.discard(id)
                case OrderNotPlaced(order=id) | OrderRefused(order=id):
                    assert id not in executed.values(), "it was executed"
                    self.in_flight.discard(id)
                case OrderClosed(deal=deal):
                    self.told["closed", deal.id] += 1
                    assert deal in self.venue.closed, "another outcome than the venue's"
                case OrderOrphan(deal=deal):
                    self.told["orphan", deal.id] += 1
                    assert not executed[deal.id] or executed[deal.id] not in self.in_flight, "it is ours"


TestLedgerAgainstVenue = LedgerAgainstVenue.TestCase
TestLedgerAgainstVenue.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
