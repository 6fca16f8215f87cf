"""The journal of an account that two hosts have in turn, on a real engine and with a real file each."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from decimal import Decimal
from pathlib import Path

import msgspec
import pykka
import pytest
from loguru import logger
from msgspec import structs

from actors.errors import Halted, NotSent, OrderUnknown
from actors.messages.commands import PlaceOrder
from actors.messages.events import OrderInDoubt, OrderNotPlaced, OrderOpened
from actors.messages.traffic import Failure, Request
from actors.orders.order import Order, OrderState
from actors.tenancy.tenure import Tenure
from actors.values import AccountKind, Direction
from runtime.cluster.address import parse_address
from runtime.cluster.engine import Engine
from runtime.cluster.journal import ClusterJournal
from runtime.storage.account import JournalAccount
from runtime.storage.journal import SqliteJournal
from tests.conftest import ManualClock
from tests.doubles.engine_server import EngineServer
from tests.doubles.trading_samples import BET, OTHER_BET
from tests.doubles.watched_order_desk import VERDICT_DELAY, WatchedOrderDesk

ACCOUNT = JournalAccount("pocketoption", "demo", "123")
LEASE = 600.0

Owner = Callable[[str], ClusterJournal]


def order(id: str, state: OrderState = OrderState.JOURNALED) -> Order:
    created = Order(id, "EURUSD_otc", Decimal("1.50"), Direction.CALL, 60, AccountKind.DEMO, time.time())
    return created.become(OrderState.JOURNALED) if state is OrderState.JOURNALED else created


@pytest.fixture
def tenures() -> dict[str, Tenure]:
    """Those of the hosts that ``owner`` has made owners, by host."""
    return {}


@pytest.fixture
def owner(
    engine: Engine, duty: str, clock: ManualClock, tmp_path: Path, tenures: dict[str, Tenure]
) -> Iterator[Owner]:
    """Makes a host the owner, after whoever was: its journal."""
    with ExitStack() as journals:

        def become(host: str) -> ClusterJournal:
            for name, tenure in tenures.items():
                engine.release(name, {duty: tenure.epoch})
            epoch = engine.acquire(duty, host, LEASE).epoch
            tenures[host] = tenure = Tenure(duty, epoch, clock() + LEASE)
            local = SqliteJournal(tmp_path / f"{host}-{epoch}.sqlite", ACCOUNT)
            return journals.enter_context(closing(ClusterJournal(engine, tenure, local, clock)))

        yield become
        pykka.ActorRegistry.stop_all()  # the desks, before their journals are closed


def states(journal: ClusterJournal) -> dict[str, OrderState]:
    return {order.id: order.state for order in journal.load()}


def test_the_next_owner_finds_the_orders_of_the_last_as_they_were(owner: Owner) -> None:
    first = owner("h1")
    first.write([order("a")])
    first.write([opened := order("b")])
    first.note([opened.become(OrderState.REFUSED, reason="no money")])
    first.write([late := order("c")])
    first.note([late.become(OrderState.NOT_SENT, reason="its deadline has passed")])
    second = owner("h2")
    assert {"a": OrderState.JOURNALED, "b": OrderState.REFUSED}.items() <= states(second).items()
    assert second.find("b") == opened.become(OrderState.REFUSED, reason="no money")
    assert second.find("c") is None
    assert second.find("nosuch") is None
    assert [each.id for each in second.since(0.0)][:2] == ["a", "b"]


def test_a_former_owner_journals_nothing_any_more(owner: Owner, tenures: dict[str, Tenure]) -> None:
    first = owner("h1")
    first.write([sent := order("a")])
    second = owner("h2")
    with pytest.raises(Halted, match=r"has lost account:.*its newest epoch is 2"):
        first.note([sent.become(OrderState.NOT_SENT)])
    assert tenures["h1"].lost
    with pytest.raises(Halted, match="this host has lost"):
        first.write([order("b")])
    assert second.find("a") == sent
    assert second.find("b") is None


def test_two_owners_by_one_epoch_take_no_order_for_journaled_that_the_engine_lacks(
    owner: Owner, engine: Engine, duty: str, tenures: dict[str, Tenure]
) -> None:
    first = owner("h1")
    engine.execute([("DEL", f"tw:{{{duty}}}:lease", f"tw:{{{duty}}}:epoch")])  # a failover has lost them
    second = owner("h2")
    assert tenures["h1"].epoch == tenures["h2"].epoch
    first.write([order("a")])
    with pytest.raises(Halted, match="another host writes by the same epoch"):
        second.write([order("b")])
    assert second.find("b") is None
    second.write([order("c")])
    with pytest.raises(Halted, match="another host writes by the same epoch"):
        first.write([order("d")])
    assert engine.known(duty, ["a", "b", "c", "d"]) == {"a", "c"}
    assert not tenures["h2"].lost


def test_by_a_lease_that_the_replicas_have_not_confirmed_no_order_is_journaled(
    owner: Owner, tenures: dict[str, Tenure]
) -> None:
    journal = owner("h1")
    tenures["h1"].confirmed = False
    with pytest.raises(Halted, match="replicas of the engine have not confirmed the lease"):
        journal.write([order("a")])
    tenures["h1"].confirmed = True
    journal.write([order("a")])


def test_after_the_lease_nothing_is_journaled_even_if_nobody_else_owns_it(
    owner: Owner, clock: ManualClock
) -> None:
    journal = owner("h1")
    assert journal.sends_until == clock() + LEASE
    assert journal.refusal() is None
    clock.advance(LEASE)
    with pytest.raises(Halted, match="has not been renewed in time"):
        journal.write([order("a")])
    assert journal.refusal() is not None
    assert journal.find("a") is None


def test_an_order_whose_lease_ends_while_it_is_journaled_is_not_sent_and_its_id_is_free(
    owner: Owner, clock: ManualClock, tenures: dict[str, Tenure], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = owner("h1")
    write = SqliteJournal.write

    def slow(local: SqliteJournal, orders: list[Order]) -> None:
        clock.advance(LEASE)
        write(local, orders)

    with monkeypatch.context() as patch:
        patch.setattr(SqliteJournal, "write", slow)
        with pytest.raises(Halted, match="has not been renewed in time"):
            journal.write([late := order("a")])
    tenures["h1"].safe_until = clock() + LEASE  # it is renewed after all
    journal.write([late.become(OrderState.NOT_SENT), order("b")])
    journal.write([order("a")])
    assert states(owner("h2")) == {"a": OrderState.JOURNALED, "b": OrderState.JOURNALED}


def test_an_order_whose_command_was_withdrawn_is_not_journaled(
    engine: Engine, duty: str, clock: ManualClock, tmp_path: Path
) -> None:
    tenure = Tenure(duty, engine.acquire(duty, "h1", LEASE).epoch, clock() + LEASE)
    local = SqliteJournal(tmp_path / "h1.sqlite", ACCOUNT)
    commands = {id: engine.send(duty, b"") for id in ("a", "b")}
    with closing(ClusterJournal(engine, tenure, local, clock, commands=commands)) as journal:
        assert engine.withdraw(duty, commands["a"], "a")
        with pytest.raises(NotSent, match="a caller that asked for it has withdrawn it") as refused:
            journal.write([order("a")])
        assert not isinstance(refused.value, Halted)
        journal.write([order("b")])
        assert not engine.withdraw(duty, commands["b"], "b")
        assert engine.known(duty, ["a", "b"]) == {"b"}


def test_an_order_whose_command_was_withdrawn_is_not_sent_and_orders_go_on(
    engine: Engine, duty: str, clock: ManualClock, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A caller asks the same order anew, once the owner has dropped the command."""
    tenure = Tenure(duty, engine.acquire(duty, "h1", LEASE).epoch, clock() + LEASE)
    local = SqliteJournal(tmp_path / "h1.sqlite", ACCOUNT)
    commands = {"mine": engine.send(duty, b"")}
    warnings: list[str] = []
    sink = logger.add(warnings.append, level="WARNING", format="{message}")
    request.addfinalizer(lambda: logger.remove(sink))
    with closing(ClusterJournal(engine, tenure, local, clock, commands=commands)) as journal:
        desk = WatchedOrderDesk(clock, journal=journal)
        desk.get_ready()
        mine = structs.replace(BET, id="mine")
        assert engine.withdraw(duty, commands["mine"], "mine")
        desk.ask(1, mine)
        assert type(desk.error(1)) is NotSent
        assert order_of(desk, 2, OTHER_BET)
        del commands["mine"]
        assert order_of(desk, 3, mine) == "mine"
        desk.ref.stop()
    assert not warnings


def test_a_halt_by_any_host_stops_orders_at_once_and_a_resume_by_any(
    owner: Owner, engine: Engine, duty: str
) -> None:
    journal = owner("h1")
    journal.write([sent := order("a")])
    engine.halt(duty, "by a person at h2")
    with pytest.raises(Halted, match="by a person at h2"):
        journal.write([order("b")])
    journal.note([sent.become(OrderState.UNKNOWN)])
    assert journal.halted() == "by a person at h2"
    assert owner("h2").resume()
    again = owner("h1")
    assert again.halted() is None
    again.halt("by a person at h1")
    assert engine.halted(duty) == "by a person at h1"


def test_what_the_engine_has_lost_is_put_back_from_the_file_of_its_owner(
    clock: ManualClock, tmp_path: Path, engine_server: EngineServer
) -> None:
    with closing(Engine(parse_address(engine_server.url), 10.0)) as engine:
        tenure = Tenure("d", engine.acquire("d", "h1", LEASE).epoch, clock() + LEASE)
        local = SqliteJournal(tmp_path / "h1.sqlite", ACCOUNT)
        with closing(ClusterJournal(engine, tenure, local, clock)) as journal:
            journal.write([order("a")])
            journal.write([order("b")])
        engine_server.kill()
        for kept in (engine_server.folder / "appendonlydir").iterdir():
            kept.unlink()
        engine_server.start()
        tenure = Tenure("d", engine.acquire("d", "h1", LEASE, tenure.epoch).epoch, clock() + LEASE)
        assert tenure.epoch == 2
        local = SqliteJournal(tmp_path / "h1.sqlite", ACCOUNT)
        with closing(ClusterJournal(engine, tenure, local, clock)) as journal:
            assert set(states(journal)) == engine.known("d", ["a", "b"]) == {"a", "b"}


def test_the_successor_has_an_order_in_flight_in_doubt_until_the_venue_shows_its_deal(
    owner: Owner, clock: ManualClock
) -> None:
    first = WatchedOrderDesk(clock, journal=owner("h1"))
    first.get_ready()
    first.ask(7, BET)
    _, request = first.step()
    second = WatchedOrderDesk(clock, journal=owner("h2"))
    [doubt] = second.left_behind.items
    assert isinstance(doubt, OrderInDoubt)
    assert doubt.order == request.order
    deal = second.deal()
    second.get_ready(epoch=1, opened=[deal])
    assert second.published() == [OrderOpened(request.order, deal)]


def test_the_successor_has_an_order_not_placed_that_the_venue_does_not_show(
    owner: Owner, clock: ManualClock
) -> None:
    first = WatchedOrderDesk(clock, journal=owner("h1"))
    first.get_ready()
    first.ask(7, BET)
    _, request = first.step()
    second = WatchedOrderDesk(clock, journal=owner("h2"))
    second.get_ready(epoch=1)
    assert second.quiet()
    second.advance(VERDICT_DELAY)
    assert second.published() == [OrderNotPlaced(request.order, BET.asset, BET.amount)]


def test_a_former_owner_does_not_say_that_a_journaled_order_was_not_sent(
    owner: Owner, clock: ManualClock
) -> None:
    first = WatchedOrderDesk(clock, journal=owner("h1"))
    first.get_ready()
    first.ask(7, BET)
    _, request = first.step()
    owner("h2")
    first.tell(request.failure(NotSent("its deadline passed")))
    name, answer = first.step()
    assert name == "router"
    assert isinstance(answer, Failure)
    assert isinstance(answer.exception, OrderUnknown)
    assert answer.exception.order == request.order


def test_an_order_leaves_before_the_lease_ends_or_not_at_all(owner: Owner, clock: ManualClock) -> None:
    desk = WatchedOrderDesk(clock, journal=owner("h1"))
    desk.get_ready()
    clock.advance(LEASE - 3.0)
    desk.ask(7, BET)
    _, request = desk.step()
    assert isinstance(request, Request)
    assert request.expires_at == clock() + 3.0


def test_while_the_engine_is_away_orders_are_not_sent_and_later_ones_are(
    clock: ManualClock, tmp_path: Path, engine_server: EngineServer
) -> None:
    """What was put back after a failure is no new intent, also if the engine has executed it after all."""
    with closing(Engine(parse_address(engine_server.url), 0.5)) as engine:
        engine.prepare()
        tenure = Tenure("d", engine.acquire("d", "h1", LEASE).epoch, clock() + LEASE)
        local = SqliteJournal(tmp_path / "h1.sqlite", ACCOUNT)
        with closing(ClusterJournal(engine, tenure, local, clock)) as journal:
            desk = WatchedOrderDesk(clock, journal=journal)
            desk.get_ready()
            assert desk.quiet()
            engine_server.stop()
            desk.ask(7, BET)
            assert isinstance(desk.error(7), NotSent)
            engine_server.thaw()
            sent = [order_of(desk, 8, BET), order_of(desk, 9, OTHER_BET)]
            assert desk.quiet()
            engine_server.kill()
            desk.ask(10, structs.replace(BET, amount=Decimal(3)))
            assert isinstance(desk.error(10), NotSent)
            assert desk.quiet()  # nothing leaves
            engine_server.start()
            sent.append(order_of(desk, 11, structs.replace(BET, amount=Decimal(4))))
            pykka.ActorRegistry.stop_all()
        unfinished = [msgspec.json.decode(data, type=Order).id for data in engine.orders("d", 0.0)]
        assert unfinished == sent


def order_of(desk: WatchedOrderDesk, waiter: int, command: PlaceOrder) -> str:
    """The order of ``command``, which leaves."""
    desk.ask(waiter, command)
    name, request = desk.step()
    assert name == "outbound"
    return str(request.order)
