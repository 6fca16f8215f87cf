from decimal import Decimal

import pytest

from actors.errors import RequestRefused
from actors.messages.commands import (
    Command,
    GetAssets,
    GetBalance,
    GetPayout,
    GetStatus,
    LoadCandles,
    PlaceOrder,
    SendRaw,
    Subscribe,
    SubscribeTicks,
    Unsubscribe,
    UnsubscribeTicks,
)
from actors.values import Direction


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


@pytest.mark.parametrize("amount", ["1e999999", "1e-999999", "0e-999999", "1." + "1" * 60])
def test_an_amount_whose_digits_would_fill_a_log_is_refused_in_a_short_sentence(amount: str) -> None:
    with pytest.raises(RequestRefused, match=r"^the amount has more than 60 digits$"):
        PlaceOrder("EURUSD_otc", Decimal(amount), Direction.CALL, 60)
