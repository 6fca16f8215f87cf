"""What crosses the link between a worker and the main process."""

import math
from decimal import Decimal
from typing import Any, get_args, get_origin

import msgspec
import pytest

from actors.errors import RateLimited
from actors.messages import events
from actors.messages.commands import (
    CancelPendingOrder,
    LoadCandles,
    LoadTicks,
    PlaceOrder,
    PlacePendingOrder,
    SendRaw,
    SubscribeTicks,
    UnsubscribeTicks,
    VenueCommand,
)
from actors.messages.traffic import (
    Downlink,
    EventBatch,
    Failure,
    Item,
    ReplyTo,
    Request,
    Response,
    Send,
    TicksLoaded,
    Uplink,
)
from actors.messages.workers import (
    LeaseExtended,
    LogRecord,
    SetLogLevel,
    StartLife,
    StopConnection,
    StopWorker,
    UseSettings,
    UseTaps,
)
from actors.values import Direction, Life, Region
from tests.doubles.message_samples import CANARY, CANDLE, EVENTS, SETTINGS, TICK
from tests.doubles.tick_columns import columns


def over_the_link(message: Any, receives: Any) -> Any:
    return msgspec.msgpack.Decoder(receives).decode(msgspec.msgpack.Encoder().encode(message))


ITEMS: list[Any] = [
    *(event for event, _ in EVENTS.values()),
    columns(TICK, TICK),
    columns(TICK, msgspec.structs.replace(TICK, asset="B"), TICK),
    Response(7),
    Response(7, events.CandlesLoaded("A", 60, [CANDLE, CANDLE])),
    Response(7, TicksLoaded("A", [1.5, 2.0], [1.1, 1.2])),
    Response(7, events.StreamConfirmed("A", 60, "c1", 2)),
    Response(7, Life("c1", 2)),
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


def test_an_unknown_log_level_is_refused_at_the_link() -> None:
    with pytest.raises(msgspec.ValidationError):
        over_the_link(SetLogLevel("LOUD"), Downlink)  # type: ignore[arg-type]


REQUESTS = [
    Request(1, SubscribeTicks("EURUSD_otc", 300, deadline=5.0), 1000.5, connection="c1", urgent=True),
    Request(0, SubscribeTicks("EURUSD_otc"), math.inf, reply_to=ReplyTo.NONE),
    Request(2, UnsubscribeTicks("EURUSD_otc"), 1.0),
    Request(3, LoadCandles("EURUSD_otc", 60, 100, 1_770_000_000.5), 1.0, reply_to=ReplyTo.CANDLES),
    Request(8, LoadTicks("EURUSD_otc", 60.0, end=2000.5), 1.0, reply_to=ReplyTo.CANDLES),
    Request(4, SendRaw('42["x",{"ä":"\\u0000"}]'), 1.0),
    Request(5, PlaceOrder("EURUSD_otc", Decimal("1.50"), Direction.PUT, 60), 1.0, urgent=True, order="o1"),
    Request(6, PlacePendingOrder("EURUSD_otc", Decimal(2), Direction.CALL, 60, open_at=2000.0), 1.0),
    Request(7, CancelPendingOrder("t1"), 1.0),
]
MESSAGES: list[Any] = [
    UseSettings(SETTINGS),
    StartLife("c1", 3, Region("EU", "wss://eu.example/socket.io/?EIO=4", 2)),
    UseTaps(("c1", "*")),
    StopConnection("c1"),
    StopWorker(),
    SetLogLevel("DEBUG"),
    LeaseExtended(1234.5),
    Send("c1", 1, REQUESTS),
]


def test_every_message_to_a_worker_and_every_command_for_the_venue_is_tried() -> None:
    assert {type(message) for message in MESSAGES} == set(get_args(Downlink))
    assert {type(request.command) for request in REQUESTS} == set(get_args(VenueCommand))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_way_to_a_worker(message: Any) -> None:
    arrived = over_the_link(message, Downlink)
    assert arrived == message
    assert type(arrived) is type(message)


def test_a_secret_arrives_whole_and_is_hidden_there_too() -> None:
    arrived = over_the_link(MESSAGES[0], Downlink)
    assert arrived.settings.secret.value == CANARY
    assert CANARY not in repr(arrived)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_to_a_worker_is_refused_by_the_main_process(message: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        over_the_link(message, Uplink)
