"""The simulated pool with a stream monitor, over connections that read, report, and can be killed."""

from collections import defaultdict, deque
from collections.abc import Iterable
from itertools import pairwise
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
from actors.messages.outbound import MoveStream, Resubscribe
from actors.messages.traffic import EventBatch, Item, Request, RequestPart, Response, Ticks
from actors.routing.sequence import SequenceTracker
from actors.values import Life, Tick
from actors.venues.stream_counter import StreamCounter
from tests.doubles.pool_simulation import PoolConnection, PoolSimulation
from tests.doubles.tick_columns import columns

START = 1_770_000_000.0
STALE_AFTER = 3.0


class Socket:
    """What a connection holds during one life: its unread input, and the counters of its streams."""

    def __init__(self) -> None:
        self.unread: deque[Any] = deque()
        self.counters: dict[str, StreamCounter] = {}
        self.mute: set[str] = set()


class MonitoredPoolSimulation(PoolSimulation):
    """``work`` has a connection read its socket, ``report`` has it send a report; ``kill`` ends it without a
    last report and with its unread input. ``relay`` and ``watch`` carry the oldest message of the pool to the
    router, and the oldest event to the monitor.
    """

    def __init__(self, connections: int = 3, *, stale_after: float = STALE_AFTER, **plan: Any) -> None:
        super().__init__(connections, **plan)
        self.monitor = StreamMonitor(HealthSettings(StalenessBounds(stale_after, stale_after), 1000))
        self.sequence = SequenceTracker()
        self.lives = self.sequence.lives
        self.sockets = {name: Socket() for name in self.names}
        self.to_router: deque[Event] = deque()
        self.inbox: deque[Event] = deque()
        self.sent: defaultdict[str, set[float]] = defaultdict(set)
        self.kept_back: defaultdict[str, set[float]] = defaultdict(set)
        self.silent: set[str] = set()
        self.gaps: defaultdict[str, list[StreamGap]] = defaultdict(list)

    @property
    def utc(self) -> float:
        return START + self.now

    # The venue

    def rise(self, *names: str) -> None:
        for name in names:
            awaited = (*self.to_router, *self.inbox)
            if not any(isinstance(each, ConnectionDown) and each.connection == name for each in awaited):
                if not self.lines[name].alive:
                    self.sockets[name] = Socket()
                super().rise(name)

    def tick(self, *assets: str) -> None:
        for asset in assets:
            self.now += 0.01
            subscribed = {name for name, line in self.lines.items() if asset in line.streams}
            for name in subscribed:
                if asset in self.sockets[name].mute or asset in self.silent:
                    self.kept_back[asset].add(self.utc)
                else:
                    self.sent[asset].add(self.utc)
                    self.sockets[name].unread.append(Tick(asset, self.utc, 1.0, 0.0))

    def answer(self, name: str) -> None:
        line = self.lines[name]
        if line.asked:
            _, asset, period = line.asked.pop(0)
            if period:
                self.sockets[name].unread.append(StreamConfirmed(asset, period, name, line.epoch))

    def mute(self, asset: str) -> None:
        """The connection that carries it delivers it no more, until ``unmute`` or a new subscription."""
        for name, line in self.lines.items():
            if asset in line.streams:
                self.sockets[name].mute.add(asset)

    def silence(self, asset: str) -> None:
        """The venue keeps its ticks back on every connection, whatever is subscribed, until ``unmute``."""
        self.silent.add(asset)

    def unmute(self, asset: str) -> None:
        self.silent.discard(asset)
        for socket in self.sockets.values():
            socket.mute.discard(asset)

    def _send(self, name: str, request: Request) -> None:
        if isinstance(request.command, UnsubscribeTicks):
            self.work(name)
            self.report(name)
        super()._send(name, request)
        socket = self.sockets[name]
        match request.command:
            case SubscribeTicks(asset=asset) if request.part is not RequestPart.REST:
                socket.counters[asset] = StreamCounter()
                socket.mute.discard(asset)
            case UnsubscribeTicks(asset=asset):
                socket.counters.pop(asset, None)

    # A connection

    def work(self, name: str) -> None:
        line, socket = self.lines[name], self.sockets[name]
        while line.alive and socket.unread:
            match socket.unread.popleft():
                case Tick(asset=asset, time=time, price=price):
                    if (counter := socket.counters.get(asset)) is not None:
                        tick = Tick(asset, time, price, self.utc)
                        counter.first = counter.first or tick
                        counter.last = tick
                        counter.ticks += 1
                        line.output.append(columns(tick))
                case confirmed:
                    line.output.append(confirmed)

    def report(self, name: str) -> None:
        line = self.lines[name]
        if line.alive:
            line.output.append(self._report_of(name, line))

    def die(self, *names: str) -> None:
        """Each loses its socket, and announces that after its last report."""
        for name in names:
            self.report(name)
            super().die(name)

    def kill(self, name: str) -> None:
        super().die(name)

    def _report_of(self, name: str, line: PoolConnection) -> ConnectionReport:
        reports = {asset: stream.report() for asset, stream in self.sockets[name].counters.items()}
        streams: dict[str, StreamReport] = {asset: each for asset, each in reports.items() if each}
        return ConnectionReport(
            name, line.epoch, "r", "ready", 0, 0, 0, 0, 0, None, streams=streams, made_at=self.utc
        )

    # The router and the pool

    def on_sent(self, name: str, request: Request) -> None:
        command = request.command
        if isinstance(command, SubscribeTicks) and request.part is not RequestPart.REST:
            life = self.assignment.members.life(name)
            assert life is not None
            self.to_router.append(StreamPlaced(command.asset, command.period, *life, self.utc))

    def relay(self) -> None:
        if self.to_router:
            self._route("pool", 0, self.to_router.popleft())

    def read(self, name: str) -> None:
        line = self.lines[name]
        if line.output:
            self._route(name, line.epoch, line.output.popleft())

    def _route(self, source: str, epoch: int, routed: Any) -> None:
        items = self.sequence.items_to_deliver(EventBatch(source, [routed], epoch))
        for item in self.handovers.deduplicate(source, items):
            match item:
                case Ticks():
                    for tick in item:
                        self.got[tick.asset].append(tick.time)
                case Response():
                    pass
                case Event():
                    self.sequence.apply(item)
                    self.inbox.append(item)
                    if isinstance(item, ConnectionUp | ConnectionDown | StreamConfirmed | StreamReleased):
                        self.to_pool.append(item)

    def on_handover(self, items: list[Item]) -> None:
        self.inbox.extend(item for item in items if isinstance(item, Event))

    def deliver(self) -> None:
        match self.to_pool[0] if self.to_pool else None:
            case Resubscribe(asset=asset):
                self.to_pool.popleft()
                self.execute(self.assignment.resubscribe(asset))
            case MoveStream(asset=asset):
                self.to_pool.popleft()
                self.execute(self.assignment.move(asset))
            case _:
                super().deliver()

    def watch(self) -> None:
        if not self.inbox:
            return
        match self.inbox.popleft():
            case ConnectionReport() as report:
                self._note(self.monitor.on_report(report, self.now))
            case StreamPlaced() as placed:
                self.monitor.on_placed(placed, self.now, self.utc)
            case StreamConfirmed() as confirmed:
                self.monitor.on_confirmed(confirmed, self.now)
            case ConnectionUp() as up:
                self.monitor.on_up(up, self.now)
            case ConnectionDown() as down:
                self._note(self.monitor.on_down(down, self.now))
            case StreamMoves() as move:
                self.monitor.on_move_begun(move)
            case StreamReleased() as released:
                self._note(self.monitor.on_released(released))

    def _note(self, news: Iterable[Event]) -> None:
        for event in news:
            if isinstance(event, StreamGap):
                self.gaps[event.asset].append(event)

    def check(self) -> None:
        findings = self.monitor.check(self.now, self.utc)
        for event in findings.events:
            if isinstance(event, ConnectionSuspect):
                self.suspect(event.connection)
        for asset, action in findings.recoveries:
            self._recover(asset, action)

    def recover_stream(self, asset: str, action: RecoveryAction) -> None:
        """The monitor finds the stream stale."""
        if (stream := self.monitor.streams.get(asset)) is not None:
            stream.on_recovery(action, self.now)
            self._recover(asset, action)

    def _recover(self, asset: str, action: RecoveryAction) -> None:
        self.to_pool.append(Resubscribe(asset) if action is RecoveryAction.RESUBSCRIBE else MoveStream(asset))

    def suspect(self, name: str) -> None:
        """The supervisor finds it suspect, announces that it is down, and stops it."""
        line = self.lines[name]
        if line.alive and self.lives.is_current(Life(name, line.epoch)):
            self.to_router.append(ConnectionDown(name, line.epoch, "r", "suspect", was_ready=True))
            self.die(name)

    # The whole simulation

    @property
    def busy(self) -> bool:
        unread = any(self.lines[name].alive and self.sockets[name].unread for name in self.names)
        return bool(self.to_router or self.inbox or unread) or super().busy

    def deliver_all(self) -> None:
        while self.busy:
            self.pass_on()
            self.relay()
            for name in self.names:
                self.answer(name)
                self.work(name)
                self.read(name)
            while self.to_pool:
                self.deliver()
            while self.inbox:
                self.watch()

    def second(self) -> None:
        """A second passes, with everything that is due in it."""
        self.rebalance()
        for name in self.names:
            self.work(name)
            self.report(name)
        self.check()

    def settle(self) -> None:
        """Time passes without any further loss."""
        for _ in range(30):
            self.rise(*self.names)
            for asset in self.placed():
                self.unmute(asset)
                self.tick(asset)
            self.deliver_all()
            self.second()
            self.deliver_all()

    def missed(self, asset: str) -> list[float]:
        """The ticks that were sent, did not arrive, and lie in no gap."""
        got = self.got[asset]
        lost = {time for time in self.sent[asset] - set(got) if got[0] < time < got[-1]}
        return self._unannounced(asset, lost)

    def missed_in_silence(self, asset: str, shortest: float) -> list[float]:
        """The ticks that the venue kept back in a pause longer than ``shortest``, and that lie in no gap."""
        got = sorted(self.got[asset])
        lost = set()
        for before, after in pairwise(got):
            if after - before > shortest:
                lost |= {time for time in self.kept_back[asset] if before < time < after}
        return self._unannounced(asset, lost)

    def _unannounced(self, asset: str, lost: set[float]) -> list[float]:
        spans = [(gap.from_time, gap.to_time) for gap in self.gaps[asset]]
        return sorted(time for time in lost if not any(start < time < end for start, end in spans))
