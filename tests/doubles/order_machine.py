"""The order desk with its real journal, against a model of the venue, of the network and of the machine.

``OrderMachine`` is a state machine of hypothesis. Its rules are what callers, connections, the venue, other
clients, clocks and the machine do, in any order; its checks are the promises of ``docs/orders.md``.
"""

import contextlib
import itertools
import queue
import shutil
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import structs

from actors.errors import NotPlaced, NotSent, OrderUnknown, RequestError, RequestRefused
from actors.messages.commands import PlaceOrder, Resume, SettleOrder
from actors.messages.events import (
    AssetsListed,
    ClockReport,
    ConnectionDown,
    ConnectionUp,
    DealAccepted,
    DealRefused,
    DealsClosed,
    DealsOpen,
    OrderClosed,
    OrderNotPlaced,
    OrderOpened,
    OrderRefused,
)
from actors.messages.lifecycle import OutboundRef
from actors.messages.orders import HaltTrading, OrderSent, TradingRequest, Withdraw
from actors.messages.status import Describe
from actors.messages.traffic import EventBatch, Failure, Request, RequestDone, Response
from actors.orders.desk_clock import DeskClock
from actors.orders.order import Order, OrderState
from actors.orders.order_desk import OrderDesk
from actors.orders.pre_trade_checks import OrderLimits
from actors.orders.timeouts import SETTLED_AFTER
from actors.values import AccountKind, Asset, Deal, Direction
from runtime.storage.account import JournalAccount
from runtime.storage.journal import SqliteJournal
from tests.conftest import ManualClock
from tests.doubles.recorder import WAIT
from tests.doubles.trading_samples import NOW, ONE, TRADING, deal_of
from tests.doubles.trading_venue import LATENCY, TradingVenue

ASSETS = ("EURUSD_otc", "#AAPL")
LISTED = [Asset(1, symbol, symbol, "currency", 5, 92, True, True, 5, (60,)) for symbol in ASSETS]
ACCOUNT = JournalAccount("pocketoption", "demo", "123")
VERDICT_DELAY = 6.0
LIMITS = OrderLimits(
    minimum_amount=ONE,
    maximum_amount=Decimal(50),
    amount_step=Decimal("0.01"),
    maximum_duration=3600,
    maximum_open=1000,
    verdict_delay=VERDICT_DELAY,
)
BETS = st.builds(
    PlaceOrder,
    st.sampled_from(ASSETS),
    st.sampled_from([ONE, Decimal("2.50")]),
    st.sampled_from(list(Direction)),
    st.sampled_from([5, 60]),
)
FATES = st.sampled_from(
    [
        *("acknowledge", "twice", "late", "silent", "garbled", "refuse", "refuse all", "drop"),
        *("phantom", "ghost", "misnamed"),
    ]
)
NAMES = st.sampled_from(["c1", "c2"])
PATIENCE = st.sampled_from([3.0, 30.0])
STEPS = st.sampled_from([-86_400.0, -600.0, -1.0, 1.0, 600.0, 86_400.0])
RETENTION = 1e9
"""Seconds; the model's time is not the system's, by which orders leave the journal."""

OVER = 200.0
"""Seconds after which no deal of an order can be open, and none holds up others."""


class Told:
    """A neighbour of the desk, which keeps what it is told."""

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def tell(self, message: Any) -> None:
        self._messages.put(message)

    def take(self) -> list[Any]:
        taken: list[Any] = []
        with contextlib.suppress(queue.Empty):
            while True:
                taken.append(self._messages.get_nowait())
        return taken

    def wait(self) -> Any:
        return self._messages.get(timeout=WAIT)


class OrderMachine(RuleBasedStateMachine):
    """``executed`` of the venue is the truth. ``denied`` are the orders that were said to have come to
    nothing, ``opened`` those that were told as open, each with its deal and when that was, ``waiting`` the
    callers without an answer, each with its order and its deadline."""

    @initialize(skew=STEPS, measured=st.booleans())
    def begin(self, skew: float, measured: bool) -> None:
        self.clock = ManualClock()
        self.begun = self.clock()
        self.slept = self.stepped = 0.0
        self.measured = measured
        self.venue = TradingVenue(skew)
        self.numbers = itertools.count(1)
        self.waiting: dict[int, tuple[str, float]] = {}
        self.denied: set[str] = set()
        self.settled: set[str] = set()
        self.opened: dict[str, tuple[str, float]] = {}
        self.told: Counter[tuple[str, str]] = Counter()
        self.carried: Counter[str] = Counter()
        self.way_out: list[Request] = []
        self.halted = False
        self.folders = Path(tempfile.mkdtemp(prefix="tellwire-model-", dir=_fast_folder()))
        self.life = self.boots = 0
        self.start()
        self.log_in("c1")
        self.deliver()

    # The machine and its process.

    def start(self) -> None:
        self.router, self.outbound, self.status, self.guardian = Told(), Told(), Told(), Told()
        self.journal = SqliteJournal(self.folder / "orders.sqlite", ACCOUNT, retention=RETENTION)
        self.desk = OrderDesk.start(
            AccountKind.DEMO,
            LIMITS,
            TRADING,
            self.journal,
            router=self.router,
            pending_desk=Told(),
            desk_clock=DeskClock(
                lambda: self.clock() - self.slept,
                lambda: NOW + self.clock() - self.begun + self.stepped,
                self.clock,
                f"boot {self.boots}",
            ),
            clock=self.clock,
            guardian=self.guardian,
        )
        self.desk.tell(OutboundRef(self.outbound, lambda: False))
        if self.measured:
            self.report_clock()
        self.desk.tell(AssetsListed(LISTED))
        self.handle()

    def stop(self) -> None:
        """End the process; its journal is free then."""
        self.desk.stop()
        self.guardian.wait()
        self.journal.close()

    @property
    def folder(self) -> Path:
        return self.folders / str(self.life)

    def report_clock(self) -> None:
        self.desk.tell(ClockReport(self.venue.skew - self.stepped))

    @rule(
        log=st.booleans(),
        crash=st.booleans(),
        arrive=st.sampled_from([None, 0.2]),
        boot=st.booleans(),
    )
    def restart(self, log: bool, crash: bool, arrive: float | None, boot: bool = False) -> None:
        """The process ends, or is killed; of its journal, perhaps only a copy of the main file is left, which
        may lack an outcome of the last second. With ``boot`` nobody knows how long it was away."""
        self.boots += boot
        if crash:
            before, self.life = self.folder, self.life + 1
            self.folder.mkdir()
            for name in ("orders.sqlite", "orders.sqlite.mark", *(["orders.sqlite-wal"] if log else [])):
                if (before / name).exists():
                    shutil.copy2(before / name, self.folder / name)
            self.stop()
        else:
            self.stop()
            self.take_in()
        for name in list(self.venue.connections):
            self.venue.cut(name, arrive)
        self.waiting.clear()
        self.way_out.clear()
        self.told.clear()  # what a crash left in doubt may be told again
        told_before = self.clock() - (0.0 if log or not crash else SETTLED_AFTER)
        self.slept = 0.0
        self.start()
        for id, (deal, told_at) in list(self.opened.items()):
            order = self.journal.find(id)
            assert order is not None
            if deal not in self.venue.ghosts and (order.deal is None or order.deal.id != deal):
                assert told_at > told_before, "a deal that was told was forgotten"
                del self.opened[id]
        for id in [id for id, count in self.carried.items() if count and id not in self.denied]:
            assert self.journal.find(id) is not None, "an order that was sent was forgotten"

    @rule(step=STEPS)
    def set_the_wall_clock(self, step: float) -> None:
        self.stepped += step
        if self.measured:
            self.report_clock()
        self.handle()

    @rule()
    def measure_the_venues_clock(self) -> None:
        self.measured = True
        self.report_clock()
        self.handle()

    @rule(seconds=st.sampled_from([3.0, 300.0]))
    def suspend(self, seconds: float) -> None:
        """The venue goes on, and what it sends is read after the resume."""
        for _ in self.venue.advance(seconds):
            pass
        self.slept += seconds
        self.move_clock()
        self.read(self.venue.now)

    @rule(seconds=st.sampled_from([0.1, 0.6, 2.0, 6.0, 61.0]))
    def wait(self, seconds: float) -> None:
        for _ in self.venue.advance(seconds):
            self.move_clock()
            self.read(self.venue.now)

    # Callers.

    @rule(bet=BETS, patience=PATIENCE)
    def ask(self, bet: PlaceOrder, patience: float) -> None:
        self.place(structs.replace(bet, id=f"o{next(self.numbers)}"), patience)

    @precondition(lambda self: self.carried)
    @rule(data=st.data(), patience=PATIENCE)
    def ask_again(self, data: st.DataObject, patience: float) -> None:
        id = data.draw(st.sampled_from(sorted(self.carried)))
        self.place(structs.replace(self.venue.bets[id], id=id), patience)

    def place(self, bet: PlaceOrder, patience: float) -> None:
        waiter = next(self.numbers)
        assert bet.id
        self.venue.bets.setdefault(bet.id, bet)
        deadline = self.clock() + patience
        self.waiting[waiter] = bet.id, deadline
        self.desk.tell(TradingRequest(waiter, bet, deadline, deadline, bet.id))
        self.handle()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        self.desk.tell(Withdraw(data.draw(st.sampled_from(sorted(self.waiting)))))
        self.handle()

    @rule()
    def halt(self) -> None:
        self.desk.tell(HaltTrading(next(self.numbers), "by the model"))
        self.halted = True
        self.handle()

    @precondition(lambda self: self.halted)
    @rule()
    def resume(self) -> None:
        self.desk.tell(TradingRequest(next(self.numbers), Resume(), self.clock() + 30))
        self.halted = False
        self.handle()

    @rule(data=st.data())
    def let_a_person_settle(self, data: st.DataObject) -> None:
        """By what the venue's page shows, once no bytes of the order can be under way."""
        doubtful = [order.id for order in self.unfinished() if order.state is OrderState.UNKNOWN]
        sent = {id for connection in self.venue.connections.values() for id in connection.sent}
        doubtful = [id for id in doubtful if id not in sent and not self.venue.detached]
        doubtful = [id for id in doubtful if all(request.order != id for request in self.way_out)]
        if doubtful:
            id = data.draw(st.sampled_from(doubtful))
            opened = id in self.venue.executed.values()
            self.settled.add(id)
            command = SettleOrder(id, opened=opened, reason="the page of the venue")
            self.desk.tell(TradingRequest(next(self.numbers), command, self.clock() + 30))
            self.handle()

    # The way out, and connections.

    @precondition(lambda self: self.way_out)
    @rule(fate=FATES, data=st.data())
    def carry(self, fate: str, data: st.DataObject) -> None:
        request = self.way_out.pop(0)
        if request.expires_at <= self.clock() or not self.venue.connections:
            self.desk.tell(request.failure(NotSent("no connection")))
            self.handle()
            return
        connection = self.venue.connections[data.draw(st.sampled_from(sorted(self.venue.connections)))]
        assert isinstance(request.command, PlaceOrder)
        self.carried[request.order] += 1
        assert self.carried[request.order] == 1, "it was sent twice"
        self.desk.tell(OrderSent(request.order, connection.name, connection.epoch))
        self.venue.send(connection, request.order, request.command, fate)
        self.handle()

    @rule(name=NAMES)
    def log_in(self, name: str) -> None:
        if name not in self.venue.connections:
            connection = self.venue.log_in(name)
            self.desk.tell(ConnectionUp(name, connection.epoch, "r"))
            self.handle()

    @precondition(lambda self: self.venue.connections)
    @rule(data=st.data(), arrive=st.sampled_from([None, 0.2, 0.9]), again=st.booleans())
    def lose_a_connection(self, data: st.DataObject, arrive: float | None, again: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.venue.connections)))
        self.cut(name, arrive)
        if again:
            self.log_in(name)

    @precondition(lambda self: self.venue.connections and not self.halted)
    @rule(
        bet=BETS,
        data=st.data(),
        arrive=st.sampled_from([None, 0.2]),
        crash=st.booleans(),
        flood=st.booleans(),
        seconds=st.sampled_from([2.0, 10.0, 70.0]),
    )
    def lose_an_order_and_see_nothing_for_a_while(
        self,
        bet: PlaceOrder,
        data: st.DataObject,
        arrive: float | None,
        crash: bool,
        flood: bool,
        seconds: float,
    ) -> None:
        """A deal of it can come and go, and be pushed out of the list, before the next login."""
        self.ask(bet, 3.0)
        if self.way_out:
            self.carry("acknowledge", data)
        if crash:
            self.restart(log=True, crash=True, arrive=arrive)
        for name in list(self.venue.connections):
            self.cut(name, arrive)
        for _ in self.venue.advance(seconds):
            pass
        if flood:
            self.venue.flood_the_closed_list()
        self.move_clock()
        self.log_in("c1")

    def cut(self, name: str, arrive: float | None) -> None:
        epoch = self.venue.connections[name].epoch
        self.venue.cut(name, arrive)
        self.desk.tell(ConnectionDown(name, epoch, "r", "reset", was_ready=True))
        self.handle()

    @rule()
    def deliver(self) -> None:
        self.venue.process()
        self.read(self.venue.now + LATENCY)

    # The venue, and other clients of the account.

    @rule()
    def let_a_stranger_flood_the_closed_list(self) -> None:
        self.venue.flood_the_closed_list()

    @precondition(lambda self: self.venue.connections)
    @rule(bet=BETS)
    def let_a_stranger_open_a_like_deal_that_is_acknowledged_here(self, bet: PlaceOrder) -> None:
        name, connection = next(iter(self.venue.connections.items()))
        accepted = DealAccepted(name, "someone", self.venue.open_deal(bet, ""))
        connection.messages.insert(0, (self.venue.now, accepted))
        self.read(self.venue.now)

    @precondition(lambda self: self.venue.connections)
    @rule(bet=BETS)
    def let_the_venue_acknowledge_a_deal_that_no_list_has(self, bet: PlaceOrder) -> None:
        phantom = deal_of(bet, f"x{next(self.numbers)}", self.venue.now + self.venue.skew)
        self.desk.tell(DealAccepted(next(iter(self.venue.connections)), "someone", phantom))
        self.handle()

    @precondition(lambda self: self.venue.connections)
    @rule(data=st.data())
    def let_the_venue_refuse_what_it_has_executed(self, data: st.DataObject) -> None:
        """A refusal for another client: the connection that carries the order has to bring its deal too."""
        name = data.draw(st.sampled_from(sorted(self.venue.connections)))
        connection = self.venue.connections[name]
        for id in [id for id in connection.sent if id in self.venue.executed.values()][-1:]:
            self.desk.tell(DealRefused(name, id, self.venue.bets[id].asset, "notMoney"))
            self.handle()

    @precondition(lambda self: self.venue.connections)
    @rule(data=st.data())
    def let_a_list_have_a_row_that_cannot_be_read(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.venue.connections)))
        life = name, self.venue.connections[name].epoch
        self.desk.tell(DealsOpen(*life, [], complete=False))
        self.desk.tell(DealsClosed(*life, [], listed=True, complete=False))
        self.handle()

    # What the desk does is compared with the truth.

    @invariant()
    def nothing_was_executed_twice(self) -> None:
        if hasattr(self, "venue"):
            ours = Counter(id for id in self.venue.executed.values() if id)
            assert all(count == 1 for count in ours.values())

    @invariant()
    def nothing_that_was_denied_was_executed(self) -> None:
        if hasattr(self, "venue"):
            assert not self.denied & set(self.venue.executed.values())

    @invariant()
    def nobody_waits_longer_than_it_wants(self) -> None:
        if hasattr(self, "venue"):
            late = [id for id, deadline in self.waiting.values() if deadline + 2.0 < self.clock()]
            assert not late

    def move_clock(self) -> None:
        self.clock.advance(self.begun + self.venue.now - NOW - self.clock())
        self.handle()

    def read(self, by: float) -> None:
        for connection in list(self.venue.connections.values()):
            for message in connection.arrivals(by):
                self.desk.tell(message)
                self.handle()

    def handle(self) -> None:
        """Return once the desk has handled all, and the way out what the desk asked back."""
        for _ in range(3):
            self.desk.tell(Describe(0, self.status))
            self.status.wait()
            self.take_in()

    def take_in(self) -> None:
        for message in self.outbound.take():
            match message:
                case Request():
                    self.way_out.append(message)
                case RequestDone(id=waiter):
                    for request in [each for each in self.way_out if each.id == waiter]:
                        self.way_out.remove(request)
                        self.desk.tell(request.failure(NotSent("it was withdrawn")))
        for message in self.router.take():
            match message:
                case EventBatch(items=events):
                    for event in events:
                        self.judge_event(event)
                case Response(request=waiter, value=value):
                    if isinstance(value, Deal):
                        self.judge_deal(self.waiting[waiter][0], value)
                    self.waiting.pop(waiter, None)
                case Failure(request=waiter) if waiter in self.waiting:
                    id, _ = self.waiting.pop(waiter)
                    self.judge_error(id, message.exception)

    def judge_event(self, event: Any) -> None:
        match event:
            case OrderOpened(order=id, deal=deal):
                self.told["opened", deal.id] += 1
                self.opened[id] = deal.id, self.clock()
                self.denied.discard(id)
                self.judge_deal(id, deal)
            case OrderNotPlaced(order=id) | OrderRefused(order=id):
                self.deny(id)
            case OrderClosed(deal=deal):
                self.told["closed", deal.id] += 1
                assert deal in self.venue.closed, "another outcome than the venue's"
        assert all(count == 1 for count in self.told.values()), self.told

    def judge_deal(self, id: str, deal: Deal) -> None:
        if deal.id in self.venue.ghosts:
            assert self.venue.ghosts[deal.id] == id
            return  # nobody can know that it never was; see ``end_well``
        assert self.venue.executed.get(deal.id) == id, "it is not its deal"
        true = self.venue.open.get(deal.id) or next(each for each in self.venue.closed if each.id == deal.id)
        assert structs.replace(deal, close_price=None, profit=None) == structs.replace(
            true, close_price=None, profit=None
        )

    def judge_error(self, id: str, error: RequestError) -> None:
        match error:
            case OrderUnknown():
                assert error.order == id
            case NotPlaced() | RequestRefused():
                self.deny(id)
            case NotSent():
                assert id not in self.venue.executed.values(), "it was executed"
            case _:
                raise AssertionError(error)

    def deny(self, id: str) -> None:
        if id not in self.settled:
            assert id not in self.venue.executed.values(), "it was executed"
            self.denied.add(id)

    def unfinished(self) -> list[Order]:
        return [order for order in self.journal.load() if order.in_flight]

    def teardown(self) -> None:
        """In the end nothing waits and nothing blocks, and every doubt has a reason."""
        if not hasattr(self, "venue"):
            return
        try:
            self.end_well()
        finally:
            self.stop()
            shutil.rmtree(self.folders)

    def end_well(self) -> None:
        for request in self.way_out:
            self.desk.tell(request.failure(NotSent("no connection")))
        self.way_out.clear()
        for name in list(self.venue.connections):
            self.cut(name, None)
        self.wait(31.0)
        self.log_in("c1")
        self.wait(OVER)
        assert not self.waiting
        ghosts = [order.id for order in self.journal.load() if order.state is OrderState.OPEN]
        ghosts = [id for id in ghosts if id not in self.venue.executed.values()]
        assert not ghosts, "a deal that never was is told as open for ever"
        if self.halted:
            self.resume()
        for asset, amount in itertools.product(ASSETS, [ONE, Decimal("2.50")]):
            bet = PlaceOrder(asset, amount, Direction.CALL, 60, f"o{next(self.numbers)}")
            self.place(bet, 3.0)
            assert self.way_out, f"{bet} is held up for ever"
            self.desk.tell(self.way_out.pop().failure(NotSent("the end")))
            self.handle()


def _fast_folder() -> str | None:
    """A folder in memory: the model waits for no disk."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() else None
