"""The house with its health monitor, over connections that read, report, and can be killed in between."""

from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any

from actors.health.states import RecoveryAction
from actors.health.stream_monitor import HealthSettings, StreamMonitor
from actors.health.tick_rate import StalenessBounds
from actors.messages.commands import SubscribeTicks, UnsubscribeTicks
from actors.messages.events import (
    ConnectionDown,
    ConnectionReport,
    ConnectionSuspect,
    ConnectionUp,
    Event,
    StreamConfirmed,
    StreamGap,
    StreamMoves,
    StreamPlaced,
    StreamReleased,
    StreamReport,
)
from actors.messages.traffic import EventBatch, Item, MoveStream, Request, Response, Resubscribe, Ticks
from actors.routing.sequence import SequenceTracker
from actors.values import Tick
from actors.venues.pocketoption.stream_counters import StreamCounter
from tests.doubles.pool_simulation import House, Line
from tests.doubles.tick_columns import columns

VENUE = 1_770_000_000.0
PATIENCE = 3.0


class Socket:
    """What a connection holds for one life: what it has not read yet, and the accounts of its streams."""

    def __init__(self) -> None:
        self.unread: deque[Any] = deque()
        self.accounts: dict[str, StreamCounter] = {}
        self.mute: set[str] = set()


class WatchedHouse(House):
    """``work`` has a connection read its socket, ``report`` give its account; ``kill`` ends it without a last
    word and with all that it has not read. ``relay`` and ``watch`` take what the pool has told the router,
    and what the monitor has been told, one step further.
    """

    def __init__(self, connections: int = 3, *, patience: float = PATIENCE, **plan: Any) -> None:
        super().__init__(connections, **plan)
        self.liveness = StreamMonitor(HealthSettings(StalenessBounds(patience, patience), 1000))
        self.continuity = SequenceTracker()
        self.lives = self.continuity.lives
        self.sockets = {name: Socket() for name in self.names}
        self.told: deque[Event] = deque()
        self.inbox: deque[Event] = deque()
        self.sent: defaultdict[str, set[float]] = defaultdict(set)
        self.gaps: defaultdict[str, list[StreamGap]] = defaultdict(list)

    @property
    def utc(self) -> float:
        return VENUE + self.now

    # The venue

    def rise(self, *names: str) -> None:
        for name in names:
            awaited = (*self.told, *self.inbox)
            if not any(isinstance(each, ConnectionDown) and each.connection == name for each in awaited):
                if not self.lines[name].alive:
                    self.sockets[name] = Socket()
                super().rise(name)

    def tick(self, *assets: str) -> None:
        for asset in assets:
            self.now += 0.01
            for name, line in self.lines.items():
                if asset in line.streams and asset not in self.sockets[name].mute:
                    self.sent[asset].add(self.utc)
                    self.sockets[name].unread.append(Tick(asset, self.utc, 1.0, 0.0))

    def answer(self, name: str) -> None:
        line = self.lines[name]
        if line.asked:
            _, asset, period = line.asked.pop(0)
            if period:
                self.sockets[name].unread.append(StreamConfirmed(asset, period, name, line.epoch))

    def mute(self, asset: str) -> None:
        """The connection that carries it brings it no more, until ``unmute`` or a new subscription."""
        for name, line in self.lines.items():
            if asset in line.streams:
                self.sockets[name].mute.add(asset)

    def unmute(self, asset: str) -> None:
        for socket in self.sockets.values():
            socket.mute.discard(asset)

    def _send(self, name: str, request: Request) -> None:
        super()._send(name, request)
        socket = self.sockets[name]
        match request.command:
            case SubscribeTicks(asset=asset):
                socket.accounts[asset] = StreamCounter()
                socket.mute.discard(asset)
            case UnsubscribeTicks(asset=asset):
                socket.accounts.pop(asset, None)

    # A connection

    def work(self, name: str) -> None:
        line, socket = self.lines[name], self.sockets[name]
        while line.alive and socket.unread:
            match socket.unread.popleft():
                case Tick(asset=asset, time=time, price=price):
                    if (account := socket.accounts.get(asset)) is not None:
                        tick = Tick(asset, time, price, self.utc)
                        account.first = account.first or tick
                        account.last = tick
                        account.ticks += 1
                        line.said.append(columns(tick))
                case confirmed:
                    line.said.append(confirmed)

    def report(self, name: str) -> None:
        line = self.lines[name]
        if line.alive:
            line.said.append(self._account(name, line))

    def die(self, *names: str) -> None:
        """It loses its socket, and says so behind its last account."""
        for name in names:
            self.report(name)
            super().die(name)

    def kill(self, name: str) -> None:
        super().die(name)

    def _account(self, name: str, line: Line) -> ConnectionReport:
        reports = {asset: stream.report() for asset, stream in self.sockets[name].accounts.items()}
        streams: dict[str, StreamReport] = {asset: each for asset, each in reports.items() if each}
        return ConnectionReport(
            name, line.epoch, "r", "ready", 0, 0, 0, 0, 0, None, streams=streams, made_at=self.utc
        )

    # The house

    def leaves(self, name: str, request: Request) -> None:
        if isinstance(wish := request.command, SubscribeTicks):
            epoch = self.carriage.roster[name].epoch
            self.told.append(StreamPlaced(wish.asset, wish.period, name, epoch, self.utc))

    def relay(self) -> None:
        if self.told:
            self._route("house", 0, self.told.popleft())

    def read(self, name: str) -> None:
        line = self.lines[name]
        if line.said:
            self._route(name, line.epoch, line.said.popleft())

    def _route(self, source: str, epoch: int, said: Any) -> None:
        items = self.continuity.current(EventBatch(source, [said], epoch))
        for item in self.handovers.sift(source, items):
            match item:
                case Ticks():
                    for tick in item:
                        self.got[tick.asset].append(tick.time)
                case Response():
                    pass
                case Event():
                    self.continuity.learn(item)
                    self.inbox.append(item)
                    if isinstance(item, ConnectionUp | ConnectionDown | StreamConfirmed | StreamReleased):
                        self.news.append(item)

    def begun(self, news: list[Item]) -> None:
        self.inbox.extend(item for item in news if isinstance(item, Event))

    def hear(self) -> None:
        match self.news[0] if self.news else None:
            case Resubscribe(asset=asset):
                self.news.popleft()
                self.take(self.carriage.resubscribe(asset))
            case MoveStream(asset=asset):
                self.news.popleft()
                self.take(self.carriage.move(asset))
            case _:
                super().hear()

    def watch(self) -> None:
        if not self.inbox:
            return
        match self.inbox.popleft():
            case ConnectionReport() as report:
                self._note(self.liveness.reported(report, self.now))
            case StreamPlaced() as placed:
                self.liveness.placed(placed, self.now, self.utc)
            case StreamConfirmed() as confirmed:
                self.liveness.confirmed(confirmed, self.now)
            case ConnectionUp() as up:
                self.liveness.up(up, self.now)
            case ConnectionDown() as down:
                self._note(self.liveness.down(down, self.now))
            case StreamMoves() as move:
                self.liveness.moves(move)
            case StreamReleased() as released:
                self.liveness.released(released)

    def _note(self, news: Iterable[Event]) -> None:
        for event in news:
            if isinstance(event, StreamGap):
                self.gaps[event.asset].append(event)

    def check(self) -> None:
        found = self.liveness.check(self.now, self.utc)
        for event in found.news:
            if isinstance(event, ConnectionSuspect):
                self.suspect(event.connection)
        for asset, cure in found.treatments:
            self._treat(asset, cure)

    def cure(self, asset: str, cure: RecoveryAction) -> None:
        """The monitor has found it silent for too long, in its view."""
        if (stream := self.liveness.streams.get(asset)) is not None:
            stream.treat(cure, self.now)
            self._treat(asset, cure)

    def _treat(self, asset: str, cure: RecoveryAction) -> None:
        self.news.append(Resubscribe(asset) if cure is RecoveryAction.RESUBSCRIBE else MoveStream(asset))

    def suspect(self, name: str) -> None:
        """The supervisor has lost trust in it, says that it is down, and tells it to end."""
        line = self.lines[name]
        if line.alive and self.lives.get(name) == line.epoch:
            self.told.append(ConnectionDown(name, line.epoch, "r", "suspect", was_ready=True))
            self.die(name)

    # All of it

    @property
    def busy(self) -> bool:
        unread = any(self.lines[name].alive and self.sockets[name].unread for name in self.names)
        return bool(self.told or self.inbox or unread) or super().busy

    def arrive(self) -> None:
        while self.busy:
            self.pass_on()
            self.relay()
            for name in self.names:
                self.answer(name)
                self.work(name)
                self.read(name)
            while self.news:
                self.hear()
            while self.inbox:
                self.watch()

    def second(self) -> None:
        """A second passes, with all that is due in it."""
        self.tend()
        for name in self.names:
            self.work(name)
            self.report(name)
        self.check()

    def recover(self) -> None:
        """Time passes in which nothing is lost any more."""
        for _ in range(30):
            self.rise(*self.names)
            for asset in self.placed():
                self.unmute(asset)
                self.tick(asset)
            self.arrive()
            self.second()
            self.arrive()

    def missed(self, asset: str) -> list[float]:
        """The ticks that were sent, did not come, and lie in no gap."""
        got = self.got[asset]
        spans = [(gap.from_time, gap.to_time) for gap in self.gaps[asset]]
        lost = {time for time in self.sent[asset] - set(got) if got[0] < time < got[-1]}
        return sorted(time for time in lost if not any(start < time < end for start, end in spans))
