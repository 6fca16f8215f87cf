"""The router: the one face of the runtime, and the crossing that every event passes."""

import math
import time
from collections.abc import Callable
from typing import Any, cast

import pykka
from loguru import logger

from actors.base import RuntimeActor
from actors.errors import RequestError, RequestRefused, RequestTimeout, WorkerDied, request_error
from actors.listener import Listener
from actors.messages.commands import Command, GetStatus, Subscribe, Unsubscribe, VenueCommand
from actors.messages.control import Drain
from actors.messages.events import CandlesLoaded, CommandFailed, Event, WorkerDown
from actors.messages.lifecycle import DeadlinePassed, Link, LinkOpened, LinkReadable, Tellable, Wired
from actors.messages.status import Describe, Described, RouterStatus
from actors.messages.traffic import (
    EventBatch,
    Failure,
    Reply,
    Request,
    Settled,
    Ticks,
)
from actors.policy.facts import VenueFacts, Verdict
from actors.policy.picture import Picture
from actors.policy.topics import TopicTable, route
from actors.policy.waiting import Waiter, Waiters


class Router(RuntimeActor):
    """Owns the subscriptions, the waiters and the latest facts; reads the workers' links itself.

    Receives commands from users and ``EventBatch`` from everyone; sends requests on their way out, and
    each event to whoever subscribed to its topic.
    """

    def __init__(
        self,
        start_subscriber: Callable[[Subscribe], pykka.ActorRef[Any]],
        default_deadline: float,
        **kwargs: Any,
    ) -> None:
        super().__init__("router", **kwargs)
        self._start_subscriber = start_subscriber
        self._topics: TopicTable[Listener] = TopicTable()
        self._facts = VenueFacts()
        self._waiters = Waiters(default_deadline)
        self._outbound: Tellable
        self._pool: Tellable
        self._parts: tuple[Tellable, ...] = ()
        self._links: set[Link] = set()
        self._draining = False
        self._events = self._ticks = 0

    def on_receive(self, message: Any) -> None:
        match message:
            case LinkReadable():
                self._read(message.opened)
            case EventBatch():
                self._route(message)
            case Command():
                self._accept(message)
            case DeadlinePassed(id=id):
                self._fail(id, RequestTimeout("no answer within the deadline"))
            case Described():
                self._draw(message)
            case LinkOpened(link=link):
                self._links.add(link)
                self.watch(link, LinkReadable(message))
            case Wired():
                self._outbound, self._pool, self._parts = message.outbound, message.pool, message.parts
            case Drain():
                self._drain()
            case _:
                self.unexpected(message)

    def _read(self, opened: LinkOpened) -> None:
        link: Link = opened.link
        try:
            batches = link.receive()
        except WorkerDied as error:
            self.inbox.unwatch(link)
            self._links.discard(link)
            link.close()
            batches = [EventBatch(self.name, [WorkerDown(opened.worker, opened.pid, str(error))])]
        for batch in batches:
            self._route(batch)

    def _route(self, batch: EventBatch) -> None:
        for item in batch.items:
            match item:
                case Ticks():
                    self._ticks += len(item.ticks)
                case Reply():
                    self._settle(item.request, item.value)
                case Failure():
                    self._fail(item.request, request_error(item.error, item.reason, item.retry_after))
                case Event():
                    self._events += 1
                    if self._facts.learn(item):
                        for waiter in self._waiters.take_undecided():
                            self._consider(waiter)
        for listener, events in route(batch.items, self._topics).items():
            try:
                listener.deliver(events)
            except pykka.ActorDeadError:
                logger.debug("the listener to {!r} has ended; so does its subscription", listener.topic)
                self._topics.remove(listener)

    def _accept(self, command: Command) -> None:
        waiter = self._waiters.add(command, self.defer(), self.now())
        if math.isfinite(waiter.expires_at):
            waiter.timer = self.after(waiter.expires_at - self.now(), DeadlinePassed(waiter.id))
        match command:
            case Subscribe():
                self._subscribe(command)
                self._settle(waiter.id, command.topic)
            case Unsubscribe():
                self._settle(waiter.id, self._unsubscribe(command))
            case GetStatus():
                waiter.picture = Picture()
                for part in self._parts:
                    part.tell(Describe(waiter.id, self.actor_ref))
            case _:
                self._consider(waiter)

    def _consider(self, waiter: Waiter) -> None:
        if self._draining:
            self._drain()
            return
        try:
            answer = self._facts.consider(waiter.command)
        except RequestRefused as refused:
            self._fail(waiter.id, refused)
            return
        if answer is Verdict.WAIT:
            self._waiters.postpone(waiter)
        elif answer is Verdict.FORWARD:
            waiter.forwarded = True
            command = cast("VenueCommand", waiter.command)
            self._outbound.tell(Request(waiter.id, command, waiter.expires_at))
        else:
            self._settle(waiter.id, answer)

    def _settle(self, id: int, value: Any) -> None:
        if (waiter := self._take(id)) is not None:
            waiter.settle(value.candles if isinstance(value, CandlesLoaded) else value)

    def _fail(self, id: int, error: RequestError) -> None:
        waiter = self._take(id)
        if waiter is not None and not waiter.fail(error):
            logger.warning("{} failed: {}", type(waiter.command).__name__, error)
            reason = f"{type(error).__name__}: {error}"
            self._route(EventBatch(self.name, [CommandFailed(type(waiter.command).__name__, reason)]))

    def _take(self, id: int) -> Waiter | None:
        waiter = self._waiters.take(id)
        if waiter is not None:
            if waiter.timer is not None:
                waiter.timer.cancel()
            if waiter.forwarded:
                self._outbound.tell(Settled(id))
                self._pool.tell(Settled(id))
        return waiter

    def _draw(self, described: Described) -> None:
        waiter = self._waiters.get(described.id)
        if waiter is None or waiter.picture is None:
            return
        if waiter.picture.add(described.part):
            own = RouterStatus(self._events, self._ticks, len(self._topics), len(self._waiters) - 1)
            self._settle(waiter.id, waiter.picture.compose(own, time.time()))

    def _subscribe(self, wish: Subscribe) -> None:
        owned = not isinstance(wish.to, pykka.ActorRef)
        ref = wish.to if isinstance(wish.to, pykka.ActorRef) else self._start_subscriber(wish)
        self._topics.add(wish.topic, Listener(wish.topic, wish.to, ref, wish.batch, owned))

    def _unsubscribe(self, wish: Unsubscribe) -> bool:
        found = [each for each in self._topics if each.topic == wish.topic and each.to == wish.to]
        for listener in found:
            self._topics.remove(listener)
            listener.end()
        return bool(found)

    def _drain(self) -> None:
        """Nobody need wait any longer; events are still delivered."""
        self._draining = True
        for waiter in self._waiters.take_all():
            waiter.fail(RequestError("the runtime stopped before there was an answer"))

    def release(self, unhandled: list[Any]) -> None:
        self._drain()
        for listener in self._topics:
            listener.end()
        for link in self._links:
            link.close()
