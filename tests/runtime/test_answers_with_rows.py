"""The answers with many rows, from a runtime in this process and from an attached one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.engine.router_ref import RouterRef
from runtime import (
    AssetDict,
    CandleList,
    Command,
    DealList,
    GetAssets,
    GetClosedDeals,
    GetOpenedDeals,
    GetPendingOrders,
    LoadCandles,
    LoadTicks,
    PendingOrderList,
    PlaceOrder,
    PlacePendingOrder,
    Runtime,
    TickList,
    attach,
)
from tests.journeys.journey import practice

LIMIT = 10.0
ASSET = "EURUSD_otc"
ANSWERED_WITH: dict[Command[Any], type] = {
    LoadCandles(ASSET, 60, 5): CandleList,
    LoadTicks(ASSET, count=20, end=1_700_000_000): TickList,
    GetOpenedDeals(): DealList,
    GetClosedDeals(): DealList,
    GetPendingOrders(): PendingOrderList,
    GetAssets(search=ASSET): AssetDict,
}


@pytest.fixture
def runtime(place: Path, start_runtime: Callable[..., Runtime]) -> Runtime:
    return start_runtime(practice(0, ASSET, control={"socket": str(place)}))


def answers(router: RouterRef) -> list[Any]:
    found = []
    for command, kind in ANSWERED_WITH.items():
        answer = router.ask(command, timeout=LIMIT)
        assert type(answer) is kind
        found.append(answer)
    return found


def test_they_are_the_same_rows_of_the_same_kind_here_and_in_an_attached_process(
    runtime: Runtime, place: Path
) -> None:
    runtime.router.ask(PlaceOrder(ASSET, 1, "call", 60), timeout=LIMIT)
    runtime.router.ask(PlacePendingOrder(ASSET, 1, "put", 60, open_price=0.5), timeout=LIMIT)
    here = answers(runtime.router)
    with attach(place) as running:
        assert answers(running.router) == here
    candles, ticks, opened, closed, pending, assets = here
    assert (len(candles), len(ticks), len(opened), len(closed), len(pending)) == (5, 20, 1, 0, 1)
    assert list(candles.to_pandas().columns) == ["open", "high", "low", "close", "volume"]
    assert opened.to_polars()["asset"].to_list() == [ASSET]
    assert assets.to_arrow().column("symbol").to_pylist() == [ASSET]


def test_a_caller_may_change_its_own_and_no_one_elses(runtime: Runtime) -> None:
    command = LoadCandles(ASSET, 60, 5, end=1_700_000_000)  # the second comes from the cache
    first = runtime.router.ask(command, timeout=LIMIT)
    assert first.pop() not in first
    second = runtime.router.ask(command, timeout=LIMIT)
    assert type(second) is CandleList
    assert len(second) == len(first) + 1
