"""Faults of the venue itself, for all clients."""

import time
from itertools import pairwise
from typing import Any

import pytest

from actors.errors import RequestRefused
from runtime.practice import FaultRecord, PracticeExchange
from runtime.practice.server.clock import UTC_OFFSET
from tests.doubles.exchange_client import CLOSED, DEADLINE, Client
from tests.doubles.exchange_trader import order, place

ASSET, OTHER = "EURUSD_otc", "AUDCAD_otc"


def row_of(asset: str, table: list[list[Any]]) -> list[Any]:
    return next(row for row in table if row[1] == asset)


def test_as_many_logins_are_refused_as_the_count_says(exchange: PracticeExchange) -> None:
    exchange.fault("refuse_sessions", count=1, region=exchange.regions[0].name)
    with Client(exchange.regions[1].url) as elsewhere:
        elsewhere.login(exchange.session)
    with Client(exchange.regions[0].url) as client:
        client.connect().socket.send(exchange.session)
        assert [client.frame() for _ in range(3)] == ['42["NotAuthorized"]', "41", CLOSED]
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)


def test_what_was_made_while_an_asset_was_mute_is_in_the_ledger_as_not_sent(
    exchange: PracticeExchange,
) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", ASSET)
        rows = client.ticks(3)
        exchange.mute(ASSET)
        assert exchange.ledger.wait_until(lambda ledger: len(ledger.unsent()) > 5, DEADLINE)
        exchange.unmute(ASSET)
        while not rows or rows[-1][1] - UTC_OFFSET <= exchange.ledger.unsent()[-1].time:
            rows += client.ticks(1)
    made = sorted(tick[2] for tick in (*exchange.ledger.ticks(), *exchange.ledger.unsent()))
    assert len(made) == len(set(made))
    gaps = [later - earlier for earlier, later in pairwise(made)]
    assert max(gaps) < 2.5 / 100  # the tick rate
    assert {tick.asset for tick in exchange.ledger.unsent()} == {ASSET}
    assert not {tick.time for tick in exchange.ledger.unsent()} & {row[1] - UTC_OFFSET for row in rows}


def test_a_mute_that_lasts_ends_by_itself(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", ASSET)
        client.ticks(1)
        exchange.fault("mute", asset=ASSET, lasts=0.3)
        before = exchange.ledger.tick_count
        assert not exchange.ledger.wait_until(lambda ledger: ledger.tick_count > before, 0.05)
        assert exchange.ledger.wait_until(lambda ledger: ledger.tick_count > before, DEADLINE)
    assert exchange.faults() == []


@pytest.mark.parametrize("name", ["changeSymbol", "subfor"])
def test_a_subscription_may_be_ignored(exchange: PracticeExchange, name: str) -> None:
    exchange.fault("unanswered", asset=ASSET, count=1)
    wish = {"asset": ASSET, "period": 60} if name == "changeSymbol" else ASSET
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        client.emit(name, wish)
        client.emit("subfor", OTHER)
        assert {asset for asset, *_ in client.ticks(10)} == {OTHER}
        client.emit(name, wish)
        while client.ticks(1)[0][0] != ASSET:
            pass
    assert exchange.ledger.received(name)[0].payload == wish


def test_a_market_closes_and_opens_again(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        client.emit("subfor", ASSET)
        client.emit("subfor", OTHER)
        client.ticks(4)
        exchange.fault("close_market", asset=ASSET)
        closed = row_of(ASSET, client.until("updateAssets"))
        assert (closed[14], closed[16], closed[13] > time.time(), closed[18] > time.time()) == (
            False,
            -1,
            True,
            True,
        )
        assert {asset for asset, *_ in client.ticks(10)} == {OTHER}
        client.emit("openOrder", order(asset=ASSET, time=60))
        assert client.until("failopenOrder")["error"] == "closedAsset"
        exchange.calm("close_market", asset=ASSET)
        opened = row_of(ASSET, client.until("updateAssets"))
        assert (opened[14], opened[18]) == (True, -1)
        while client.ticks(1)[0][0] != ASSET:
            pass
        place(client, time=60)
        assert exchange.ledger.unsent() == []


def test_a_closed_market_is_closed_for_later_logins_too(exchange: PracticeExchange) -> None:
    exchange.fault("close_market", asset=ASSET)
    with Client(exchange.regions[0].url) as client:
        client.connect().socket.send(exchange.session)
        assert row_of(ASSET, client.until("updateAssets"))[14] is False


@pytest.mark.parametrize("seconds", [3600.0, -3600.0])
def test_stamps_jump_with_the_clock_and_back(exchange: PracticeExchange, seconds: float) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", ASSET)
        client.ticks(2)
        exchange.fault("clock_jump", seconds=seconds)
        client.fence()
        stamps = [stamp for _, stamp, _ in client.ticks(5)]
        assert stamps[-1] - UTC_OFFSET - time.time() == pytest.approx(seconds, abs=1)
        assert place(client, time=60)["openTimestamp"] - UTC_OFFSET - time.time() == pytest.approx(
            seconds, abs=2
        )
        exchange.calm()
        client.fence()
        assert client.ticks(1)[0][1] - UTC_OFFSET == pytest.approx(time.time(), abs=1)
    assert all(abs(event.at - time.time()) < 5 for event in exchange.ledger.received("openOrder"))


def test_a_deal_that_the_clock_jumps_over_ends_at_once(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        opened = place(client, time=60)
        exchange.fault("clock_jump", seconds=120)
        [closed] = client.until("successcloseOrder")["deals"]
        assert closed["id"] == opened["id"]


def test_active_faults_are_listed_and_end_by_name_by_place_or_all_together(
    exchange: PracticeExchange,
) -> None:
    east = exchange.regions[0].name
    exchange.fault("slow", rate=1000, region=east)
    exchange.fault("pings_only", region=east)
    exchange.fault("mute", asset=ASSET)
    exchange.fault("doubled", count=2)
    exchange.fault("slow", rate=5)
    exchange.calm("slow", region=east)
    assert exchange.faults() == [
        f"pings_only region={east}",
        f"mute asset={ASSET}",
        "doubled count=2",
        "slow rate=5",
    ]
    exchange.calm(region=east)
    exchange.calm("doubled")
    assert exchange.faults() == [f"mute asset={ASSET}", "slow rate=5"]
    exchange.calm()
    assert exchange.faults() == []


def test_the_ledger_has_a_record_of_every_fault(exchange: PracticeExchange) -> None:
    began = time.time()
    exchange.fault("drop")
    exchange.mute(ASSET)
    exchange.calm()
    records = exchange.ledger.faults()
    assert [record[1:] for record in records] == [
        ("drop", False),
        (f"mute asset={ASSET}", False),
        (f"mute asset={ASSET}", True),
    ]
    assert all(began - 0.1 <= record.at <= time.time() + 0.1 for record in records)
    assert isinstance(records[0], FaultRecord)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("hang", {"region": "NOWHERE"}), ("mute", {"asset": "NOSUCH"}), ("close_market", {"asset": "NOSUCH"})],
)
def test_a_fault_at_an_unknown_place_is_refused_and_not_recorded(
    exchange: PracticeExchange, name: str, parameters: dict[str, Any]
) -> None:
    for _ in range(2):
        with pytest.raises(RequestRefused, match=r"NOWHERE|NOSUCH"):
            exchange.fault(name, **parameters)
    with pytest.raises(RequestRefused, match=r"NOWHERE|NOSUCH"):
        exchange.calm(**parameters)
    assert exchange.ledger.faults() == []


def test_a_stopped_exchange_starts_without_faults() -> None:
    exchange = PracticeExchange()
    with exchange:
        exchange.fault("refuse_sessions")
    with exchange, Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
