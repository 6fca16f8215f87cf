"""Ticks sent twice or in the wrong order, as the client and the ledger see them."""

import pytest

from actors.errors import RequestRefused
from runtime.practice import PracticeExchange
from runtime.practice.server.clock import UTC_OFFSET
from tests.doubles.exchange_client import Client


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
