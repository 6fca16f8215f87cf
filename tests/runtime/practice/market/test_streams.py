"""Live ticks: which client gets which, at what rate, and that the ledger agrees with the client."""

import time

import pytest

from runtime.practice import PracticeExchange, PracticeSettings
from runtime.practice.server.clock import UTC_OFFSET
from tests.doubles.exchange_client import DEADLINE, Client

ASSETS = ["EURUSD_otc", "AUDCAD_otc", "GBPUSD_otc", "#AAPL_otc", "BTCUSD_otc"]


def test_ticks_come_one_a_frame_on_the_venues_clock(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", "EURUSD_otc")
        rows = client.until("updateStream")
        [(asset, stamp, price)] = rows
    assert asset == "EURUSD_otc"
    assert abs(stamp - UTC_OFFSET - time.time()) < 1
    assert price == round(price, 5)


def test_ticks_come_at_the_rate_that_was_set(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", "EURUSD_otc")
        times = [stamp for _, stamp, _ in client.ticks(20)]
        assert times[-1] - times[0] == pytest.approx(19 / 100, abs=0.01)
        exchange.set_tick_rate(500)
        client.fence()
        times = [stamp for _, stamp, _ in client.ticks(50)]
        assert times[-1] - times[0] == pytest.approx(49 / 500, abs=0.002)


@pytest.mark.parametrize("name", ["subfor", "subscribeSymbol"])
@pytest.mark.parametrize("end", ["unsubfor", "unSubscribeSymbol"])
def test_a_stream_runs_from_its_subscription_to_its_end(
    exchange: PracticeExchange, name: str, end: str
) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit(name, "EURUSD_otc")
        client.ticks(2)
        client.emit(end, "EURUSD_otc")
        client.fence()
        client.emit("subfor", "AUDCAD_otc")
        assert {asset for asset, _, _ in client.ticks(5)} == {"AUDCAD_otc"}


def test_the_fifth_asset_takes_the_place_of_the_oldest(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        for asset in ASSETS[:4]:
            client.emit("changeSymbol", {"asset": asset, "period": 60})
        client.emit("subfor", ASSETS[0])  # subscribed anew, it is the youngest
        client.emit("subfor", ASSETS[4])
        client.fence()
        seen: set[str] = set()
        while len(seen) < 4:  # on a busy machine the ticks of one asset come in a rush
            seen |= {asset for asset, _, _ in client.ticks(40)}
        assert seen == set(ASSETS) - {ASSETS[1]}


def test_the_cap_can_be_set() -> None:
    settings = PracticeSettings(tick_rate=100, streams_per_connection=1)
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        for asset in ASSETS[:2]:
            client.emit("subfor", asset)
        client.fence()
        assert {asset for asset, _, _ in client.ticks(10)} == {ASSETS[1]}


def test_all_sockets_get_the_same_ticks(exchange: PracticeExchange) -> None:
    first, second = exchange.regions
    with Client(first.url) as one, Client(second.url) as other:
        for client in (one, other):
            client.login(exchange.session).emit("subfor", "EURUSD_otc")
        theirs = other.ticks(20)
        ours = one.ticks(20)
        while ours[-1][1] < theirs[-1][1]:
            ours.extend(one.ticks(1))
    assert set(theirs) <= set(ours)


def test_a_resting_market_has_a_history_but_no_ticks(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("changeSymbol", {"asset": "#AAPL", "period": 60})
        assert client.until("updateHistoryNewFast")["candles"]
        client.emit("subfor", "EURUSD_otc")
        assert {asset for asset, _, _ in client.ticks(20)} == {"EURUSD_otc"}


def test_the_ledger_has_the_ticks_that_the_client_received(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        for asset in ASSETS[:3]:
            client.emit("subfor", asset)
        rows = client.ticks(50)
        exchange.mute()
        rows += [tuple(row) for _, payload in client.fence() for row in payload]
    sent = exchange.ledger.ticks()
    assert [(asset, stamp - UTC_OFFSET, price) for asset, stamp, price in rows] == [tick[1:] for tick in sent]
    assert {tick.socket for tick in sent} == {1}
    assert exchange.ledger.tick_count == len(sent)
    assert exchange.ledger.ticks(ASSETS[0]) == [tick for tick in sent if tick.asset == ASSETS[0]]


def test_muted_assets_send_no_ticks_while_the_others_do(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        for asset in ASSETS[:2]:
            client.emit("subfor", asset)
        client.fence()
        exchange.mute(ASSETS[0])
        client.fence()
        assert {asset for asset, _, _ in client.ticks(20)} == {ASSETS[1]}
        exchange.unmute(ASSETS[0])
        client.fence()
        assert {asset for asset, _, _ in client.ticks(20)} == set(ASSETS[:2])


def test_all_assets_are_muted_where_none_is_named(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", ASSETS[0])
        client.ticks(1)
        exchange.mute()
        sent = exchange.ledger.tick_count
        assert not exchange.ledger.wait_until(lambda ledger: ledger.tick_count > sent, 0.1)
        exchange.unmute()
        assert exchange.ledger.wait_until(lambda ledger: ledger.tick_count > sent, DEADLINE)


def test_pings_go_on_while_all_assets_are_mute() -> None:
    settings = PracticeSettings(tick_rate=100, ping_interval=0.05, ps_timeout=0.4)
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", "EURUSD_otc")
        exchange.mute()
        client.fence()
        assert client.frame() == "closed"
        assert client.pings > 3


def test_thousands_of_ticks_a_second_lose_none(exchange: PracticeExchange) -> None:
    exchange.set_tick_rate(1000)
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        for asset in ASSETS[:4]:
            client.emit("subfor", asset)
        rows = client.ticks(2000)
    sent = [(tick.asset, tick.time + UTC_OFFSET, tick.price) for tick in exchange.ledger.ticks()]
    assert rows == sent[: len(rows)]
    for asset in ASSETS[:4]:
        times = [stamp for symbol, stamp, _ in rows if symbol == asset]
        assert times[-1] - times[0] == pytest.approx((len(times) - 1) / 1000, abs=0.01)
