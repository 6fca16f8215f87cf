"""The topics of the events."""

import pytest

from actors.messages import events
from actors.messages.events import Event
from tests.doubles.message_samples import EVENTS, TICK


def test_an_event_of_each_class_is_tried() -> None:
    assert set(EVENTS) == set(events.EVENTS)


@pytest.mark.parametrize(("event", "topic"), EVENTS.values(), ids=lambda value: getattr(value, "topic", ""))
def test_an_events_topic_is_its_promised_address(event: Event, topic: str) -> None:
    assert event.topic == topic


def test_a_ticks_topic_names_its_asset() -> None:
    assert TICK.topic == "tick.EURUSD_otc"


def test_no_topic_begins_like_that_of_another_class() -> None:
    # If a topic ends with a name, only the part before the name belongs to the class.
    own = [topic.removesuffix("EURUSD_otc").removesuffix("updateSomething") for _, topic in EVENTS.values()]
    own.append("tick.")
    assert len(own) == len(set(own))
    clashes = [(one, other) for one in own for other in own if one != other and one.startswith(other)]
    assert clashes == []
