"""Events on their way to peers: what is left of them when they pile up, and how they are packed."""

from collections.abc import Iterable, Sequence
from typing import Any

from actors.messages.events import Event
from actors.messages.traffic import Deliver, Item, Ticks
from actors.policy.conflation import conflate
from actors.values import Tick


def as_items(events: Iterable[Any]) -> list[Item]:
    """Events as they travel: in their order, neighbouring ticks as one item."""
    items: list[Any] = []
    for event in events:
        if type(event) is Tick:
            if not items or type(items[-1]) is not Ticks:
                items.append(Ticks([]))
            items[-1].ticks.append(event)
        elif isinstance(event, Event):
            items.append(event)
    return items


def cover(topics: Iterable[str]) -> list[str]:
    """The fewest prefixes that match what ``topics`` do; no two of them match the same."""
    covering: list[str] = []
    for topic in sorted(topics):
        if not covering or not topic.startswith(covering[-1]):
            covering.append(topic)
    return covering


def squeeze(waiting: Sequence[Any]) -> list[Any]:
    """The messages that wait, with all lists of events made one ``Deliver`` and its ticks conflated."""
    events: list[Any] = []
    others: list[Any] = []
    missed = 0
    for message in waiting:
        match message:
            case list():
                events += message
            case Deliver():
                events += message.events
                missed += message.missed
            case _:
                others.append(message)
    kept, gave_way = conflate(events)
    return [*others, Deliver(kept, missed + gave_way)]
