"""The events of the router, spread over the attached processes."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import pykka

from actors.errors import RemoteProtocolError
from actors.messages.commands import Unsubscribe
from actors.messages.routing import SubscribeColumns
from actors.messages.topics import TopicPattern, pattern
from actors.messages.traffic import Deliver, Item, Ticks
from actors.routing.conflation import conflate_columns
from actors.routing.topics import TopicTable, route
from runtime.control.peer import Peer

MOST_TOPICS: Final = 1000
"""Topics that one peer may listen to."""


class Fanout:
    """One subscription of ``to`` to all events, while any peer listens.

    One subscription for all peers: each event passes once, in order, and the topics of a peer change between
    two events.
    """

    def __init__(self, router: pykka.ActorRef[Any], to: pykka.ActorRef[Any]) -> None:
        self._router = router
        self._to = to
        self._topics: TopicTable[Peer] = TopicTable()
        self._subscribed = False

    def listen(self, peer: Peer, topics: Iterable[str]) -> None:
        """Replace the topics of ``peer``; raises ``RemoteProtocolError`` for too many."""
        self._topics.remove(peer)
        fewest = cover(topics)
        if len(fewest) > MOST_TOPICS:
            raise RemoteProtocolError(f"it would listen to {len(fewest)} topics")
        for wanted in fewest:
            self._topics.add(wanted, peer)
        self._subscribe()

    def forget(self, peer: Peer) -> None:
        """Remove every topic of ``peer``."""
        if self._topics.remove(peer):
            self._subscribe()

    def route(self, items: list[Item]) -> dict[Peer, list[Any]]:
        """The part of ``items`` for each peer, with its ticks in columns; peers may share one list.

        HOT: a read is nearly always one ``Ticks``; for peers that listen to all ticks nothing is to be split.
        """
        topics = self._topics
        if len(items) == 1 and type(items[0]) is Ticks and not topics.some_ticks:
            return dict.fromkeys(topics.every_tick, items)
        return route(items, topics, columns=True)

    def _subscribe(self) -> None:
        """Begin or end the subscription when the first topic comes or the last one goes."""
        wanted = len(self._topics) > 0
        if wanted != self._subscribed and self._router.is_alive():
            change = SubscribeColumns("", self._to) if wanted else Unsubscribe("", to=self._to)
            self._router.tell(change)
            self._subscribed = wanted


def cover(topics: Iterable[str]) -> set[TopicPattern]:
    """The patterns of ``topics``, without those for which another one matches all that they match."""
    patterns = set(map(pattern, topics))
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
