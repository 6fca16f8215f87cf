"""The backfiller as an actor, and what it loads with."""

from typing import Any

import pykka
import pytest

from actors.backfiller import Backfiller
from actors.errors import RequestError, RequestRefused
from actors.messages import CandlesLoaded, LoadCandles, StreamGap, StreamRecovered
from actors.messages.lifecycle import Begin
from actors.messages.traffic import Answer, EventBatch, Load, Refusal
from actors.policy.backfill import PATIENCE
from actors.values import Candle
from runtime.loads import Loads
from tests.recording import Recorder, Recording

pytestmark = pytest.mark.timeout(20)

T = 1_770_000_000
GAP = StreamGap("A", T + 30.0, T + 60.0, "cut", "c1", 60)
BAR = Candle(T, 1.1, 1.2, 1.0, 1.15)


def begun(name: str) -> Recording:
    recording = Recording(name=name)
    assert recording.seen() == Begin()
    return recording


def test_a_gap_is_loaded_and_its_candles_come_before_the_recovery() -> None:
    router, desk = begun("router"), begun("desk")
    backfiller = Backfiller.start(router=router.ref, candle_desk=desk.ref)
    backfiller.tell(GAP)
    load = desk.seen()
    assert isinstance(load, Load)
    assert (load.command.asset, load.command.period, load.to) == ("A", 60, backfiller)
    backfiller.tell(Answer(load.id, [BAR]))
    recovered = StreamRecovered("A", "c1", T + 30.0, T + 60.0, 1)
    assert router.seen() == EventBatch("backfiller", [CandlesLoaded("A", 60, [BAR]), recovered])


def test_a_refused_load_is_a_recovery_that_fills_nothing_and_the_next_gap_is_loaded_all_the_same() -> None:
    router, desk = begun("router"), begun("desk")
    backfiller = Backfiller.start(router=router.ref, candle_desk=desk.ref)
    backfiller.tell(GAP)
    backfiller.tell(GAP)
    backfiller.tell(Refusal(desk.seen().id, RequestRefused("no such asset")))
    (recovered,) = router.seen().items
    assert (recovered.filled, recovered.missing) == (0, ((T + 30.0, T + 60.0),))
    assert recovered.reason == "RequestRefused: no such asset"
    assert desk.seen().command.asset == "A"


class Answering(Recorder):
    """A router with one bar, for one asset."""

    def on_receive(self, message: Any) -> Any:
        if not isinstance(message, LoadCandles):
            return super().on_receive(message)
        if message.asset != "A":
            raise RequestRefused("no such asset")
        return [BAR]


def test_a_load_is_asked_of_the_router_and_answered_under_its_id() -> None:
    router, asker = Recording(Answering, name="router"), begun("asker")
    loads = Loads(router.ref)
    loads.tell(Load(1, LoadCandles("A", 60, deadline=PATIENCE), 0.0, asker.ref))
    assert asker.seen() == Answer(1, [BAR])
    loads.tell(Load(2, LoadCandles("B", 60), 0.0, asker.ref))
    refusal = asker.seen()
    assert (refusal.id, type(refusal.error), str(refusal.error)) == (2, RequestRefused, "no such asset")


def test_a_load_that_a_stopping_router_leaves_behind_is_refused() -> None:
    router, asker = begun("router"), begun("asker")
    router.ref.stop(block=False)
    try:
        Loads(router.ref).tell(Load(1, LoadCandles("A", 60), 0.0, asker.ref))
    except pykka.ActorDeadError:
        return  # it had stopped already
    assert isinstance(asker.seen().error, RequestError)
