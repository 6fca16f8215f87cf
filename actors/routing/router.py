"""The router: the one face of the runtime, and the crossing that every event passes."""

import contextlib
import math
import time
from collections.abc import Mapping
from typing import Any, cast

import pykka
from loguru import logger

from actors.engine.actor import RuntimeActor
from actors.errors import RequestError, RequestRefused, RequestTimeout
from actors.messages import commands, traffic
from actors.messages.commands import Command, PendingCommand, TradingCommand, VenueCommand
from actors.messages.control import Drain, HaltTrading, HandoverBegun
from actors.messages.events import Event
from actors.messages.outbound import ConnectionWanted
from actors.messages.status import Describe, Described, RouterStatus
from actors.messages.supervision import RestartChild
from actors.routing.handover import Handovers
from actors.routing.links import Links
from actors.routing.messages import DeadlinePassed, LinkOpened, LinkReadable, RouterRefs
from actors.routing.sequence import SequenceTracker
from actors.routing.status import StatusCollector
from actors.routing.subscriptions import StartSubscriber, Subscriptions
from actors.routing.venue_facts import Decision, VenueFacts
from actors.routing.waiters import Waiter, Waiters


class Router(RuntimeActor):
    """Owns the subscriptions, the waiters and the latest facts; reads the workers' links itself.

    Receives commands from users and ``EventBatch`` from everyone; sends requests on their way out, and
    each event to whoever subscribed to its topic.
    """

    def __init__(
        self,
        start_subscriber: StartSubscriber,
        default_deadline: float,
        unserved: Mapping[type[Command], str],
        **kwargs: Any,
    ) -> None:
        """``unserved`` says why commands of a kind are refused: the venue has nothing of the sort."""
        super().__init__("router", **kwargs)
        self._audience = Subscriptions(start_subscriber)
        self._facts = VenueFacts()
        self._continuity = SequenceTracker()
        self._handovers = Handovers()
        self._waiters = Waiters(default_deadline, unserved)
        self._refs: RouterRefs
        self._links = Links(self.inbox)
        self._draining = False
        self._events = self._ticks = self._lost = 0

    def on_receive(self, message: Any) -> None:
        match message:
            case LinkReadable(opened=opened):
                self._route_all(self._links.read(opened, self.name))
            case traffic.EventBatch():
                self._route(message)
            case Command():
                self._accept(message)
            case DeadlinePassed(id=id):
                self._fail(id, RequestTimeout("no answer within the deadline"))
            case traffic.Response():
                self._settle(message.request, message.value)
            case traffic.Failure():
                self._fail(message.request, message.exception)
            case traffic.RequestDone():
                self._end(message)
            case Described():
                self._draw(message)
            case LinkOpened():
                self._route_all(self._links.add(message, self.name))
            case HandoverBegun():
                news = self._handovers.begin(message, self._continuity.lives)
                self._route(traffic.EventBatch(self.name, news))
            case traffic.SubscribeTypes():
                self._audience.add_types(message.types, message.to, message.but_from)
            case traffic.SubscribeColumns(topic=topic, to=to):
                self._audience.add_columns(topic, to)
            case RouterRefs():
                self._refs = message
            case Drain():
                self._drain()
            case _:
                self.unexpected(message)

    def _route_all(self, batches: list[traffic.EventBatch]) -> None:
        for batch in batches:
            self._route(batch)

    def _route(self, batch: traffic.EventBatch) -> None:
        if missing := self._continuity.missing(batch):
            self._lost += missing
            logger.error("{} batches of {} have not arrived", missing, batch.source)
        items = self._continuity.current(batch)
        items = self._handovers.sift(batch.source, items) if self._handovers else items
        for item in items:
            match item:
                case traffic.Ticks():
                    self._ticks += len(item)
                case traffic.Response() | traffic.Failure() if item.reply_to is traffic.ReplyTo.CANDLES:
                    succeeded = isinstance(item, traffic.Response)
                    self._end(traffic.RequestDone(item.request, succeeded, item.reply_to))
                    if not self._draining:  # then the desk may have ended
                        self._refs.candle_desk.tell(item)
                case traffic.Response():
                    self._settle(item.request, item.value)
                case traffic.Failure(order=order) if order:
                    with contextlib.suppress(pykka.ActorDeadError):  # it has said its last words
                        self._refs.desk.tell(item)
                case traffic.Failure():
                    self._fail(item.request, item.exception)
                case Event():
                    self._events += 1
                    self._continuity.learn(item)
                    if self._facts.learn(item):
                        for waiter in self._waiters.take_undecided():
                            self._consider(waiter)
        self._audience.deliver(items, "" if batch.epoch else batch.source)

    def _accept(self, command: Command) -> None:
        waiter = self._waiters.add(command, self.defer(), self.now())
        if math.isfinite(waiter.expires_at) and not isinstance(command, TradingCommand):
            waiter.timer = self.after(waiter.expires_at - self.now(), DeadlinePassed(waiter.id))
        match command:
            case _ if waiter.flaw:
                self._fail(waiter.id, RequestRefused(waiter.flaw))
            case commands.Subscribe():
                self._audience.add(command)
                self._settle(waiter.id, command.topic)
            case commands.Unsubscribe():
                self._settle(waiter.id, self._audience.remove(command))
            case commands.GetStatus():
                waiter.picture = StatusCollector()
                for part in self._refs.parts:
                    part.tell(Describe(waiter.id, self.actor_ref))
            case commands.Restart(name=name):
                self._refs.supervisor.tell(RestartChild(waiter.id, name))
            case _:
                self._consider(waiter)

    def _consider(self, waiter: Waiter) -> None:
        if self._draining:
            self._drain()
            return
        try:
            answer = self._facts.consider(waiter.command, time.time())
        except RequestRefused as refused:
            self._fail(waiter.id, refused)
            return
        if isinstance(answer, Decision) and not self._continuity.lives and waiter.needs_the_venue:
            self._refs.pool.tell(ConnectionWanted())
        if answer is Decision.WAIT:
            self._waiters.postpone(waiter)
        elif answer is Decision.FORWARD:
            self._forward(waiter)
        else:
            self._settle(waiter.id, answer)

    def _forward(self, waiter: Waiter) -> None:
        command = waiter.command
        if isinstance(command, TradingCommand):  # the desks answer by themselves, by the deadline and truly
            desk = self._refs.pending_desk if isinstance(command, PendingCommand) else self._refs.desk
            trade = traffic.TradingRequest(waiter.id, command, waiter.expires_at)
            waiter.forwarded = True
            desk.tell(HaltTrading(waiter.id, command.reason) if isinstance(command, commands.Halt) else trade)
        elif isinstance(command, commands.LoadCandles):
            self._refs.candle_desk.tell(
                traffic.CandleRequest(waiter.id, command, waiter.expires_at, self.actor_ref)
            )
        else:
            waiter.forwarded = True
            request = traffic.Request(waiter.id, cast("VenueCommand", command), waiter.expires_at)
            self._refs.outbound.tell(request)

    def _settle(self, id: int, value: Any) -> None:
        if (waiter := self._waiters.take(id)) is not None:
            waiter.settle(value)
            self._answered(waiter, succeeded=True)

    def _fail(self, id: int, error: RequestError) -> None:
        if (waiter := self._waiters.take(id)) is None:
            return
        news = waiter.fail(error)
        self._answered(waiter, succeeded=False)
        if news is not None:
            logger.warning("{} failed: {}", news.command, error)
            self._route(traffic.EventBatch(self.name, [news]))

    def _answered(self, waiter: Waiter, *, succeeded: bool) -> None:
        if not waiter.forwarded:
            return
        done = traffic.RequestDone(waiter.id, succeeded)
        self._end(done)
        if isinstance(waiter.command, PendingCommand) and not self._draining:
            self._refs.pending_desk.tell(done)

    def _end(self, done: traffic.RequestDone) -> None:
        if not self._draining:  # then the way out is being taken down
            for ref in self._refs.done_to:
                ref.tell(done)

    def _draw(self, described: Described) -> None:
        waiter = self._waiters.get(described.id)
        if waiter is not None and waiter.picture is not None and waiter.picture.add(described):
            listeners, waiting = len(self._audience), len(self._waiters) - 1
            own = RouterStatus(self._events, self._ticks, listeners, waiting, self._lost)
            self._settle(waiter.id, waiter.picture.compose(own))

    def _drain(self, but: type[Command] | tuple[()] = TradingCommand) -> None:
        """Nobody need wait any longer but for the desks, which have their own last words."""
        self._draining = True
        for waiter in self._waiters.take_all(but=but):
            waiter.fail(RequestError("the runtime stopped before there was an answer"))

    def release(self, unhandled: list[Any]) -> None:
        self._drain(but=())
        self._audience.end()
        self._links.close(each for each in unhandled if isinstance(each, LinkOpened))
