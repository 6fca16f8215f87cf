"""Variants of the venue's messages, as clients see them."""

from runtime.practice import PracticeExchange
from tests.doubles.exchange_client import Client

ASSET, OTHER = "EURUSD_otc", "AUDCAD_otc"


def chart(
    client: Client, name: str = "updateHistoryNewFast", asset: str = ASSET
) -> dict[str, list[list[float]]]:
    client.emit("changeSymbol", {"asset": asset, "period": 60})
    found: dict[str, list[list[float]]] = client.until(name)
    return found


def test_several_ticks_of_an_asset_come_in_one_event(exchange: PracticeExchange) -> None:
    exchange.fault("batched_ticks", asset=ASSET, rows=4)
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        past = chart(client)["history"]
        chart(client, asset=OTHER)
        events = [client.until("updateStream") for _ in range(12)]
    assert {len(rows) for rows in events if rows[0][0] == OTHER} == {1}
    batches = [rows for rows in events if rows[0][0] == ASSET]
    assert {len(rows) for rows in batches} == {4}
    live = [row[1:] for rows in batches for row in rows]
    assert live == sorted(live)
    assert live[0] > past[-1]
    got = [price for _, price in live]
    sent = [tick.price for tick in exchange.ledger.ticks(ASSET)]
    # The first events may have come before the answer to the second chart, with which they are skipped.
    assert any(sent[first : first + len(got)] == got for first in range(0, len(sent), 4))


def test_times_have_whole_seconds_live_and_in_the_history(exchange: PracticeExchange) -> None:
    exchange.fault("whole_seconds")
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        times = [row[0] for row in chart(client)["history"]]
        times += [stamp for _, stamp, _ in client.ticks(3)]
    assert {type(time) for time in times} == {int}
    assert times == sorted(times)


def test_the_asset_table_comes_before_the_login_is_confirmed(exchange: PracticeExchange) -> None:
    exchange.fault("assets_first", region=exchange.regions[0].name)
    order = []
    for region in exchange.regions[:2]:
        with Client(region.url) as client:
            client.connect().socket.send(exchange.session)
            order.append([client.event()[0] for _ in range(2)])
    assert order == [["updateAssets", "successauth"], ["successauth", "updateAssets"]]


def test_candles_have_their_number_of_ticks_as_a_sixth_column(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        plain = chart(client)["candles"]
        exchange.fault("sixth_column")
        counted = chart(client)["candles"]
    assert {len(candle) for candle in plain} == {5}
    assert {len(candle) for candle in counted} == {6}
    assert {candle[0]: candle for candle in plain}[counted[2][0]] == counted[2][:5]
    assert abs(counted[2][5] - 6000) <= 1  # a minute at 100 ticks a second


def test_the_history_has_its_old_name(exchange: PracticeExchange) -> None:
    exchange.fault("old_history_name", asset=ASSET)
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        assert chart(client, "updateHistory")["history"]
        assert chart(client, asset=OTHER)["history"]


def test_the_newest_candles_are_missing(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        whole = chart(client)["candles"]
        exchange.fault("missing_bars", bars=3)
        found = chart(client)
    assert whole[3][0] <= found["candles"][0][0] <= whole[3][0] + 60
    assert found["history"][-1][0] > found["candles"][0][0] + 120
