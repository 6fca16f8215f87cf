import importlib
import math
import pkgutil
from collections.abc import Iterator
from decimal import Decimal
from types import ModuleType
from typing import Any, get_args, get_origin

import msgspec
import pytest
import rich.pretty

import actors.messages
import actors.values
from actors.errors import RateLimited
from actors.messages import events
from actors.messages.commands import (
    CancelPendingOrder,
    Command,
    GetAssets,
    GetBalance,
    GetPayout,
    GetStatus,
    LoadCandles,
    PlaceOrder,
    PlacePendingOrder,
    SendRaw,
    Subscribe,
    SubscribeTicks,
    Unsubscribe,
    UnsubscribeTicks,
    VenueCommand,
)
from actors.messages.events import Event
from actors.messages.traffic import (
    Downlink,
    EventBatch,
    Failure,
    Item,
    ReplyTo,
    Request,
    Response,
    Send,
    Uplink,
)
from actors.messages.workers import (
    ConnectionSettings,
    LogRecord,
    SetLogLevel,
    StartConnection,
    StopConnection,
    StopWorker,
)
from actors.values import (
    AccountKind,
    Asset,
    Balance,
    Candle,
    Deal,
    Direction,
    Life,
    PendingOrder,
    Region,
    Secret,
    Tick,
)
from tests.doubles.tick_columns import columns

CANARY = "canary-51d"

ASSET = Asset(
    1, "EURUSD_otc", "EUR/USD OTC", "currency", 5, 92, True, True, 60, (60, 300), None, 1_770_000_000
)
CANDLE = Candle(1_770_000_000, 1.1, 1.3, 1.0, 1.2, None)
TICK = Tick("EURUSD_otc", 1_770_000_000.123, 1.10005, 1_770_000_000.2)
REPORT = events.StreamReport(10, 1.0, 2.0, 1.1, 3.0)

DEAL = Deal(
    id="d1",
    asset="EURUSD_otc",
    direction=Direction.CALL,
    amount=Decimal("1.50"),
    opened_at=1000.5,
    closes_at=1060.0,
    open_price=1.07,
    payout=92,
    account=AccountKind.DEMO,
    close_price=1.08,
    profit=Decimal("1.38"),
)
PENDING = PendingOrder("t1", "EURUSD_otc", Direction.PUT, Decimal(2), 60, 80, open_at=2000)
EVENTS: dict[type[Event], tuple[Event, str]] = {
    type(event): (event, topic)
    for event, topic in [
        (events.CandlesLoaded("EURUSD_otc", 60, [CANDLE]), "candles.EURUSD_otc"),
        (events.CandlesProgress("EURUSD_otc", 60, 150, 1000), "progress.EURUSD_otc"),
        (events.AssetsListed([ASSET]), "assets"),
        (events.BalanceChanged(Balance(AccountKind.DEMO, Decimal("1000.10"))), "balance"),
        (events.RawMessage("updateSomething", '{"a":1}'), "raw.updateSomething"),
        (events.ConnectionUp("c1", 2, "EU"), "connection.up"),
        (events.ConnectionDown("c1", 2, "EU", "cut", was_ready=True, terminal=True), "connection.down"),
        (events.ConnectionSuspect("c1", 2, "silent"), "connection.suspect"),
        (
            events.ConnectionReport("c1", 2, "EU", "ready", 9, 8, 7, 6, 5, None, {"A": REPORT}, 99.0, 0.2),
            "report.connection",
        ),
        (events.ClockReport(-0.25), "report.clock"),
        (events.Heartbeat("w1", 4711, 1.5, 1 << 33), "report.worker"),
        (events.WorkerUp("w1", 4711), "worker.up"),
        (events.WorkerDown("w1", 4711, "killed"), "worker.down"),
        (events.ActorRestarted("c1", 3, "cut"), "actor.restarted"),
        (events.ActorQuarantined("c1", "refused", auth=True), "actor.quarantined"),
        (events.StreamPlaced("EURUSD_otc", 60, "c1", 2, 0.0), "stream.placed"),
        (events.StreamConfirmed("EURUSD_otc", 60, "c1", 2), "stream.confirmed"),
        (events.StreamDropped("EURUSD_otc"), "stream.dropped"),
        (events.StreamReleased("EURUSD_otc", "c1"), "stream.released"),
        (events.StreamMoves("EURUSD_otc", "c1", 2, "c2", 1, True), "stream.moves"),
        (events.OrderOpened("o1", DEAL), "order.opened"),
        (events.OrderRefused("o1", "EURUSD_otc", Decimal("1.50"), "notMoney"), "order.refused"),
        (events.OrderInDoubt("o1", "EURUSD_otc", Decimal("1.50"), "cut"), "order.unknown"),
        (events.OrderNotPlaced("o1", "EURUSD_otc", Decimal("1.50")), "order.not_placed"),
        (events.OrderClosed(DEAL), "order.closed"),
        (events.OrderOrphan(DEAL), "order.orphan"),
        (events.PendingOrdersListed([PENDING]), "order.pending"),
        (events.TradingHalted("enough"), "trading.halted"),
        (events.TradingResumed(), "trading.resumed"),
        (events.DealAccepted("c1", "o1", DEAL), "desk.accepted"),
        (events.DealRefused("c1", "o1", "EURUSD_otc", "notMoney"), "desk.refused"),
        (events.DealsOpen("c1", 2, [DEAL]), "desk.open"),
        (events.DealsClosed("c1", 2, [DEAL], listed=True), "desk.closed"),
        (events.PendingAnswered("c1", order=PENDING), "desk.pending"),
        (events.StreamStale("EURUSD_otc", 12.5, "resubscribe", "no tick"), "stream.stale"),
        (events.StreamGap("EURUSD_otc", 1.0, 2.0, "cut", "c1", 60), "stream.gap"),
        (events.StreamRecovered("EURUSD_otc", "c1", 1.0, 2.0, 1, ((1.0, 1.5),), "none"), "stream.recovered"),
        (events.Lagged("subscriber tick.", 12), "lag.ticks"),
        (events.CommandFailed("SubscribeTicks", "NotSent: late"), "command.failed"),
        (events.ConfigReloaded(["limits.messages"]), "config.reloaded"),
        (events.ConfigRefused(["a.yaml:3:1: limits: is wrong"]), "config.refused"),
    ]
}
"""One of each kind of event, and where it is published."""

SETTINGS = ConnectionSettings(
    venue="pocketoption",
    secret=Secret(CANARY),
    origin="https://example.com",
    headers={"User-Agent": "x"},
    ssl_verify=True,
    open_timeout=10.0,
    close_timeout=1.0,
    ping_interval=20.0,
    ping_timeout=10.0,
    keep_alive_interval=20.0,
    inbound_linger=0.0,
    max_message_size=1 << 24,
)


def structs(package: ModuleType) -> Iterator[type[msgspec.Struct]]:
    modules = [package]
    if hasattr(package, "__path__"):
        names = [module.name for module in pkgutil.iter_modules(package.__path__)]
        modules += [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, msgspec.Struct) and value is not msgspec.Struct:
                yield value


ALL_STRUCTS = sorted({*structs(actors.values), *structs(actors.messages)}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", ALL_STRUCTS, ids=lambda kind: kind.__name__)
def test_every_value_and_message_is_frozen(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.frozen


@pytest.mark.parametrize(
    "kind",
    [kind for kind in ALL_STRUCTS if kind.__struct_config__.gc is False],
    ids=lambda kind: kind.__name__,
)
def test_what_the_garbage_collector_does_not_see_holds_nothing_that_could_be_a_cycle(
    kind: type[msgspec.Struct],
) -> None:
    plain = {int, float, str, bool, type(None)}
    for field in msgspec.structs.fields(kind):
        assert {field.type, *get_args(field.type)} & plain
        assert set(get_args(field.type)) <= plain


# -- topics --------------------------------------------------------------------------------------------


def test_every_kind_of_event_is_published_somewhere() -> None:
    assert set(EVENTS) == set(events.EVENTS)


@pytest.mark.parametrize(("event", "topic"), EVENTS.values(), ids=lambda value: getattr(value, "topic", ""))
def test_an_events_topic_is_its_promised_address(event: Event, topic: str) -> None:
    assert event.topic == topic


def test_a_message_with_a_connection_and_an_epoch_has_a_life() -> None:
    named = {kind for kind in ALL_STRUCTS if {"connection", "epoch"} <= {*kind.__struct_fields__}}

    assert {kind for kind in ALL_STRUCTS if hasattr(kind, "life")} == named
    assert events.ConnectionUp("c1", 2, "EU").life == Life("c1", 2)
    assert events.StreamMoves("EURUSD_otc", "c1", 2, "c2", 1, True).target_life == Life("c2", 1)


def test_a_ticks_topic_names_its_asset() -> None:
    assert TICK.topic == "tick.EURUSD_otc"


def test_no_kind_of_event_is_heard_by_those_who_listen_to_another() -> None:
    # Where a topic has a name in it, only what stands before the name is the kind's own.
    own = [topic.removesuffix("EURUSD_otc").removesuffix("updateSomething") for _, topic in EVENTS.values()]
    own.append("tick.")
    assert len(own) == len(set(own))
    clashes = [(one, other) for one in own for other in own if one != other and one.startswith(other)]
    assert clashes == []


# -- the public commands -------------------------------------------------------------------------------


def test_the_commands_are_written_as_the_documentation_shows() -> None:
    assert Subscribe("tick.EURUSD_otc", to=print) == Subscribe(topic="tick.EURUSD_otc", to=print, batch=False)
    assert Unsubscribe("tick.", to=print).topic == "tick."
    assert SubscribeTicks("EURUSD_otc").period == 60
    assert UnsubscribeTicks("EURUSD_otc").asset == "EURUSD_otc"
    candles = LoadCandles("EURUSD_otc", period=60, count=50, deadline=3.0)
    assert (candles.asset, candles.period, candles.count, candles.end, candles.deadline) == (
        "EURUSD_otc",
        60,
        50,
        None,
        3.0,
    )
    assert GetPayout("EURUSD_otc").asset == "EURUSD_otc"
    assert SendRaw("42[]").text == "42[]"
    for kind in (GetAssets, GetBalance, GetStatus):
        assert isinstance(kind(), Command)


def test_a_deadline_is_never_taken_for_another_argument() -> None:
    with pytest.raises(TypeError):
        GetPayout("EURUSD_otc", 5.0)  # type: ignore[call-arg]


def test_equal_values_are_equal_and_others_are_not() -> None:
    assert Tick("A", 1.0, 2.0, 3.0) == Tick("A", 1.0, 2.0, 3.0) != Tick("B", 1.0, 2.0, 3.0)
    assert SubscribeTicks("A", 60, deadline=1.0) != SubscribeTicks("A", 60, deadline=2.0)
    assert len({SubscribeTicks("A"), SubscribeTicks("A"), SubscribeTicks("A", 300)}) == 2


# -- secrets -------------------------------------------------------------------------------------------


def test_a_secret_is_hidden_however_it_is_printed() -> None:
    secret = Secret(CANARY)
    start = StartConnection("c1", 1, Region("EU", "wss://eu.example"), SETTINGS)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r}", "%s" % secret]  # noqa: UP031
    shown += [repr([secret]), repr(SETTINGS), repr(start), str(start)]
    assert CANARY not in "".join(shown)
    assert secret.value == CANARY


def test_a_secret_is_hidden_in_errors_that_name_its_message() -> None:
    with pytest.raises(TypeError) as caught:
        msgspec.structs.replace(SETTINGS, nonsense=1)
    assert CANARY not in str(caught.value)
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.msgpack.decode(msgspec.msgpack.encode(SETTINGS), type=StopConnection)
    assert CANARY not in str(refused.value)


def test_a_secret_is_hidden_from_rich() -> None:
    assert CANARY not in rich.pretty.pretty_repr(Secret(CANARY))
    assert CANARY not in rich.pretty.pretty_repr(SETTINGS)


# -- over the links ------------------------------------------------------------------------------------


def over_the_link(message: Any, receives: Any) -> Any:
    return msgspec.msgpack.Decoder(receives).decode(msgspec.msgpack.Encoder().encode(message))


ITEMS: list[Any] = [
    *(event for event, _ in EVENTS.values()),
    columns(TICK, TICK),
    columns(TICK, msgspec.structs.replace(TICK, asset="B"), TICK),
    Response(7),
    Response(7, events.CandlesLoaded("A", 60, [CANDLE, CANDLE])),
    Response(7, events.StreamConfirmed("A", 60, "c1", 2)),
    Response(7, reply_to=ReplyTo.CANDLES),
    Failure.of(7, RateLimited("later", 1.5)),
]


def test_every_item_of_a_batch_is_tried() -> None:
    assert {type(item) for item in ITEMS} == {get_origin(kind) or kind for kind in get_args(Item)}


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: type(item).__name__)
def test_an_item_survives_the_way_to_the_main_process(item: Any) -> None:
    arrived = over_the_link(EventBatch("c1", [item]), Uplink)
    assert arrived == EventBatch("c1", [item])
    assert type(arrived.items[0]) is type(item)


def test_a_batch_keeps_its_order() -> None:
    assert over_the_link(EventBatch("c1", ITEMS), Uplink) == EventBatch("c1", ITEMS)


def test_a_log_record_survives_the_way_to_the_main_process() -> None:
    record = LogRecord("worker-1", 1000.25, "WARNING", "actors.engine.actor:86", "héard", ("Traceback", "x"))
    assert over_the_link(record, Uplink) == record


def test_a_level_that_is_none_is_refused_at_the_link() -> None:
    with pytest.raises(msgspec.ValidationError):
        over_the_link(SetLogLevel("LOUD"), Downlink)  # type: ignore[arg-type]


REQUESTS = [
    Request(1, SubscribeTicks("EURUSD_otc", 300, deadline=5.0), 1000.5, connection="c1", urgent=True),
    Request(0, SubscribeTicks("EURUSD_otc"), math.inf, reply_to=ReplyTo.NOBODY),
    Request(2, UnsubscribeTicks("EURUSD_otc"), 1.0),
    Request(3, LoadCandles("EURUSD_otc", 60, 100, 1_770_000_000.5), 1.0, reply_to=ReplyTo.CANDLES),
    Request(4, SendRaw('42["x",{"ä":"\\u0000"}]'), 1.0),
    Request(5, PlaceOrder("EURUSD_otc", Decimal("1.50"), Direction.PUT, 60), 1.0, urgent=True, order="o1"),
    Request(6, PlacePendingOrder("EURUSD_otc", Decimal(2), Direction.CALL, 60, open_at=2000.0), 1.0),
    Request(7, CancelPendingOrder("t1"), 1.0),
]
ORDERS: list[Any] = [
    StartConnection("c1", 3, Region("EU", "wss://eu.example/socket.io/?EIO=4", 2), SETTINGS),
    StopConnection("c1"),
    StopWorker(),
    SetLogLevel("DEBUG"),
    Send("c1", 1, REQUESTS),
]


def test_every_message_to_a_worker_and_every_command_for_the_venue_is_tried() -> None:
    assert {type(order) for order in ORDERS} == set(get_args(Downlink))
    assert {type(request.command) for request in REQUESTS} == set(get_args(VenueCommand))


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)
def test_an_order_survives_the_way_to_a_worker(order: Any) -> None:
    arrived = over_the_link(order, Downlink)
    assert arrived == order
    assert type(arrived) is type(order)


def test_a_secret_arrives_whole_and_is_hidden_there_too() -> None:
    arrived = over_the_link(ORDERS[0], Downlink)
    assert arrived.settings.secret.value == CANARY
    assert CANARY not in repr(arrived)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)
def test_what_is_for_workers_is_refused_by_the_main_process(order: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        over_the_link(order, Uplink)
