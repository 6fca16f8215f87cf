import importlib
import pkgutil
from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest
from msgspec import structs

import actors.messages
from actors import errors
from actors.errors import from_wire, to_wire
from actors.messages import commands
from actors.messages.commands import Command
from actors.values import AccountKind, Asset, Balance, Candle, Deal, Direction, Life, Outcome
from runtime.control.protocol import (
    ANSWERS,
    Ask,
    ControlRequest,
    ErrorMessage,
    FromGateway,
    FromPeer,
    ResponseMessage,
    answer_decoder,
    answered,
)

STAYS_HERE = {
    commands.Subscribe,
    commands.Unsubscribe,
    commands.TradingCommand,
    commands.PendingCommand,
}
"""Handlers stay in their process; the other two are parents of commands."""

ASSET = Asset(1, "EURUSD_otc", "EUR/USD OTC", "currency", 5, 92, True, True, 5, (60, 300))
DEAL = Deal(
    "d1",
    "EURUSD_otc",
    Direction.CALL,
    Decimal("1.50"),
    1.5,
    61.5,
    1.1,
    92,
    AccountKind.DEMO,
    1.2,
    Decimal("1.38"),
)


def over_the_wire(message: Any, receives: Any) -> Any:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(message), type=receives)


def descendants(kind: type[Command]) -> set[type[Command]]:
    return {kind for child in kind.__subclasses__() for kind in (child, *descendants(child))}


def test_every_command_travels_and_says_what_it_is_answered_with() -> None:
    for module in pkgutil.iter_modules(actors.messages.__path__):
        importlib.import_module(f"actors.messages.{module.name}")
    requests = set(get_args(ControlRequest))
    assert requests == set(ANSWERS)
    assert {request for request in requests if issubclass(request, Command)} == descendants(
        Command
    ) - STAYS_HERE


def test_an_order_arrives_with_its_types() -> None:
    order = commands.PlaceOrder("EURUSD_otc", Decimal("1.50"), Direction.PUT, 60, deadline=5.0)
    arrived = over_the_wire(Ask(3, order), FromPeer)
    assert arrived == Ask(3, order)
    assert arrived.request.amount == Decimal("1.50")
    assert arrived.request.direction is Direction.PUT


@pytest.mark.parametrize(
    ("command", "value"),
    [
        (commands.PlaceOrder, DEAL),
        (commands.GetClosedDeals, [DEAL, DEAL]),
        (commands.GetBalance, Balance(AccountKind.DEMO, Decimal("10.10"))),
        (commands.LoadCandles, [Candle(60, 1.0, 2.0, 0.5, 1.5, None)]),
        (commands.GetAssets, {ASSET.symbol: ASSET}),
        (commands.Resume, True),
        (commands.SendRaw, Life("connection-1", 2)),
    ],
)
def test_an_answer_arrives_with_its_types(command: type[Command], value: Any) -> None:
    message = over_the_wire(answered(7, value), FromGateway)
    assert isinstance(message, ResponseMessage)
    arrived = answer_decoder(command)(message.value)
    assert arrived == value
    assert type(arrived) is (ANSWERS[command] or type(None))
    if isinstance(arrived, Deal):
        assert arrived.outcome is Outcome.WIN


def test_the_fields_of_the_venue_travel_with_a_deal() -> None:
    raw = {"requestId": 18396039, "profit": 4.6, "copyTicket": "", "isCopySignal": False, "refundTime": None}
    message = over_the_wire(answered(7, structs.replace(DEAL, raw=raw, currency="USD")), FromGateway)
    arrived = msgspec.msgpack.decode(message.value, type=ANSWERS[commands.PlaceOrder])
    assert (arrived.raw, arrived.currency) == (raw, "USD")
    assert arrived == structs.replace(DEAL, currency="USD")


def test_an_answer_that_cannot_travel_is_an_error() -> None:
    message = over_the_wire(answered(7, object()), FromGateway)
    assert isinstance(message, ErrorMessage)
    assert type(from_wire(message.error)) is errors.RequestError


def test_an_error_message_arrives_as_what_it_was() -> None:
    error = to_wire(errors.RateLimited("wait", 2.5))
    assert over_the_wire(ErrorMessage(7, error), FromGateway) == ErrorMessage(7, error)
