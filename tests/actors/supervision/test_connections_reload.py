"""Regions that a reload takes away: who is there, or on the way, moves, and has not died."""

import pytest

from actors.messages.workers import StopConnection
from actors.rates import Rate
from actors.supervision.regions import DialSettings
from actors.supervision.restart_intensity import RestartIntensity
from tests.doubles.supervised_connections import EU, US, Scene, news, starts, told


def test_reloading_again_and_again_gives_no_connection_up() -> None:
    scene = Scene(1, new_intensity=lambda: RestartIntensity(3, 60))
    for region in [US, EU] * 4:
        scene.now += 1.0
        scene.up("c1")
        steps = scene.connections.change(DialSettings((region,), (Rate(1000, 1.0),)), scene.now)
        assert told(steps) == [StopConnection("c1")]
        moved = scene.down("c1", "stopped", was_ready=True)
        assert [start.region for start in starts(moved)] == [region]
        assert news(moved) == []
    assert (scene.state("c1"), scene.child("c1").restarts) == ("starting", 0)


@pytest.mark.parametrize("logs_in", [False, True])
def test_who_is_on_the_way_to_a_region_that_is_not_configured_any_more_moves(logs_in: bool) -> None:
    scene = Scene(1)
    assert scene.child("c1").region == EU.name
    steps = scene.connections.change(DialSettings((US,), (Rate(1000, 1.0),)), scene.now)
    assert told(steps) == [StopConnection("c1")]
    if logs_in:
        scene.up("c1")
    assert scene.state("c1") == "restarting"
    (start,) = starts(scene.down("c1", "stopped", was_ready=logs_in))
    assert (start.epoch, start.region) == (2, US)
