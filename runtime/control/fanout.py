"""The events of the router, spread over the attached processes."""

from collections.abc import Hashable, Iterable, Sequence
from itertools import repeat
from typing import Any, Final, Generic, TypeVar

import pykka

from actors.errors import RemoteProtocolError
from actors.messages.commands import Unsubscribe
from actors.messages.routing import SubscribeColumns
from actors.messages.topics import ON_REQUEST, TopicPattern, pattern
from actors.messages.traffic import Deliver, Item, Ticks
from actors.routing.conflation import conflate_columns
from actors.routing.topics import TopicTable, route

P = TypeVar("P", bound=Hashable)

MOST_TOPICS: Final = 1000
"""Topics that one peer may listen to."""


class Fanout(Generic[P]):
    """One subscription of ``to`` to all events, while any peer listens, and one for each topic of events on
    request that a peer names.

    One subscription for all peers: each event passes once, in order, and the topics of a peer change between
    two events.
    """

    def __init__(self, router: pykka.ActorRef[Any], to: pykka.ActorRef[Any]) -> None:
        self._router = router
        self._to = to
        self._topics: TopicTable[P] = TopicTable()
        self._subscribed: set[str] = set()

    def listen(self, peer: P, topics: Iterable[str]) -> None:
        """Replace the topics of ``peer``; raises ``RemoteProtocolError`` for too many."""
        self._topics.remove(peer)
        fewest = cover(topics)
        if len(fewest) > MOST_TOPICS:
            raise RemoteProtocolError(f"it would listen to {len(fewest)} topics")
        for wanted in fewest:
            self._topics.add(wanted, peer)
        self._subscribe()

    def forget(self, peer: P) -> None:
        """Remove every topic of ``peer``."""
        if self._topics.remove(peer):
            self._subscribe()

    def route(self, items: list[Item]) -> Iterable[tuple[P, list[Any]]]:
        """Each peer with its part of ``items``, the ticks in columns; peers may share one list.

        HOT: a read is nearly always one ``Ticks``; for peers that listen to all ticks nothing is to be split.
        """
        topics = self._topics
        if len(items) == 1 and type(items[0]) is Ticks and not topics.some_ticks:
            return zip(topics.every_tick, repeat(items))
        return route(items, topics, columns=True).items()

    def _subscribe(self) -> None:
        """Begin or end a subscription when the first topic that needs it comes or the last one goes."""
        named = {each for each in self._topics.patterns() if each.first in ON_REQUEST}
        wanted = {f"{each.first}.{each.second}" for each in _widest(named)}
        if len(self._topics) > 0:
            wanted.add("")
        if self._router.is_alive():
            for topic in sorted(wanted - self._subscribed):
                self._router.tell(SubscribeColumns(topic, self._to))
            for topic in sorted(self._subscribed - wanted):
                self._router.tell(Unsubscribe(topic, to=self._to))
            self._subscribed = wanted


def cover(topics: Iterable[str]) -> set[TopicPattern]:
    """The patterns of ``topics``, without those for which another one matches all that they match."""
    return _widest(set(map(pattern, topics)))


def _widest(patterns: set[TopicPattern]) -> set[TopicPattern]:
    wide = [wanted for wanted in patterns if not wanted.is_exact]
    return {each for each in patterns if not any(each != wanted and wanted.covers(each) for wanted in wide)}


def join(waiting: Sequence[Any]) -> list[Any]:
    """The waiting messages, with all deliveries joined and their ticks conflated."""
    events: list[Any] = []
    others: list[Any] = []
    missed = 0
    for message in waiting:
        if isinstance(message, Deliver):
            events += message.events
            missed += message.missed
        else:
            others.append(message)
    kept, replaced = conflate_columns(events)
    return [*others, Deliver(kept, missed + replaced)]
