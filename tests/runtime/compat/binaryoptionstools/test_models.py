"""``Trade``: a dict whose keys are attributes too."""

import copy

import pytest

from runtime.compat.binaryoptionstools import Trade


def test_a_trade_is_a_dict_with_attributes() -> None:
    trade = Trade({"id": "7", "profit": "0.92", "openPrice": "1.5"})
    assert (trade.id, trade.openPrice, trade["profit"], trade.profit) == ("7", "1.5", "0.92", 0.92)
    assert trade.to_dict() == {"id": "7", "profit": "0.92", "openPrice": "1.5"}
    assert type(trade.to_dict()) is dict
    assert copy.copy(trade) == trade
    with pytest.raises(AttributeError, match="closePrice"):
        _ = trade.closePrice


@pytest.mark.parametrize("result", ["win", "loss", "draw"])
def test_a_settled_trade_says_how_it_ended(result: str) -> None:
    trade = Trade({"result": result})
    assert (trade.result, trade.is_settled) == (result, True)
    assert [trade.is_win, trade.is_loss, trade.is_draw] == [
        result == each for each in ("win", "loss", "draw")
    ]


def test_an_open_trade_has_no_result() -> None:
    trade = Trade({})
    assert (trade.result, trade.profit, trade.is_settled, trade.is_win) == (None, None, False, False)
