"""The assignment of a pool with a simulated way out, venue and router."""

import math
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from typing import Any

from actors.lives import Lives
from actors.messages.commands import (
    Command,
    SendRaw,
    SubscribeTicks,
    UnsubscribeTicks,
)
from actors.messages.events import (
    ConnectionDown,
    ConnectionUp,
    StreamConfirmed,
    StreamDropped,
    StreamReleased,
)
from actors.messages.owners import Owner
from actors.messages.routing import HandoverBegun
from actors.messages.traffic import Failure, Item, Request, RequestDone, RequestPart, Response, Ticks
from actors.outbound.assignment import MOVE_TIMEOUT, Assignment, PoolEffect
from actors.outbound.members import PoolPlan
from actors.routing.handover import Handovers
from actors.values import Life, Tick
from tests.doubles.tick_columns import columns

NAMES = ("c1", "c2", "c3", "c4")


class PoolConnection:
    """One connection: ``asked`` is unanswered by the venue, ``output`` unread by the router."""

    def __init__(self) -> None:
        self.epoch = 0
        self.alive = False
        self.streams: dict[str, int] = {}
        self.asked: list[tuple[int, str, int]] = []
        self.output: deque[Any] = deque()


class PoolSimulation:
    """``ask``, ``subscribe``, ``drop`` and ``expire`` are what users do; ``rise``, ``die``, ``tick`` and
    ``answer`` are what the venue does. ``pass_on`` carries the oldest request to the pool, ``read`` the
    oldest item of a connection to the router, ``deliver`` the oldest message to the pool.
    """

    def __init__(
        self, connections: int = 3, *, cap: int = 4, standby: int = 0, kept: int | None = None
    ) -> None:
        self.names = NAMES[:connections]
        self.cap = cap
        self.now = 100.0
        self.assignment = Assignment(
            PoolPlan(self.names, connections if kept is None else kept, standby, cap, 60.0)
        )
        self.handovers = Handovers()
        self.lives = Lives()
        self.lines = {name: PoolConnection() for name in self.names}
        self.way_out: deque[Request] = deque()
        self.to_pool: deque[Any] = deque()
        self.waiters: set[int] = set()
        self.answers: dict[int, Any] = {}
        self.effects: list[PoolEffect] = []
        self.overloaded: set[str] = set()
        self.made: Counter[str] = Counter()
        self.got: defaultdict[str, list[float]] = defaultdict(list)
        self.peer = Owner("peer 1")
        self._ids = 0

    # Users

    def ask(self, command: Command, owner: Owner | None = None) -> int:
        self._ids += 1
        self.waiters.add(self._ids)
        connection = command.connection if isinstance(command, SendRaw) else ""
        request = Request(self._ids, command, self.now + 30.0, connection, owner=owner)  # type: ignore[arg-type]
        self.way_out.append(request)
        return self._ids

    def subscribe_attached(self, asset: str, period: int = 60) -> int:
        """The attached process subscribes."""
        self.assignment.owners.begin(self.peer)
        return self.ask(SubscribeTicks(asset, period), self.peer)

    def drop_attached(self, asset: str) -> int:
        return self.ask(UnsubscribeTicks(asset), self.peer)

    def end_attached(self) -> None:
        """The attached process ends, and another one is attached."""
        self.execute(self.assignment.on_owner_ended(self.peer))
        self.peer = Owner(f"peer {int(self.peer.name.removeprefix('peer ')) + 1}")

    def subscribe(self, *assets: str, period: int = 60) -> None:
        for asset in assets:
            self.ask(SubscribeTicks(asset, period))

    def drop(self, asset: str) -> None:
        self.ask(UnsubscribeTicks(asset))

    def expire(self) -> None:
        """The deadline of the oldest request passes."""
        if self.waiters:
            self._settle(min(self.waiters), succeeded=False)

    def _settle(self, id: int, value: Any = None, *, succeeded: bool) -> None:
        if id in self.waiters:
            self.waiters.remove(id)
            self.answers[id] = value
            self.to_pool.append(RequestDone(id, succeeded))

    # The venue

    def rise(self, *names: str) -> None:
        for name in names:
            line = self.lines[name]
            if not line.alive and not any(
                isinstance(item, ConnectionDown) for item in (*line.output, *self.to_pool)
            ):
                line.epoch += 1
                line.alive = True
                line.output.append(ConnectionUp(name, line.epoch, "r"))

    def die(self, *names: str) -> None:
        for name in names:
            line = self.lines[name]
            if line.alive:
                line.alive = False
                line.streams.clear()
                line.asked.clear()
                line.output.append(ConnectionDown(name, line.epoch, "r", "lost", was_ready=True))

    def tick(self, *assets: str) -> None:
        for asset in assets:
            self.made[asset] += 1
            for line in self.lines.values():
                if asset in line.streams:
                    line.output.append(columns(Tick(asset, float(self.made[asset]), 1.0, 0.0)))

    def answer(self, name: str) -> None:
        line = self.lines[name]
        if line.asked:
            id, asset, period = line.asked.pop(0)
            value = StreamConfirmed(asset, period, name, line.epoch) if period else None
            line.output.extend(item for item in (value, Response(id, value)) if item is not None)

    # The way out

    def pass_on(self) -> None:
        if not self.way_out or not any(member.up for member in self.assignment.members):
            return
        request = self.way_out.popleft()
        if request.awaited and request.id not in self.waiters and math.isfinite(request.expires_at):
            return  # the limiter refuses what has expired
        name, effects = self.assignment.choose(request, self.now)
        self.execute(effects)
        if name:
            assert self.assignment.members.if_up(name), f"{request} went to {name}, which is down"
            self.assignment.members.on_sent(name, request, self.now)
            self.on_sent(name, request)
            if self.lines[name].alive:
                self._send(name, request)

    def on_sent(self, name: str, request: Request) -> None:
        """For a subclass that follows the events of the pool."""

    def _send(self, name: str, request: Request) -> None:
        line = self.lines[name]
        match request.command:
            case SubscribeTicks() if request.part is RequestPart.REST:
                pass
            case SubscribeTicks(asset=asset, period=period):
                line.streams[asset] = period
                line.asked.append((request.id, asset, period))
                if len(line.streams) > self.cap:
                    self.overloaded.add(name)
            case UnsubscribeTicks(asset=asset):
                line.streams.pop(asset, None)
                line.asked = [each for each in line.asked if each[1] != asset]
                line.output += [StreamReleased(asset, name), Response(request.id)]
            case _:
                line.asked.append((request.id, "", 0))

    # What comes back

    def read(self, name: str) -> None:
        line = self.lines[name]
        if not line.output:
            return
        for item in self.handovers.deduplicate(name, [line.output.popleft()]):
            match item:
                case Ticks():
                    for tick in item:
                        self.got[tick.asset].append(tick.time)
                case Response(request=id, value=value):
                    self._settle(id, value, succeeded=True)
                case ConnectionUp():
                    self.lives.up(item.life)
                    self.to_pool.append(item)
                case ConnectionDown():
                    self.lives.down(item.life)
                    self.to_pool.append(item)
                case StreamConfirmed() | StreamReleased():
                    self.to_pool.append(item)

    def deliver(self) -> None:
        if not self.to_pool:
            return
        match self.to_pool.popleft():
            case ConnectionUp(connection=name, epoch=epoch):
                self.execute(self.assignment.on_up(Life(name, epoch), self.now))
            case ConnectionDown(connection=name, epoch=epoch):
                self.execute(self.assignment.on_down(Life(name, epoch), self.now))
            case StreamConfirmed() as confirmed:
                self.execute(self.assignment.on_confirmed(confirmed, self.now))
            case StreamReleased() as released:
                self.execute(self.assignment.on_released(released, self.now))
            case RequestDone() as settled:
                self.assignment.on_done(settled, self.now)

    def rebalance(self, seconds: float = 1.0) -> None:
        self.now += seconds
        self.execute(self.assignment.rebalance(self.now))

    def execute(self, effects: Iterable[PoolEffect]) -> None:
        for effect in effects:
            self.effects.append(effect)
            match effect:
                case Request():
                    up = not effect.connection or self.assignment.members.if_up(effect.connection)
                    assert up, f"{effect} is for a connection that is down"
                    self.way_out.append(effect)
                case StreamDropped():
                    self.handovers.deduplicate("pool", [effect])
                case Response(request=id, value=value):
                    self._settle(id, value, succeeded=True)
                case Failure(request=id):
                    self._settle(id, effect, succeeded=False)
                case HandoverBegun():
                    assert self.assignment.members.if_up(effect.old[0])
                    assert self.assignment.members.if_up(effect.new[0])
                    self.on_handover(self.handovers.begin(effect, self.lives))

    def on_handover(self, items: list[Item]) -> None:
        """For a subclass that follows the events of a handover."""

    # All of it

    @property
    def busy(self) -> bool:
        up = any(member.up for member in self.assignment.members)
        lines = self.lines.values()
        return bool(self.to_pool or (up and self.way_out) or any(line.output or line.asked for line in lines))

    def deliver_all(self) -> None:
        """Everything that is on its way arrives."""
        while self.busy:
            self.pass_on()
            for name in self.names:
                self.answer(name)
                self.read(name)
            while self.to_pool:
                self.deliver()

    def settle(self) -> None:
        """Time passes; nothing happens but what the pool does by itself."""
        self.deliver_all()
        for _ in range(int(MOVE_TIMEOUT) + 15):
            self.rebalance()
            self.deliver_all()

    def placed(self) -> dict[str, str]:
        return {stream.asset: stream.connection for stream in self.assignment.status().streams}

    def streaming(self) -> dict[str, list[str]]:
        """By asset, which connections the venue sends it on."""
        pool: defaultdict[str, list[str]] = defaultdict(list)
        for name, line in self.lines.items():
            for asset in line.streams:
                pool[asset].append(name)
        return dict(pool)

    def flying(self) -> set[int]:
        return {id for member in self.assignment.members for _, id in member.in_flight}

    def check_rest(self) -> None:
        """What must hold when nothing is on its way and nothing is to be done."""
        placed = {asset: name for asset, name in self.placed().items() if name}
        assert self.streaming() == {asset: [name] for asset, name in placed.items()}
        for stream in self.assignment.status().streams:
            assert stream.owners, "a stream without an owner goes on"
            assert set(stream.owners) <= {"program", self.peer.name}, "a process that has ended owns a stream"
        up = [name for name in self.names if self.lines[name].alive]
        assert len(placed) == min(len(self.placed()), self.cap * len(up)), (
            "a stream waits although there is capacity"
        )
        assert self.flying() <= self.waiters, "a request without a waiter is in flight for ever"
        for asset, name in placed.items():
            before = self.made[asset]
            for _ in range(3):
                self.tick(asset)
            self.deliver_all()
            fresh = [time for time in self.got[asset] if time > before]
            assert fresh == [before + 1, before + 2, before + 3], f"{asset} over {name}"
        if (
            placed.keys() == self.placed().keys()
        ):  # a stream that waits for capacity has no tick that ends a handover
            assert not self.handovers.by_asset, "a handover never ends"


def simulated_pool(*assets: str, up: Iterable[str] = ("c1", "c2", "c3"), **plan: Any) -> PoolSimulation:
    """A pool at rest that carries ``assets`` on the connections that are up."""
    pool = PoolSimulation(**plan)
    pool.rise(*up)
    pool.subscribe(*assets)
    pool.deliver_all()
    pool.rebalance()
    pool.settle()
    pool.check_rest()
    pool.effects.clear()
    return pool
