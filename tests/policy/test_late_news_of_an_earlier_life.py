"""A life that was replaced may say its last when its successor is up: that takes nothing from the latter."""

from collections.abc import Sequence

from actors.messages.control import HandoverBegun
from actors.messages.events import ConnectionDown, ConnectionUp, StreamReleased
from actors.messages.traffic import EventBatch, Item, Ticks
from actors.policy.continuity import Continuity
from actors.policy.handovers import Handovers
from actors.values import Tick
from tests.columns import columns


def tick(time: float) -> Tick:
    return Tick("A", time, 1.0, time)


def times(items: Sequence[Item]) -> list[float]:
    return [tick.time for item in items if isinstance(item, Ticks) for tick in item]


def test_the_late_end_of_an_earlier_life_does_not_take_the_present_one_down() -> None:
    continuity = Continuity()
    continuity.learn(ConnectionUp("c1", 1, "r"))
    continuity.learn(ConnectionDown("c1", 1, "r", "suspect"))  # by the supervisor, who has lost trust in it
    continuity.learn(ConnectionUp("c1", 2, "r"))
    continuity.learn(ConnectionDown("c1", 1, "r", "stopped"))  # its own last word, `close_timeout` later
    assert continuity.lives == {"c1": 2}


def test_the_late_end_of_an_earlier_life_does_not_end_a_handover() -> None:
    handovers = Handovers()
    handovers.begin(HandoverBegun("A", ("c1", 2), ("c2", 1)), {"c1": 2, "c2": 1})
    got = handovers.sift("c1", [columns(tick(1.0))])
    got += handovers.sift("c1", [ConnectionDown("c1", 1, "r", "stopped")])
    got += handovers.sift("c2", [columns(tick(2.0))])
    got += handovers.sift("c1", [columns(tick(2.0))])
    assert times(got) == [1.0, 2.0]


# FAULT: it was taken for the word of the present life, which carries the stream.
def test_that_an_earlier_life_lets_a_stream_go_is_not_heard_of_any_more() -> None:
    continuity = Continuity()
    continuity.learn(ConnectionUp("c1", 1, "r"))
    continuity.learn(ConnectionDown("c1", 1, "r", "suspect"))
    said = StreamReleased("A", "c1")
    assert continuity.current(EventBatch("c1", [said], 1)) == []
    assert continuity.current(EventBatch("c1", [said], 2)) == [said]
