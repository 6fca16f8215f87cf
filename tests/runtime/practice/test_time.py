"""The exchange's clock begins anywhere, runs faster, or moves by hand; what is due happens by it."""

import threading
import time
from collections.abc import Iterator

import pytest

from actors.errors import ConfigInvalid, RequestRefused
from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.exchange_client import Client
from tests.doubles.exchange_trader import place

START = 1_767_603_600.0  # 2026-01-05 09:00 UTC
ASSET = "EURUSD_otc"


@pytest.fixture
def still() -> Iterator[PracticeExchange]:
    with PracticeExchange(PracticeSettings(start=START, speed=0)) as running:
        yield running


def logged_in(exchange: PracticeExchange) -> Client:
    return Client(exchange.regions[0].url).login(exchange.session)


def test_time_stands_still_until_it_is_moved(still: PracticeExchange) -> None:
    assert still.now == START
    still.advance(90)
    assert still.now == START + 90
    with pytest.raises(RequestRefused, match="forwards"):
        still.advance(-1)


def test_two_runs_from_a_moment_have_the_same_ticks(still: PracticeExchange) -> None:
    with PracticeExchange(PracticeSettings(start=START, speed=0)) as other:
        runs = []
        for exchange in (still, other):
            with logged_in(exchange) as client:
                client.emit("subfor", ASSET)
                client.until("chafor")
                exchange.advance(300)
                runs.append([(tick.time, tick.price) for tick in exchange.ledger.ticks(ASSET)])
    assert runs[0] == runs[1]
    assert 598 <= len(runs[0]) <= 601
    assert runs[0][0][0] >= START
    assert runs[0][-1][0] <= START + 300


def test_a_deal_closes_when_the_clock_has_been_moved_past_its_end(still: PracticeExchange) -> None:
    with logged_in(still) as client:
        deal = place(client, time=3600)
        still.advance(3599)
        assert still.ledger.deals()[0].deal.profit is None
        still.advance(1)
        assert client.until("successcloseOrder")["deals"][0]["id"] == deal["id"]
    closed = still.ledger.deals()[0].deal
    assert closed.opened_at == START
    assert closed.closes_at == START + 3600
    assert still.ledger.balances()[-1].at == pytest.approx(START + 3600, abs=0.001)


def test_the_asset_table_changes_at_each_midnight_that_is_passed(still: PracticeExchange) -> None:
    with logged_in(still) as client:
        still.advance(2 * 86400)
        client.until("updateAssets")
        client.until("updateAssets")


def test_a_day_of_ticks_reaches_a_client_that_reads_them(still: PracticeExchange) -> None:
    with logged_in(still) as client:
        client.emit("subfor", ASSET)
        client.until("chafor")
        read: list[str | bytes] = []
        reader = threading.Thread(target=lambda: read.extend(client.frame() for _ in range(2 * 20_000)))
        reader.start()
        still.advance(10_001)
        reader.join(10)
    assert len(read) == 40_000


def test_a_clock_that_runs_is_not_moved() -> None:
    with PracticeExchange() as running, pytest.raises(RequestRefused, match="speed 0"):
        running.advance(1)


def test_the_clock_runs_faster_than_ours() -> None:
    with (
        PracticeExchange(PracticeSettings(start=START, speed=100)) as exchange,
        logged_in(exchange) as client,
    ):
        began = time.monotonic()
        deal = place(client, time=60)
        client.until("successcloseOrder")
        assert 0.5 < time.monotonic() - began < 5
        assert deal["closeTimestamp"] - deal["openTimestamp"] == 60
        assert exchange.now >= START + 60


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"speed": -1}, "speed"), ({"speed": 1001}, "speed"), ({"start": -1.0}, "start")],
)
def test_an_impossible_clock_is_refused(settings: dict[str, float], says: str) -> None:
    with pytest.raises(ConfigInvalid, match=says):
        PracticeSettings(**settings)  # type: ignore[arg-type]
