"""A connection that moves because its region was taken out of the configuration has not died."""

from actors.messages.lifecycle import StopConnection
from actors.policy.quota import Rate
from actors.policy.regions import Access
from actors.policy.restarts import Intensity
from tests.policy.nursery import EU, US, Scene, news, starts, told


def test_reloading_again_and_again_gives_no_connection_up() -> None:
    scene = Scene(1, new_intensity=lambda: Intensity(3, 60))
    for region in [US, EU] * 4:
        scene.now += 1.0
        scene.up("c1")
        steps = scene.connections.change(Access((region,), (Rate(1000, 1.0),)), scene.now)
        assert told(steps) == [StopConnection("c1")]
        moved = scene.down("c1", "stopped", was_ready=True)
        assert [start.region for start in starts(moved)] == [region]
        assert news(moved) == []
    assert (scene.state("c1"), scene.child("c1").restarts) == ("starting", 0)
