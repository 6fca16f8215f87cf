"""A reload takes a region away while a connection is on its way there: it must not stay."""

import pytest

from actors.messages.lifecycle import StopConnection
from actors.policy.quota import Rate
from actors.policy.regions import Access
from tests.policy.nursery import EU, US, Scene, starts, told


@pytest.mark.parametrize("logs_in", [False, True])
def test_who_is_on_the_way_to_a_region_that_is_not_configured_any_more_moves(logs_in: bool) -> None:
    scene = Scene(1)
    assert scene.child("c1").region == EU.name
    steps = scene.connections.change(Access((US,), (Rate(1000, 1.0),)), scene.now)
    assert told(steps) == [StopConnection("c1")]
    if logs_in:
        scene.up("c1")
    assert scene.state("c1") == "restarting"
    (start,) = starts(scene.down("c1", "stopped", was_ready=logs_in))
    assert (start.epoch, start.region) == (2, US)
