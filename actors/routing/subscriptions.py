"""Who listens to what, and how the events of a subscription get there."""

from collections.abc import Callable, Sequence
from typing import Any

import pykka
from loguru import logger
from msgspec import Struct

from actors.messages.commands import Subscribe, Unsubscribe
from actors.messages.traffic import Deliver, Item, unfolded
from actors.routing.topics import TopicTable, Types, route

StartSubscriber = Callable[[Subscribe], pykka.ActorRef[Any]]
"""Starts a subscriber actor for a wish whose ``to`` is a callable."""


class Subscription(Struct, frozen=True, eq=False):
    """One subscription: ``to`` is what the command named, ``ref`` the actor that is told the events.

    With ``columns`` the actor takes ``Deliver``; with ``batch`` it takes lists. ``started`` means that the
    actor was started for this subscription and ends with it.
    """

    topic: str
    to: Any
    ref: pykka.ActorRef[Any]
    batch: bool = False
    columns: bool = False
    started: bool = False
    but_from: str = ""

    def deliver(self, events: list[Any]) -> None:
        """Tell ``events`` to the actor; raises ``pykka.ActorDeadError`` if it has ended."""
        if self.columns:
            self.ref.tell(Deliver(events))
        elif self.batch:
            self.ref.tell(list(unfolded(events)))
        else:
            for event in unfolded(events):
                self.ref.tell(event)

    def end(self) -> None:
        """Stop the actor if it was started for this subscription."""
        if self.started:
            self.ref.stop(block=False)


class Subscriptions:
    """All listeners. A callable gets a subscriber actor from ``start_subscriber``; one that has died is
    forgotten when there is something to tell it."""

    def __init__(self, start_subscriber: StartSubscriber) -> None:
        self._start_subscriber = start_subscriber
        self._topics: TopicTable[Subscription] = TopicTable()

    def __len__(self) -> int:
        return len(self._topics)

    @property
    def topics(self) -> frozenset[str]:
        """The prefixes that anybody listens to."""
        return frozenset(listener.topic for listener in self._topics)

    def add(self, wish: Subscribe) -> None:
        """Subscribe an actor, or a callable by way of a subscriber actor that is started for it."""
        if isinstance(wish.to, pykka.ActorRef):
            subscription = Subscription(wish.topic, wish.to, wish.to, batch=wish.batch)
        else:
            ref = self._start_subscriber(wish)
            subscription = Subscription(wish.topic, wish.to, ref, columns=True, started=True)
        self._topics.add(wish.topic, subscription)

    def add_types(self, types: Types, ref: pykka.ActorRef[Any], but_from: str) -> None:
        """Subscribe an actor of the runtime to events by their types, except those from ``but_from``."""
        self._topics.add_types(types, Subscription("", ref, ref, but_from=but_from))

    def add_columns(self, topic: str, ref: pykka.ActorRef[Any]) -> None:
        """Subscribe an actor of the runtime, which takes the ticks of a read as columns."""
        self._topics.add(topic, Subscription(topic, ref, ref, columns=True))

    def remove(self, wish: Unsubscribe) -> bool:
        """Whether there was such a subscription."""
        found = [each for each in self._topics if each.topic == wish.topic and each.to == wish.to]
        for listener in found:
            self._topics.remove(listener)
            listener.end()
        return bool(found)

    def deliver(self, items: Sequence[Item], source: str = "") -> None:
        """Tell each subscription its part of ``items``, which come from ``source``."""
        for listener, events in route(items, self._topics).items():
            if source and listener.but_from == source:
                continue
            try:
                listener.deliver(events)
            except pykka.ActorDeadError:
                logger.debug("the listener to {!r} has ended; so does its subscription", listener.topic)
                self._topics.remove(listener)

    def end(self) -> None:
        for listener in self._topics:
            listener.end()
