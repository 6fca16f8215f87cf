"""The router: takes every command, and routes every event to its subscribers."""

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pykka
from loguru import logger
from msgspec import structs

from actors.engine.actor import RuntimeActor
from actors.engine.router_ref import RouterRef
from actors.errors import RequestError, RequestRefused, RequestTimeout
from actors.messages import commands, traffic
from actors.messages.commands import (
    COMMANDS,
    Command,
    OrderCommand,
    TradingCommand,
    no_command,
)
from actors.messages.control import Drain
from actors.messages.events import CommandFailed, ConnectionUp, Event, StreamConfirmed
from actors.messages.lifecycle import Begin
from actors.messages.outbound import ConnectionWanted
from actors.messages.owners import PROGRAM, AskOwners, Owner, OwnerEnded, OwnersTold
from actors.messages.routing import (
    Asked,
    CannotGoOn,
    GivenUp,
    HandoverBegun,
    SubscribeColumns,
    SubscribeTypes,
)
from actors.messages.status import Describe, Described, RouterStatus
from actors.messages.supervision import CONNECT_AGAIN, ConnectAll, DisconnectAll, RestartChild
from actors.messages.topics import TICK, pattern
from actors.messages.traffic import EventBatch, Failure, RequestDone, Response, Ticks
from actors.messages.workers import UseTaps
from actors.routing.answer_times import AnswerTimes
from actors.routing.availability import Availability
from actors.routing.handover import Handovers
from actors.routing.links import Links
from actors.routing.messages import DeadlinePassed, LinkOpened, LinkReadable, RouterRefs, StreamDue
from actors.routing.raw_rules import RawRules
from actors.routing.sequence import SequenceTracker
from actors.routing.status import StatusCollector
from actors.routing.streams import STREAM_DUE, not_streamed, release_request
from actors.routing.subscriptions import StartSubscriber, Subscription, Subscriptions
from actors.routing.venue_facts import Decision, VenueFacts
from actors.routing.waiters import Waiter, Waiters
from actors.routing.way_out import WayOut


class Router(RuntimeActor):
    """Owns the subscriptions, the waiters and the latest facts of the venue; reads the links to the workers.

    Receives commands from users and ``EventBatch`` from every source. Sends requests to ``outbound``, the
    desks and the history loader, and each event to its subscribers.
    """

    def __init__(
        self,
        start_subscriber: StartSubscriber,
        default_deadline: float,
        unserved: Mapping[type[Command], str],
        raw: RawRules | None = None,
        **kwargs: Any,
    ) -> None:
        """``unserved``: the kinds of commands that the venue does not offer, and the reason to give."""
        super().__init__("router", **kwargs)
        self._actor_ref = RouterRef(self, COMMANDS)
        self._subscriptions = Subscriptions(start_subscriber, self._use_taps, dead=pykka.ActorDeadError)
        self._facts = VenueFacts()
        self._sequence = SequenceTracker()
        self._handovers = Handovers()
        self._answers = AnswerTimes()
        self._waiters = Waiters(default_deadline, unserved, raw)
        self._refs: RouterRefs
        self._links = Links(self.inbox)
        self._way_out: WayOut
        self._venue = Availability()
        self._events = self._ticks = self._lost = 0

    def on_receive(self, message: Any) -> None:
        match message:
            case LinkReadable(opened=opened):
                for batch in self._links.read(opened, self.name):
                    self._route(batch)
            case EventBatch():
                self._route(message)
            case Asked():
                self._accept(message)
            case Command():
                self._accept(Asked(message))
            case GivenUp(ask=ask):
                self._give_up(ask)
            case DeadlinePassed(id=id):
                self._expire(id)
            case Response():
                self._answer(message.request, message.value)
            case Failure():
                self._fail(message.request, message.exception)
            case RequestDone():
                self._free(message)
            case Described():
                self._on_described(message)
            case LinkOpened():
                for batch in self._links.add(message, self.name):
                    self._route(batch)
            case CannotGoOn(reason=reason):
                self._on_failed(reason)
            case HandoverBegun():
                self._route(EventBatch(self.name, self._handovers.begin(message, self._sequence.lives)))
            case SubscribeTypes():
                self._subscriptions.add_types(message.types, message.to, message.except_from)
            case SubscribeColumns(topic=topic, to=to):
                self._subscriptions.add_columns(topic, to)
            case Drain():
                self._drain()
            case _:
                self._receive_rest(message)

    def _receive_rest(self, message: Any) -> None:
        """What comes seldom."""
        match message:
            case OwnersTold():
                self._on_owners_told(message)
            case OwnerEnded(owner=owner):
                self._on_owner_ended(owner)
            case StreamDue(topic=topic):
                self._check_stream(topic)
            case RouterRefs():
                self._refs = message
                self._way_out = WayOut(message, self.actor_ref)
            case Begin():
                pass
            case _:
                self._refuse(message)

    def _refuse(self, message: Any) -> None:
        """``message`` was told, and is neither a command nor one of the runtime's own messages."""
        refused = no_command(message)
        logger.warning("{}", refused)
        name = message.__name__ if isinstance(message, type) else type(message).__name__
        self._route(EventBatch(self.name, [CommandFailed(name, f"{type(refused).__name__}: {refused}")]))

    def _route(self, batch: EventBatch) -> None:
        """HOT: one batch per read."""
        if lost := self._sequence.gap_before(batch):
            self._lost += lost
            logger.error("{} batches of {} have not arrived: report this with the log", lost, batch.source)
        items = self._sequence.items_to_deliver(batch)
        if self._handovers.by_asset:
            items = self._handovers.deduplicate(batch.source, items)
        for item in items:
            if type(item) is Ticks:
                self._ticks += len(item.times)
            else:
                self._process(item)
        if ended := self._subscriptions.deliver(items, "" if batch.epoch else batch.source):
            self._on_subscriptions_ended(ended)

    def _process(self, item: traffic.Item) -> None:
        """Take note of an answer or an event."""
        match item:
            case Response() | Failure() if item.reply_to is traffic.ReplyTo.CANDLES:
                self._free(RequestDone(item.request, isinstance(item, Response), item.reply_to))
                if not self._venue.draining:  # otherwise the history loader may have ended
                    self._refs.history_loader.tell(item)
            case Response():
                self._answer(item.request, item.value)
            case Failure(order=order) if order:
                with contextlib.suppress(pykka.ActorDeadError):  # it has answered its waiters at its end
                    self._refs.order_desk.tell(item)
            case Failure():
                self._fail(item.request, item.exception)
            case Event():
                self._events += 1
                self._sequence.apply(item)
                if isinstance(item, ConnectionUp):
                    self._venue.failed = ""
                if self._facts.apply(item):
                    self._decide_again()

    def _accept(self, asked: Asked) -> None:
        command, ask, waits_until, order, owner, at = structs.astuple(asked)
        at = min(at, self.now())
        waiter = self._waiters.add(
            command, self.defer(), at, ask=ask, waits_until=waits_until, order=order, owner=owner
        )
        if math.isfinite(waiter.expires_at) and not isinstance(command, TradingCommand):
            waiter.timer = self.after(waiter.expires_at - self.now(), DeadlinePassed(waiter.id))
        match command:
            case _ if waiter.problem:
                self._fail(waiter.id, RequestRefused(waiter.problem))
            case commands.Subscribe() | commands.CheckTopic():
                self._subscribe(waiter, command)
            case commands.Unsubscribe():
                ended = self._subscriptions.remove(command)
                self._release_streams(ended)
                self._answer(waiter.id, bool(ended))
            case commands.GetStatus() if not self._venue.draining:  # otherwise its parts may have ended
                waiter.collector = StatusCollector()
                desks = (self._refs.order_desk, self._refs.pending_desk)
                for part in self._refs.parts:
                    part.tell(Describe(waiter.id, self.actor_ref, overtakes=part in desks))
            case commands.Restart() | commands.Disconnect() | commands.Connect():
                self._supervise(waiter.id, command)
            case _:
                self._decide(waiter)

    def _supervise(self, id: int, command: commands.Restart | commands.Disconnect | commands.Connect) -> None:
        if self._venue.draining:  # the supervisor may have ended
            self._fail(id, RequestRefused("the runtime is stopping"))
            return
        match command:
            case commands.Restart(name=name):
                self._venue.failed = ""
                self._refs.supervisor.tell(RestartChild(id, name))
            case commands.Disconnect(reason=reason):
                reason = reason or "by a person"
                self._venue.disconnected = f"all connections are disconnected ({reason}): {CONNECT_AGAIN}"
                self._refs.supervisor.tell(DisconnectAll(id, reason))
                self._decide_again()
            case commands.Connect():
                self._venue.disconnected = ""
                self._refs.supervisor.tell(ConnectAll(id))

    def _subscribe(self, waiter: Waiter, command: commands.Subscribe | commands.CheckTopic) -> None:
        """Nothing waits for facts, or ticks would be missed meanwhile."""
        try:
            answer = self._facts.answer(command, self.utc())
        except RequestRefused as refused:
            self._fail(waiter.id, refused)
            return
        if isinstance(command, commands.Subscribe):
            waiter.subscription = self._subscriptions.add(command)
        asset = pattern(command.topic).ticks_of
        if isinstance(answer, Decision):
            self._decide(waiter)
        elif not asset or self._venue.draining or self._waiters.ask_for_stream(asset):
            self._answer(waiter.id, answer)
        elif waiter.slot is not None:
            self._refs.configured.tell(AskOwners(waiter.id, asset))
        else:
            self._answer(waiter.id, answer)
            self.after(STREAM_DUE, StreamDue(command.topic))

    def _check_stream(self, topic: str) -> None:
        if topic in self._subscriptions.topics and not self._venue.draining:
            self._refs.configured.tell(AskOwners(0, pattern(topic).ticks_of))

    def _on_owners_told(self, told: OwnersTold) -> None:
        streamed = told.owners or self._waiters.ask_for_stream(told.asset)
        if not (streamed or told.final or self._venue.draining):
            self._refs.pool.tell(AskOwners(told.id, told.asset))
            return
        waiter = self._waiters.get(told.id)
        if waiter is not None:
            topic = cast("commands.Subscribe", waiter.command).topic
            self._answer(waiter.id, topic if streamed else not_streamed(topic))
        elif not streamed and not told.id:
            logger.warning("{}", not_streamed(f"{TICK}.{told.asset}"))

    def _on_owner_ended(self, owner: Owner) -> None:
        """What is still to be sent for it would be kept in vain."""
        for waiter in self._waiters.of_owner(owner):
            self._fail(waiter.id, RequestError(f"{owner.name} has ended"))
        if not self._venue.draining:
            for ref in (self._refs.bars, self._refs.pool):
                ref.tell(OwnerEnded(owner))

    def _use_taps(self, connections: tuple[str, ...]) -> None:
        """The pool is told, since it sends: what is sent from now on is sent on a tapped connection."""
        if not self._venue.draining:
            self._refs.pool.tell(UseTaps(connections))

    def _on_subscriptions_ended(self, ended: Sequence[Subscription]) -> None:
        for subscription in ended:
            logger.debug("the subscription to {!r} ends with its actor", subscription.topic)
        self._release_streams(ended)

    def _release_streams(self, ended: Sequence[Subscription]) -> None:
        """What was streamed for the ``ended`` subscriptions is not streamed for them any more."""
        for waiter in self._waiters.of_subscriptions(ended):
            self._fail(waiter.id, RequestRefused("unsubscribed before it was confirmed"))
        for asset in self._subscriptions.no_longer_streamed(ended):
            if not self._venue.draining:
                self._refs.outbound.tell(release_request(asset, PROGRAM.for_subscription))

    def _decide(self, waiter: Waiter) -> None:
        if self._venue.draining:
            self._fail(waiter.id, waiter.cut_off())
            return
        try:
            answer = self._facts.answer(waiter.command, self.utc())
        except RequestRefused as refused:
            self._fail(waiter.id, refused)
            return
        connected = bool(self._sequence.lives.by_connection)
        if isinstance(answer, Decision) and not connected and waiter.needs_the_venue:
            self._refs.pool.tell(ConnectionWanted())
        if (refusal := self._venue.refusal(waiter, answer, connected=connected)) is not None:
            self._fail(waiter.id, refusal)
        elif answer is Decision.WAIT:
            self._waiters.postpone(waiter)
        elif answer is Decision.FORWARD:
            self._way_out.forward(waiter)
        else:
            self._answer(waiter.id, answer)

    def _on_failed(self, reason: str) -> None:
        self._venue.failed = f"the runtime cannot go on: {reason}"
        self._decide_again()

    def _decide_again(self) -> None:
        for waiter in self._waiters.pop_undecided():
            self._decide(waiter)

    def _expire(self, id: int) -> None:
        self._fail(id, RequestTimeout(f"no answer within the deadline{self._venue.because}"))

    def _give_up(self, ask: int) -> None:
        """Its caller waits no longer. What has an effect that may be wanted goes on, but for an order."""
        waiter = self._waiters.of_ask(ask)
        if waiter is None:
            return
        if isinstance(waiter.command, OrderCommand | commands.AwaitResult) and waiter.forwarded:
            with contextlib.suppress(pykka.ActorDeadError):  # it has answered its waiters at its end
                self._way_out.withdraw(waiter)
        elif waiter.only_reads:
            self._fail(waiter.id, RequestTimeout("its caller waits no longer"))

    def _answer(self, id: int, value: Any) -> None:
        if (waiter := self._waiters.pop(id)) is not None:
            begun = isinstance(waiter.command, commands.Subscribe) and isinstance(value, StreamConfirmed)
            waiter.answer(f"{TICK}.{value.asset}" if begun else value)
            self._on_answered(waiter, succeeded=True)

    def _fail(self, id: int, error: RequestError) -> None:
        if (waiter := self._waiters.pop(id)) is None:
            return
        if waiter.subscription is not None and not isinstance(error, RequestTimeout):
            self._subscriptions.discard(waiter.subscription)
        failed = waiter.fail(error)
        self._on_answered(waiter, succeeded=False)
        if failed is not None:
            logger.warning("{} was told and failed: {}; ask it, to get the error", failed.command, error)
            self._route(EventBatch(self.name, [failed]))

    def _on_answered(self, waiter: Waiter, *, succeeded: bool) -> None:
        if waiter.slot is not None:
            self._answers.add(type(waiter.command), self.now() - waiter.begun, succeeded=succeeded)
        if (
            waiter.forwarded and not self._venue.draining
        ):  # otherwise the actors of the way out may have ended
            self._way_out.done(waiter, RequestDone(waiter.id, succeeded))

    def _free(self, done: RequestDone) -> None:
        if not self._venue.draining:
            self._way_out.free(done)

    def _on_described(self, described: Described) -> None:
        waiter = self._waiters.get(described.id)
        if waiter is not None and waiter.collector is not None and waiter.collector.add(described):
            self._answer(waiter.id, waiter.collector.compose(self._status(), self.utc(), self.speed))

    def _status(self) -> RouterStatus:
        subscriptions, waiting = len(self._subscriptions), len(self._waiters) - 1  # not the one for this
        taken, failed = self._answers.distributions, self._answers.failed
        return RouterStatus(self._events, self._ticks, subscriptions, waiting, self._lost, taken, failed)

    def _drain(self, keep: type[Command] | tuple[()] = TradingCommand) -> None:
        """Fail every waiter, except for the commands that the desks answer when they end."""
        self._venue.draining = True
        for waiter in self._waiters.pop_all(keep=keep):
            waiter.fail(waiter.cut_off())

    def release(self, unhandled: list[Any]) -> None:
        self._drain(keep=())
        self._subscriptions.end()
        self._links.close(each for each in unhandled if isinstance(each, LinkOpened))
