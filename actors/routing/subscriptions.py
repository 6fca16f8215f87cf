"""Which actor is told which events, and in which form."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from actors.messages.commands import Subscribe, Unsubscribe
from actors.messages.lifecycle import Tellable
from actors.messages.topics import pattern
from actors.messages.traffic import Deliver, Item, unfolded
from actors.routing.topics import TopicTable, Types, route


class SubscriberRef(Tellable, Protocol):
    """A subscriber actor, started for one subscription."""

    def stop(self, *, block: bool) -> object: ...


StartSubscriber = Callable[[Subscribe], SubscriberRef]
"""Starts the subscriber actor for a command whose ``to`` is a callable."""


class Subscription(Struct, frozen=True, eq=False):
    """``to`` is what the command named; ``ref`` is the actor that is told the events.

    With ``columns`` the actor takes ``Deliver``; with ``batch`` it takes lists; otherwise single events.
    ``started`` is the actor if it was started for this subscription, and ends with it. With ``streams``, an
    asset, the stream of that asset is kept for it.
    """

    topic: str
    to: Any
    ref: Tellable
    batch: bool = False
    columns: bool = False
    started: SubscriberRef | None = None
    except_from: str = ""
    streams: str = ""

    def deliver(self, events: list[Any]) -> None:
        """Tell ``events`` to the actor; raises what its ``tell`` raises."""
        if self.columns:
            self.ref.tell(Deliver(events))
        elif self.batch:
            self.ref.tell(list(unfolded(events)))
        else:
            for event in unfolded(events):
                self.ref.tell(event)

    def end(self) -> None:
        if self.started is not None:
            self.started.stop(block=False)


def _no_taps(connections: tuple[str, ...]) -> None:
    """For a router whose connections are another process's."""


class Subscriptions:
    """All subscriptions of one router. ``use_taps`` is called with the connections whose messages are
    listened to (``*`` is all of them) when these change. ``dead`` is the error of telling an actor that has
    ended."""

    def __init__(
        self,
        start_subscriber: StartSubscriber,
        use_taps: Callable[[tuple[str, ...]], None] = _no_taps,
        *,
        dead: type[Exception],
    ) -> None:
        self._start_subscriber = start_subscriber
        self._use_taps = use_taps
        self._taps: tuple[str, ...] = ()
        self._dead = dead
        self._topics: TopicTable[Subscription] = TopicTable()

    def __len__(self) -> int:
        return len(self._topics)

    @property
    def topics(self) -> frozenset[str]:
        """Those subscribed to, as they were written."""
        return frozenset(subscription.topic for subscription in self._topics)

    def add(self, command: Subscribe) -> Subscription:
        """Subscribe an actor, or a callable by way of a subscriber actor that is started for it."""
        topic, to = command.topic, command.to
        wanted = pattern(topic)
        streams = wanted.ticks_of if command.stream else ""
        if callable(to):
            started = self._start_subscriber(command)
            subscription = Subscription(topic, to, started, columns=True, started=started, streams=streams)
        else:
            subscription = Subscription(topic, to, to, batch=command.batch, streams=streams)
        self._topics.add(wanted, subscription)
        self._tap()
        return subscription

    def add_types(self, types: Types, ref: Tellable, except_from: str) -> None:
        """Subscribe an actor of the runtime to events by their types, except those from ``except_from``."""
        self._topics.add_types(types, Subscription("", ref, ref, except_from=except_from))

    def add_columns(self, topic: str, ref: Tellable) -> None:
        """Subscribe an actor of the runtime, which takes the ticks of a read as columns."""
        self._topics.add(pattern(topic), Subscription(topic, ref, ref, columns=True))
        self._tap()

    def remove(self, command: Unsubscribe) -> list[Subscription]:
        """End the subscriptions of ``command.to`` to ``command.topic``, however it was written."""
        wanted = pattern(command.topic)
        found = [each for each in self._topics if each.to == command.to and pattern(each.topic) == wanted]
        for subscription in found:
            self.discard(subscription)
        return found

    def discard(self, subscription: Subscription) -> None:
        """End ``subscription``, if it has not ended."""
        if self._topics.remove(subscription):
            subscription.end()
            self._tap()

    def no_longer_streamed(self, ended: Iterable[Subscription]) -> set[str]:
        """The assets that were streamed for the ``ended`` subscriptions, and are for none that is left."""
        return {each.streams for each in ended} - {each.streams for each in self._topics} - {""}

    def deliver(self, items: Sequence[Item], source: str = "") -> Sequence[Subscription]:
        """Tell each subscription its part of ``items``, which come from ``source``.

        A subscription whose actor has ended ends too; returns those.
        """
        ended: tuple[Subscription, ...] = ()
        for subscription, events in route(items, self._topics).items():
            if source and subscription.except_from == source:
                continue
            try:
                subscription.deliver(events)
            except self._dead:
                self._topics.remove(subscription)
                ended = (*ended, subscription)
        if ended:
            self._tap()
        return ended

    def _tap(self) -> None:
        wires = {pattern(each.topic).wire_of for each in self._topics if each.topic} - {""}
        taps = tuple(sorted(wires))
        if taps != self._taps:
            self._taps = taps
            self._use_taps(taps)

    def end(self) -> None:
        """Stop every subscriber that was started for a subscription."""
        for subscription in self._topics:
            subscription.end()
