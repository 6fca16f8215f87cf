"""Which pauses of an asset are silences, by its own pace."""

from actors.health.tick_rate import StalenessBounds
from actors.messages.ticks import Ticks
from runtime.report.asset_pauses import AssetPauses
from runtime.report.recorded import SilentSpan

BOUNDS = StalenessBounds(floor=5.0, ceiling=15.0)


def fed(*spans: tuple[float, float], interval: float = 0.5, forget_at: float | None = None) -> AssetPauses:
    """Ticks of one asset in each of ``spans``, at a steady pace."""
    pauses = AssetPauses(BOUNDS)
    for begin, end in spans:
        if begin == forget_at:
            pauses.forget("EURUSD")
        at = begin
        while at < end:
            pauses.take(Ticks(at, ["EURUSD"], [], [at], [1.1]))
            at += interval
    pauses.forget_all()
    return pauses


def test_a_steady_stream_has_no_silence() -> None:
    pauses = fed((0.0, 60.0))
    assert (pauses.silences, pauses.ticks) == ([], 120)


def test_a_pause_that_the_pace_does_not_explain_is_one() -> None:
    assert fed((0.0, 60.0), (80.0, 100.0)).silences == [SilentSpan("EURUSD", 59.5, 80.0)]


def test_a_slow_asset_may_pause_for_longer() -> None:
    assert fed((0.0, 300.0), (308.0, 400.0), interval=3.0).silences == []


def test_a_stream_that_has_ended_owes_no_tick() -> None:
    assert fed((0.0, 60.0), (600.0, 660.0), forget_at=600.0).silences == []


def test_what_two_connections_bring_counts_once() -> None:
    pauses = AssetPauses(BOUNDS)
    for at in range(40):
        for _ in range(2):
            pauses.take(Ticks(at, ["EURUSD", "AUDCAD"], [0, 1], [float(at), float(at)], [1.1, 1.2]))
    assert pauses.ticks == 80
