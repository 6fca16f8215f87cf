"""Ticks sent twice or in the wrong order, and that the ledger owns up to it."""

import pytest

from actors.errors import RequestRefused
from runtime.practice import PracticeExchange
from runtime.practice.faults.board import ActiveFaults
from runtime.practice.faults.tick import Duplicate, Reorder, TickFaults
from runtime.practice.market.quotes import QuotedPrice
from runtime.practice.server.clock import UTC_OFFSET
from tests.doubles.exchange_client import Client

FIRST, SECOND, THIRD, FOURTH = (QuotedPrice(float(number), 1.0) for number in range(4))


def test_a_duplicate_is_sent_twice_at_once() -> None:
    board = ActiveFaults()
    faults = TickFaults(board)
    board.add(Duplicate())
    assert faults.apply("A", FIRST) == (FIRST, FIRST)
    assert faults.apply("A", SECOND) == (SECOND,)


def test_a_late_tick_comes_right_behind_the_next_of_its_asset() -> None:
    board = ActiveFaults()
    faults = TickFaults(board)
    board.add(Reorder(count=2))
    assert faults.apply("A", FIRST) == ()
    assert faults.apply("B", THIRD) == ()
    assert faults.apply("A", SECOND) == (SECOND, FIRST)
    assert faults.apply("B", FOURTH) == (FOURTH, THIRD)
    assert faults.apply("A", THIRD) == (THIRD,)


def test_a_client_gets_them_as_the_ledger_says(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        exchange.fault("duplicate", count=2)
        exchange.fault("reorder")
        client.emit("subfor", "EURUSD_otc")
        times = [stamp for _, stamp, _ in client.ticks(8)]
    first, second, third, fourth, fifth, sixth = sorted(set(times))
    assert times == [first, first, second, second, fourth, third, fifth, sixth]
    sent = [tick.time + UTC_OFFSET for tick in exchange.ledger.ticks()]
    assert sent[:8] == pytest.approx(times, abs=1e-5)


def test_ticks_are_disturbed_until_it_is_called_off(exchange: PracticeExchange) -> None:
    exchange.fault("duplicate", count=None)
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", "EURUSD_otc")
        times = [stamp for _, stamp, _ in client.ticks(10)]
        assert len(set(times)) == 5
        exchange.calm()
        client.fence()
        times = [stamp for _, stamp, _ in client.ticks(10)]
        assert len(set(times)) == 10


def test_a_number_below_one_is_refused(exchange: PracticeExchange) -> None:
    with pytest.raises(RequestRefused):
        exchange.fault("reorder", count=0)
