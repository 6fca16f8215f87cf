"""The assignment with all that surrounds it: a way out, a venue, and a router that has handovers."""

import math
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from typing import Any

from actors.lives import Lives
from actors.messages.commands import (
    Command,
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
from actors.messages.routing import HandoverBegun
from actors.messages.traffic import Failure, Item, Request, RequestDone, Response, Ticks
from actors.outbound.assignment import MOVE_TIMEOUT, Assignment, PoolEffect
from actors.outbound.members import PoolPlan
from actors.routing.handover import Handovers
from actors.values import Life, Tick
from tests.doubles.tick_columns import columns

NAMES = ("c1", "c2", "c3", "c4")


class Line:
    """One connection and all that it has said and nobody has read yet."""

    def __init__(self) -> None:
        self.epoch = 0
        self.alive = False
        self.streams: dict[str, int] = {}
        self.asked: list[tuple[int, str, int]] = []
        self.said: deque[Any] = deque()


class House:
    """``ask``, ``wish``, ``drop`` and ``expire`` are what users do, ``rise``, ``die``, ``tick`` and
    ``answer`` what the venue does; ``pass_on``, ``read`` and ``hear`` take what is on its way one step
    further: the oldest request to the pool, the oldest item of a connection to the router, the oldest news
    to the pool.
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
        self.lines = {name: Line() for name in self.names}
        self.way_out: deque[Request] = deque()
        self.news: deque[Any] = deque()
        self.waiters: set[int] = set()
        self.answers: dict[int, Any] = {}
        self.steps: list[PoolEffect] = []
        self.overloaded: set[str] = set()
        self.made: Counter[str] = Counter()
        self.got: defaultdict[str, list[float]] = defaultdict(list)
        self._ids = 0

    # Users

    def ask(self, command: Command) -> int:
        self._ids += 1
        self.waiters.add(self._ids)
        self.way_out.append(Request(self._ids, command, self.now + 30.0))  # type: ignore[arg-type]
        return self._ids

    def wish(self, *assets: str, period: int = 60) -> None:
        for asset in assets:
            self.ask(SubscribeTicks(asset, period))

    def drop(self, asset: str) -> None:
        self.ask(UnsubscribeTicks(asset))

    def expire(self) -> None:
        """Whoever has waited for longest waits no more."""
        if self.waiters:
            self._settle(min(self.waiters), succeeded=False)

    def _settle(self, id: int, value: Any = None, *, succeeded: bool) -> None:
        if id in self.waiters:
            self.waiters.remove(id)
            self.answers[id] = value
            self.news.append(RequestDone(id, succeeded))

    # The venue

    def rise(self, *names: str) -> None:
        for name in names:
            line = self.lines[name]
            if not line.alive and not any(
                isinstance(item, ConnectionDown) for item in (*line.said, *self.news)
            ):
                line.epoch += 1
                line.alive = True
                line.said.append(ConnectionUp(name, line.epoch, "r"))

    def die(self, *names: str) -> None:
        for name in names:
            line = self.lines[name]
            if line.alive:
                line.alive = False
                line.streams.clear()
                line.asked.clear()
                line.said.append(ConnectionDown(name, line.epoch, "r", "lost", was_ready=True))

    def tick(self, *assets: str) -> None:
        for asset in assets:
            self.made[asset] += 1
            for line in self.lines.values():
                if asset in line.streams:
                    line.said.append(columns(Tick(asset, float(self.made[asset]), 1.0, 0.0)))

    def answer(self, name: str) -> None:
        line = self.lines[name]
        if line.asked:
            id, asset, period = line.asked.pop(0)
            value = StreamConfirmed(asset, period, name, line.epoch) if period else None
            line.said.extend(item for item in (value, Response(id, value)) if item is not None)

    # The way out

    def pass_on(self) -> None:
        if not self.way_out or not any(member.up for member in self.assignment.members):
            return
        request = self.way_out.popleft()
        if request.awaited and request.id not in self.waiters and math.isfinite(request.expires_at):
            return  # the limiter refuses what has expired
        name, steps = self.assignment.choose(request, self.now)
        self.take(steps)
        if name:
            assert self.assignment.members.if_up(name), f"{request} went to {name}, which is down"
            self.assignment.members.on_sent(name, request, self.now)
            self.leaves(name, request)
            if self.lines[name].alive:
                self._send(name, request)

    def leaves(self, name: str, request: Request) -> None:
        """For those who listen to what the pool says of it."""

    def _send(self, name: str, request: Request) -> None:
        line = self.lines[name]
        match request.command:
            case SubscribeTicks(asset=asset, period=period):
                line.streams[asset] = period
                line.asked.append((request.id, asset, period))
                if len(line.streams) > self.cap:
                    self.overloaded.add(name)
            case UnsubscribeTicks(asset=asset):
                line.streams.pop(asset, None)
                line.asked = [each for each in line.asked if each[1] != asset]
                line.said += [StreamReleased(asset, name), Response(request.id)]
            case _:
                line.asked.append((request.id, "", 0))

    # What comes back

    def read(self, name: str) -> None:
        line = self.lines[name]
        if not line.said:
            return
        for item in self.handovers.deduplicate(name, [line.said.popleft()]):
            match item:
                case Ticks():
                    for tick in item:
                        self.got[tick.asset].append(tick.time)
                case Response(request=id, value=value):
                    self._settle(id, value, succeeded=True)
                case ConnectionUp():
                    self.lives.up(item.life)
                    self.news.append(item)
                case ConnectionDown():
                    self.lives.down(item.life)
                    self.news.append(item)
                case StreamConfirmed() | StreamReleased():
                    self.news.append(item)

    def hear(self) -> None:
        if not self.news:
            return
        match self.news.popleft():
            case ConnectionUp(connection=name, epoch=epoch):
                self.take(self.assignment.on_up(Life(name, epoch), self.now))
            case ConnectionDown(connection=name, epoch=epoch):
                self.take(self.assignment.on_down(Life(name, epoch), self.now))
            case StreamConfirmed() as confirmed:
                self.take(self.assignment.on_confirmed(confirmed, self.now))
            case StreamReleased() as released:
                self.take(self.assignment.on_released(released, self.now))
            case RequestDone() as settled:
                self.assignment.on_done(settled, self.now)

    def tend(self, seconds: float = 1.0) -> None:
        self.now += seconds
        self.take(self.assignment.rebalance(self.now))

    def take(self, steps: Iterable[PoolEffect]) -> None:
        for step in steps:
            self.steps.append(step)
            match step:
                case Request():
                    up = not step.connection or self.assignment.members.if_up(step.connection)
                    assert up, f"{step} is for a connection that is down"
                    self.way_out.append(step)
                case StreamDropped():
                    self.handovers.deduplicate("pool", [step])
                case Response(request=id, value=value):
                    self._settle(id, value, succeeded=True)
                case Failure(request=id):
                    self._settle(id, step, succeeded=False)
                case HandoverBegun():
                    assert self.assignment.members.if_up(step.old[0])
                    assert self.assignment.members.if_up(step.new[0])
                    self.begun(self.handovers.begin(step, self.lives))

    def begun(self, news: list[Item]) -> None:
        """For those who listen to what the router says of a handover."""

    # All of it

    @property
    def busy(self) -> bool:
        up = any(member.up for member in self.assignment.members)
        lines = self.lines.values()
        return bool(self.news or (up and self.way_out) or any(line.said or line.asked for line in lines))

    def arrive(self) -> None:
        """All that is on its way arrives."""
        while self.busy:
            self.pass_on()
            for name in self.names:
                self.answer(name)
                self.read(name)
            while self.news:
                self.hear()

    def settle_down(self) -> None:
        """Time passes, and nothing happens that is not the house's own doing."""
        self.arrive()
        for _ in range(int(MOVE_TIMEOUT) + 15):
            self.tend()
            self.arrive()

    def placed(self) -> dict[str, str]:
        return {stream.asset: stream.connection for stream in self.assignment.status().streams}

    def streaming(self) -> dict[str, list[str]]:
        """By asset, which connections the venue sends it on."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name, line in self.lines.items():
            for asset in line.streams:
                found[asset].append(name)
        return dict(found)

    def flying(self) -> set[int]:
        return {id for member in self.assignment.members for _, id in member.in_flight}

    def check_rest(self) -> None:
        """What must hold when nothing is on its way and nothing is to be done."""
        placed = {asset: name for asset, name in self.placed().items() if name}
        assert self.streaming() == {asset: [name] for asset, name in placed.items()}
        up = [name for name in self.names if self.lines[name].alive]
        assert len(placed) == min(len(self.placed()), self.cap * len(up)), (
            "a stream waits while there is room"
        )
        assert self.flying() <= self.waiters, "a request that nobody waits for is in flight for ever"
        for asset, name in placed.items():
            before = self.made[asset]
            for _ in range(3):
                self.tick(asset)
            self.arrive()
            fresh = [time for time in self.got[asset] if time > before]
            assert fresh == [before + 1, before + 2, before + 3], f"{asset} over {name}"
        if placed.keys() == self.placed().keys():  # one that waits for room has no tick that could settle it
            assert not self.handovers, "a handover never ends"


def house(*assets: str, up: Iterable[str] = ("c1", "c2", "c3"), **plan: Any) -> House:
    """A house at rest that carries ``assets`` on the connections that are up."""
    house = House(**plan)
    house.rise(*up)
    house.wish(*assets)
    house.arrive()
    house.tend()
    house.settle_down()
    house.check_rest()
    house.steps.clear()
    return house
