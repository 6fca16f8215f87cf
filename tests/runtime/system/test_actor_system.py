"""The composition root: the table of listeners."""

import pykka
import pytest

from actors.messages.events import Event
from runtime.system.actor_system import LISTENS


def event_types(base: type[Event] = Event) -> list[type[Event]]:
    return [found for child in base.__subclasses__() for found in (child, *event_types(child))]


@pytest.mark.parametrize("actor", LISTENS, ids=lambda actor: actor.__name__)
def test_the_topic_of_an_event_that_is_listened_to_brings_that_event_alone(actor: type[pykka.Actor]) -> None:
    topics = {event: event.base_topic for event in event_types()}
    for event in LISTENS[actor]:
        assert topics[event]
        assert [other for other, topic in topics.items() if topic.startswith(topics[event])] == [event]
