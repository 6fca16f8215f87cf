"""The backfiller as an actor."""

import pytest

from actors.errors import RequestRefused
from actors.health.backfiller import Backfiller
from actors.messages import CandlesLoaded, StreamGap, StreamRecovered
from actors.messages.candles import HistoryRequest
from actors.messages.commands import LoadCandles
from actors.messages.lifecycle import Begin
from actors.messages.traffic import EventBatch, Failure, Response
from actors.values import Candle
from tests.doubles.recorder import Recording

pytestmark = pytest.mark.timeout(20)

CANDLES_PER_REQUEST = 150
T = 1_770_000_000
GAP = StreamGap("A", T + 30.0, T + 60.0, "cut", "c1", 60)
BAR = Candle(T, 1.1, 1.2, 1.0, 1.15)


def begun(name: str) -> Recording:
    recording = Recording(name=name)
    assert recording.seen() == Begin()
    return recording


def test_a_gap_is_loaded_and_its_candles_come_before_the_recovery() -> None:
    router, loader = begun("router"), begun("history loader")
    backfiller = Backfiller.start(CANDLES_PER_REQUEST, router=router.ref, history_loader=loader.ref)
    backfiller.tell(GAP)
    load = loader.seen()
    assert isinstance(load, HistoryRequest)
    assert isinstance(load.command, LoadCandles)
    assert (load.command.asset, load.command.period, load.to) == ("A", 60, backfiller)
    backfiller.tell(Response(load.id, [BAR]))
    recovered = StreamRecovered("A", "c1", T + 30.0, T + 60.0, 1)
    assert router.seen() == EventBatch("backfiller", [CandlesLoaded("A", 60, [BAR]), recovered])


def test_after_a_refused_load_the_recovery_fills_nothing_and_the_next_gap_is_loaded() -> None:
    router, loader = begun("router"), begun("history loader")
    backfiller = Backfiller.start(CANDLES_PER_REQUEST, router=router.ref, history_loader=loader.ref)
    backfiller.tell(GAP)
    backfiller.tell(GAP)
    backfiller.tell(Failure.of(loader.seen().id, RequestRefused("no such asset")))
    (recovered,) = router.seen().items
    assert (recovered.filled, recovered.missing) == (0, ((T + 30.0, T + 60.0),))
    assert recovered.reason == "RequestRefused: no such asset"
    assert loader.seen().command.asset == "A"
