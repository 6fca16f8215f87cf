"""The commands that have no answer yet."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from actors.errors import OrderUnknown, RequestError
from actors.messages.commands import (
    CancelPendingOrder,
    CheckTopic,
    Command,
    GetAssets,
    GetBalance,
    GetPayout,
    GetServerTime,
    GetStatus,
    Halt,
    LoadCandles,
    LoadTicks,
    OrderCommand,
    Resume,
    SendRaw,
    Subscribe,
    SubscribeCandles,
    SubscribeTicks,
    UnsubscribeCandles,
    UnsubscribeTicks,
    order_id,
    unsent,
)
from actors.messages.events import CommandFailed
from actors.messages.owners import PROGRAM, Owner
from actors.messages.topics import pattern
from actors.routing.raw_rules import RawRules
from actors.routing.status import StatusCollector
from actors.routing.subscriptions import Subscription
from actors.routing.validation import problem

STOPPED = "the runtime stopped before there was an answer"


_READS = CheckTopic | GetAssets | GetBalance | GetPayout | GetServerTime | GetStatus | LoadCandles | LoadTicks


class Waiter:
    """One command.

    ``slot`` takes its answer; ``None``: the command was told, not asked. ``timer`` runs until its deadline.
    ``problem``: the command is to be refused with this text. ``forwarded``: another actor answers it.
    ``begun`` is when it came.
    ``collector`` gathers the parts of a status, ``subscription`` is the one that it began, and ``owner`` the
    owner of the stream that it asks for. ``ask`` is the number that its caller gave it, or 0, and
    ``waits_until`` is when the timeout of its caller passes. ``order`` is the id of the order that it places.
    """

    __slots__ = (
        "ask",
        "begun",
        "collector",
        "command",
        "expires_at",
        "forwarded",
        "id",
        "order",
        "owner",
        "problem",
        "slot",
        "subscription",
        "timer",
        "waits_until",
    )

    def __init__(
        self,
        id: int,
        command: Command,
        slot: Any,
        begun: float,
        expires_at: float,
        problem: str,
        ask: int = 0,
        waits_until: float = math.inf,
        order: str = "",
        owner: Owner = PROGRAM,
    ) -> None:
        self.id = id
        self.owner = owner
        self.ask = ask
        self.waits_until = waits_until
        self.order = order
        self.command = command
        self.begun = begun
        self.slot = slot
        self.expires_at = expires_at
        self.timer: Any = None
        self.problem = problem
        self.forwarded = False
        self.collector: StatusCollector | None = None
        self.subscription: Subscription | None = None

    @property
    def streams(self) -> str:
        """The asset that it asks to be streamed, or ``""``."""
        match self.command:
            case SubscribeTicks(asset=asset):
                return asset
            case Subscribe(topic=topic, stream=True):
                return pattern(topic).ticks_of
        return ""

    @property
    def lasts(self) -> bool:
        """Whether what it asks for goes on for its owner: a stream, bars, or a text after each login."""
        if isinstance(self.command, SubscribeCandles):
            return True
        return bool(self.streams) or (isinstance(self.command, SendRaw) and self.command.each_login)

    @property
    def only_reads(self) -> bool:
        """Whether its command has no effect: nothing is lost if it is ended early."""
        return isinstance(self.command, _READS)

    @property
    def needs_connection(self) -> bool:
        """Whether its command has no effect without a connection."""
        return isinstance(self.command, OrderCommand | CancelPendingOrder | LoadCandles | LoadTicks | SendRaw)

    @property
    def needs_the_venue(self) -> bool:
        """``False`` for a halt and a resumption, which the order desk carries out alone."""
        return not isinstance(self.command, Halt | Resume)

    def cut_off(self) -> RequestError:
        """The error when the runtime stops before there is an answer."""
        if not isinstance(self.command, OrderCommand):
            return RequestError(STOPPED)
        if self.forwarded:
            return OrderUnknown(STOPPED)
        return unsent(self.command, "the runtime stopped before it was sent")

    def answer(self, value: Any) -> None:
        if self.slot is not None:
            self.slot.set(value)

    def fail(self, error: RequestError) -> CommandFailed | None:
        """Fail the ask; for a command that was told, the event to publish instead."""
        error.order = error.order or self.order
        if self.slot is None:
            reason = f"{type(error).__name__}: {error}"
            return CommandFailed(type(self.command).__name__, reason, self.order)
        self.slot.fail(error)
        return None


class Waiters:
    """By id, counted up from 1. A waiter is undecided while the venue's facts do not suffice to decide it."""

    def __init__(
        self, default_deadline: float, unserved: Mapping[type[Command], str], raw: RawRules | None = None
    ) -> None:
        self._default_deadline = default_deadline
        self._unserved = unserved
        self._raw = raw
        self._ids = itertools.count(1)
        self._waiters: dict[int, Waiter] = {}
        self._undecided: dict[int, Waiter] = {}
        self._by_ask: dict[int, Waiter] = {}

    def __len__(self) -> int:
        return len(self._waiters)

    def add(
        self,
        command: Command,
        slot: Any,
        now: float,
        *,
        ask: int = 0,
        waits_until: float = math.inf,
        order: str = "",
        owner: Owner = PROGRAM,
    ) -> Waiter:
        """A new waiter, with its problem found and its deadline set. ``waits_until`` is when the timeout of
        its caller passes. ``order`` is the id of the order that it places, if its caller knows one."""
        wrong = problem(command) or self._why_unserved(command)
        deadline = self._default_deadline if wrong or command.deadline is None else command.deadline
        expires_at = min(now + deadline, waits_until)
        if not order and isinstance(command, OrderCommand):
            order = order_id(command)
        waiter = Waiter(
            next(self._ids), command, slot, now, expires_at, wrong, ask, waits_until, order, owner
        )
        self._waiters[waiter.id] = waiter
        if ask:
            self._by_ask[ask] = waiter
        return waiter

    def _why_unserved(self, command: Command) -> str:
        for kind, reason in self._unserved.items():
            if isinstance(command, kind):
                return reason
        return "" if self._raw is None else self._raw.problem(command)

    def get(self, id: int) -> Waiter | None:
        return self._waiters.get(id)

    def of_ask(self, ask: int) -> Waiter | None:
        """The waiter of ``ask``; ``None`` if it has its answer already."""
        return self._by_ask.get(ask)

    def of_owner(self, owner: Owner) -> list[Waiter]:
        """Those that ``owner`` has for what lasts, or for its end."""
        return [
            each
            for each in self._waiters.values()
            if each.owner.itself == owner
            and (each.lasts or isinstance(each.command, UnsubscribeTicks | UnsubscribeCandles))
        ]

    def of_subscriptions(self, subscriptions: Sequence[Subscription]) -> list[Waiter]:
        """Those that wait for the streams of ``subscriptions``."""
        begun = set(map(id, subscriptions))
        return [each for each in self._waiters.values() if id(each.subscription) in begun]

    def ask_for_stream(self, asset: str) -> bool:
        """Whether one asks for the stream of ``asset``."""
        return any(each.streams == asset for each in self._waiters.values())

    def pop(self, id: int) -> Waiter | None:
        """Remove a waiter and cancel its timer; ``None`` if it has its answer already."""
        self._undecided.pop(id, None)
        waiter = self._waiters.pop(id, None)
        if waiter is not None:
            self._by_ask.pop(waiter.ask, None)
            if waiter.timer is not None:
                waiter.timer.cancel()
        return waiter

    def pop_all(self, keep: type[Command] | tuple[()] = ()) -> list[Waiter]:
        """Remove every waiter, except those whose command is of a type in ``keep``."""
        waiters = [waiter for waiter in self._waiters.values() if not isinstance(waiter.command, keep)]
        for waiter in waiters:
            self.pop(waiter.id)
        return waiters

    def postpone(self, waiter: Waiter) -> None:
        """Keep it among the undecided."""
        self._undecided[waiter.id] = waiter

    def pop_undecided(self) -> list[Waiter]:
        """The undecided waiters in their order, to be decided again."""
        undecided = list(self._undecided.values())
        self._undecided.clear()
        return undecided
