"""Commands that are not what their classes say."""

import functools
import math
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from actors.messages import commands
from actors.messages.commands import (
    AwaitResult,
    CancelPendingOrder,
    CheckTopic,
    Command,
    Connect,
    Disconnect,
    GetAssets,
    GetBalance,
    GetClosedDeals,
    GetOpenedDeals,
    GetPayout,
    GetPendingOrders,
    GetServerTime,
    GetStatus,
    Halt,
    LoadCandles,
    LoadTicks,
    PendingCommand,
    PlaceOrder,
    PlacePendingOrder,
    Restart,
    Resume,
    SendRaw,
    SettleOrder,
    Subscribe,
    SubscribeCandles,
    SubscribeTicks,
    TradingCommand,
    Unsubscribe,
    UnsubscribeCandles,
    UnsubscribeTicks,
    WithdrawRaw,
)
from actors.routing.validation import problem
from actors.values import Direction


async def _coroutine(*_: Any) -> None:
    """Nobody would await it."""


async def _generator(_: Any) -> AsyncIterator[None]:
    yield


class _Handler:
    async def __call__(self, _: Any) -> None: ...

    async def handle(self, _: Any) -> None: ...


SOUND: list[Command] = [
    Subscribe("tick.", to=print, batch=True),
    Unsubscribe("tick.", to=print),
    CheckTopic("tick.EURUSD"),
    SubscribeTicks("EURUSD", 2**63 - 1),
    UnsubscribeTicks("EURUSD"),
    SubscribeCandles("EURUSD", 60, history=10),
    UnsubscribeCandles("EURUSD", ticks=100),
    LoadCandles("EURUSD", 60, 5, end=1_700_000_000),
    LoadTicks("EURUSD", 60, end=1_700_000_000.5),
    GetBalance(),
    GetAssets(deadline=math.inf),
    GetPayout("EURUSD"),
    GetServerTime(deadline=-1),
    SendRaw("héllo \N{SNOWMAN} \N{WINKING FACE}"),
    SendRaw('42["x"]', connection="connection-1", each_login=True),
    WithdrawRaw('42["x"]'),
    GetStatus(deadline=0.5),
    Restart("worker-1"),
    Disconnect("lunch"),
    Connect(),
    PlaceOrder("EURUSD", Decimal("1.50"), Direction.CALL, 60),
    AwaitResult("1"),
    PlacePendingOrder("EURUSD", Decimal(1), Direction.PUT, 60, open_price=1.5),
    CancelPendingOrder("1"),
    GetOpenedDeals(),
    GetClosedDeals(),
    GetPendingOrders(),
    Halt("for lunch"),
    Resume(),
    SettleOrder("o1", opened=True, reason="seen on the page"),
]
"""One of every kind; some are odd, but right."""


class _Odd(float):
    """As numpy's are."""


ANY: Any = LoadCandles


@pytest.mark.parametrize("command", SOUND, ids=lambda command: type(command).__name__)
def test_a_sound_command_passes(command: Command) -> None:
    assert problem(command) == ""


def test_every_kind_of_command_has_its_rules() -> None:
    kinds = {kind for kind in vars(commands).values() if isinstance(kind, type) and issubclass(kind, Command)}
    assert kinds - {Command, TradingCommand, PendingCommand} == {type(command) for command in SOUND}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (SubscribeTicks("EURUSD", "60"), "period must be a whole number"),  # type: ignore[arg-type]
        (ANY("EURUSD", 60, count="5"), "count must be a whole number"),
        (ANY("EURUSD", 60.5), "period must be a whole number"),
        (ANY("EURUSD", True), "period must be a whole number"),
        (ANY("EURUSD", 2**63), "period must be a whole number of at most 64 bits"),
        (
            ANY("EURUSD", 60, end="now"),
            "end must be a time in Unix seconds, a datetime with a time zone, or None",
        ),
        (
            ANY("EURUSD", 60, end=math.inf),
            "end must be a time in Unix seconds, a datetime with a time zone, or None",
        ),
        (
            ANY("EURUSD", 60, end=_Odd(math.inf)),
            "end must be a time in Unix seconds, a datetime with a time zone, or None",
        ),
        (
            ANY("EURUSD", 60, end="now"),
            "end must be a time in Unix seconds, a datetime with a time zone, or None, not 'now'",
        ),
        (
            SubscribeTicks(["A", "B"]),  # type: ignore[arg-type]
            "asset must be text that has a UTF-8 form, not list: send one command for each",
        ),
        (GetPayout(None), "asset must be text that has a UTF-8 form, not None"),  # type: ignore[arg-type]
        (SendRaw(b"42[secret]"), "text must be text that has a UTF-8 form, not bytes"),  # type: ignore[arg-type]
        (CancelPendingOrder(""), "ticket must not be empty"),
        (LoadTicks("EURUSD", count=1.5), "count must be a whole number of at most 64 bits, or None"),  # type: ignore[arg-type]
        (GetPayout(["EURUSD"]), "asset must be text"),  # type: ignore[arg-type]
        (GetAssets(deadline="5"), "deadline must be a number of seconds"),  # type: ignore[arg-type]
        (GetAssets(deadline=_Odd(math.nan)), "deadline must be a number of seconds"),
        (GetAssets(deadline=math.nan), "deadline must be a number of seconds"),
        (GetAssets(deadline=-math.inf), "deadline must be a number of seconds"),
        (GetAssets(deadline=10**400), "deadline must be a number of seconds"),
        (SendRaw("\ud800"), "text must be text that has a UTF-8 form"),
        (Halt("\udfff"), "reason must be text that has a UTF-8 form"),
        (PlaceOrder("EURUSD", 1, Direction.CALL, 2**64), "duration must be a whole number"),
        (Subscribe("", to=5), "to must be a callable or an actor"),  # type: ignore[arg-type]
        (Subscribe("", to=_coroutine), "to must be a callable or an actor, and no coroutine function"),
        (Subscribe("", to=_generator), "to must be a callable or an actor, and no coroutine function"),
        (Subscribe("", to=functools.partial(_coroutine, 1)), "to must be a callable or an actor, and no"),
        (Subscribe("", to=_Handler()), "to must be a callable or an actor, and no coroutine function"),
        (Subscribe("", to=_Handler().handle), "to must be a callable or an actor, and no coroutine function"),
        (Unsubscribe("", to=_coroutine), "to must be a callable or an actor, and no coroutine function"),
        (Subscribe("", to=print, batch=1), "batch must be true or false"),  # type: ignore[arg-type]
    ],
)
def test_what_is_wrong_is_named_by_field_and_rule(command: Command, said: str) -> None:
    assert problem(command).startswith(said)
