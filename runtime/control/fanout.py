"""Events on their way to peers: who gets which, and what is left when they pile up."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import pykka

from actors.errors import RemoteProtocolError
from actors.messages.commands import Unsubscribe
from actors.messages.traffic import Deliver, Item, SubscribeColumns
from actors.routing.conflation import conflate_columns
from actors.routing.topics import TopicTable, route
from runtime.control.peer import Peer

MOST_TOPICS: Final = 1000
"""That one peer may listen to."""


class Fanout:
    """One subscription to everything, told to ``to`` while anybody listens: so each event passes once, in
    order, and a peer's topics change between two events."""

    def __init__(self, router: pykka.ActorRef[Any], to: pykka.ActorRef[Any]) -> None:
        self._router = router
        self._to = to
        self._topics: TopicTable[Peer] = TopicTable()
        self._subscribed = False

    def listen(self, peer: Peer, topics: Iterable[str]) -> None:
        """``peer`` wants events of ``topics`` and no others; raises ``RemoteProtocolError`` for too many."""
        self._topics.remove(peer)
        fewest = cover(topics)
        if len(fewest) > MOST_TOPICS:
            raise RemoteProtocolError(f"it would listen to {len(fewest)} topics")
        for topic in fewest:
            self._topics.add(topic, peer)
        self._tune()

    def forget(self, peer: Peer) -> None:
        """``peer`` is gone."""
        if self._topics.remove(peer):
            self._tune()

    def route(self, items: Sequence[Item]) -> dict[Peer, list[Any]]:
        """What each peer gets of ``items``, with its ticks as columns."""
        return route(items, self._topics, columns=True)

    def _tune(self) -> None:
        wanted = len(self._topics) > 0
        if wanted != self._subscribed and self._router.is_alive():
            wish = SubscribeColumns("", self._to) if wanted else Unsubscribe("", to=self._to)
            self._router.tell(wish)
            self._subscribed = wanted


def cover(topics: Iterable[str]) -> list[str]:
    """The fewest prefixes that match what ``topics`` do; no two of them match the same."""
    covering: list[str] = []
    for topic in sorted(topics):
        if not covering or not topic.startswith(covering[-1]):
            covering.append(topic)
    return covering


def squeeze(waiting: Sequence[Any]) -> list[Any]:
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
    kept, gave_way = conflate_columns(events)
    return [*others, Deliver(kept, missed + gave_way)]
