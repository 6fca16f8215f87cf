"""The composition root: the table of listeners."""

from actors.messages.events import Event
from runtime.system.actor_system import LISTENS


def event_types(base: type[Event] = Event) -> set[type[Event]]:
    """Those of the product: tests define events of their own."""
    found = {each for child in base.__subclasses__() for each in (child, *event_types(child))}
    return {each for each in found if each.__module__.startswith("actors.")}


def test_an_internal_event_has_a_listener() -> None:
    internal = {event for event in event_types() if event.internal}
    assert internal
    assert internal <= {event for events in LISTENS.values() for event in events}
