"""The cost of each stage of a tick, by itself, on prebuilt bytes."""

import math
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import msgspec

from actors.engine.actor import RuntimeActor
from actors.engine.dispatcher import Dispatcher
from actors.engine.inbox import Inbox
from actors.engine.pykka_internals import Envelope
from actors.messages import SubscribeTicks
from actors.messages.topics import pattern
from actors.messages.traffic import Deliver, EventBatch, Item, Request, Uplink, unfolded
from actors.protocols.websocket.frames import FrameParser
from actors.protocols.websocket.pairs import PairScanner
from actors.routing.topics import TopicTable, route
from actors.transport.socket_transport import SocketTransport
from actors.values import Secret, Tick
from actors.venues.pocketoption.dialect import TICK_HEADER
from actors.venues.pocketoption.protocol import Protocol
from actors.venues.pocketoption.ticks import TickReader
from actors.venues.stream_counter import StreamCounter
from labs.bench import ticks
from labs.bench.bench import Bench
from labs.bench.findings import Cell, Table
from labs.bench.peers.tellwire import Sightings
from labs.bench.trial import EURUSD
from labs.bench.venue import SESSION
from runtime.control.fanout import Fanout
from runtime.control.peer import Peer
from runtime.workers.link import Link

READS = {"1 tick": 0, "16 KiB": 16 * 1024, "256 KiB": 256 * 1024}
"""The number of ticks in one read."""

LARGEST = "256 KiB"
TRIES = 25
BUFFER = 4 * 1024 * 1024
"""Bytes that a socket holds, so that one thread can write a whole read before it reads it."""

STALL = 1.0

Run = Callable[[], object]


def stages(bench: Bench) -> None:
    """Microseconds per tick."""
    budget = 0.01 * min(1.0, bench.scale.seconds)
    found = {name: _costs(Load(size), budget) for name, size in READS.items()}
    for stage in found[LARGEST]:
        bench.findings.figures[f"stage/{stage}"] = found[LARGEST][stage]
    bench.findings.tables.append(
        Table(
            "Where a tick's time goes",
            "Microseconds per tick of each stage by itself, in one thread, when one read brings so much. Up "
            "to the write to the link it is the worker process's, from the read on the main process's.",
            ["stage", *(f"read of {name}" for name in READS)],
            _rows(found),
        )
    )
    bench.findings.tables.append(
        Table(
            "Where a tick's time goes for an attached process",
            "Microseconds per tick in the main process, beyond what a subscriber of its own costs: in the "
            "gateway's thread, without the write to the socket.",
            ["stage", *(f"read of {name}" for name in READS)],
            _rows({name: _costs_attached(Load(size), budget) for name, size in READS.items()}),
        )
    )


def new_parser() -> PairScanner:
    return PairScanner(FrameParser(), TICK_HEADER)


class Load:
    """The ticks of one read in the form of each stage."""

    def __init__(self, size: int) -> None:
        one = ticks.tick(EURUSD, ticks.BASE_TIME, 1.05123)
        self.data = one * max(1, size // len(one))
        self.messages = new_parser().feed(self.data)
        self.payloads = [
            payload for found in self.messages for payload in found if isinstance(payload, bytes)
        ]
        ticks_read = TickReader().read(self.payloads, {EURUSD: StreamCounter()}, 0.0)
        assert ticks_read is not None
        self.count = len(ticks_read)
        self.batch = EventBatch("connection-1", [ticks_read])


def _costs(load: Load, budget: float) -> dict[str, float]:
    """The costs by stage, in the order in which a tick passes them."""
    session, streams = _ready_session(), {EURUSD: StreamCounter()}
    parser, reader, inbox = new_parser(), TickReader(), Inbox(Dispatcher())
    encoder, decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Uplink)
    handler = Sightings([EURUSD]).counting()
    packed = encoder.encode(load.batch)
    table: TopicTable[str] = TopicTable()
    table.add(pattern(f"tick.{EURUSD}"), "listener")
    cost = partial(_cost, ticks=load.count, budget=budget)
    with ExitStack() as stack:
        near, far = (stack.enter_context(end) for end in _wide_pair())
        transport = SocketTransport(far)
        received = cost(lambda: _receive(transport, len(load.data)), before=lambda: near.sendall(load.data))
        near, far = (stack.enter_context(end) for end in _wide_pair())
        uplink, downlink = Link[object](near, Uplink, stall=STALL), Link[object](far, Uplink, stall=STALL)
        sent = cost(lambda: uplink.send(load.batch), after=lambda: _take(downlink))
        taken = cost(lambda: _take(downlink), before=lambda: uplink.send(load.batch))
    decoded = cost(lambda: reader.read(load.payloads, streams, 0.0))
    paired = max(0.0, cost(lambda: session.receive(load.messages, 0.0)) - decoded)
    encoded, unpacked = cost(lambda: encoder.encode(load.batch)), cost(lambda: decoder.decode(packed))
    return {
        "receive from the socket": received,
        "parse frames": cost(lambda: parser.feed(load.data)),
        "pair headers and attachments": paired,
        "decode JSON, enter ticks": decoded,
        "encode MessagePack": encoded,
        "write to the link": max(0.0, sent - encoded),
        "read from the link": max(0.0, taken - unpacked),
        "decode MessagePack": unpacked,
        "route by asset": cost(lambda: route(load.batch.items, table)),
        "tell the subscriber": cost(lambda: _tell(inbox, load.batch.items)),
        "make ticks, call the handler": cost(lambda: _call(handler, load.batch.items)),
    }


def _costs_attached(load: Load, budget: float) -> dict[str, float]:
    """The costs by stage, for a peer that reads at once and is subscribed to all events."""
    peer = Peer(_Drain(), "peer 1")
    router = RuntimeActor.start("router")
    fanout: Fanout[Peer] = Fanout(router, router)
    fanout.listen(peer, [""])
    router.stop()
    items = list(load.batch.items)
    cost = partial(_cost, ticks=load.count, budget=budget)
    return {
        "route to the peers": cost(lambda: deque(fanout.route(items), maxlen=0)),
        "encode for a peer": cost(lambda: peer.deliver(items)),
    }


def _rows(found: dict[str, dict[str, float]]) -> list[list[Cell]]:
    """The costs by read and stage: a row for each stage, and the sum."""
    rows: list[list[Cell]] = [
        [stage, *(costs[stage] for costs in found.values())] for stage in found[LARGEST]
    ]
    rows.append(["all of them", *(sum(costs.values()) for costs in found.values())])
    return rows


class _Drain:
    """A transport whose other end reads everything at once."""

    wants_write = False
    unsent = most_unread = 0

    def fileno(self) -> int:
        return -1

    def read(self) -> bytes:
        return b""

    def write(self, data: bytes | bytearray) -> None:
        pass

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


def _cost(
    run: Run, *, ticks: int, budget: float, before: Run | None = None, after: Run | None = None
) -> float:
    """Microseconds per tick of ``run`` alone: the best of some tries of ``budget`` seconds."""
    tries: list[float] = []
    clock = time.perf_counter
    for _ in range(TRIES):
        taken, runs, until = 0.0, 0, clock() + budget
        while not runs or clock() < until:
            if before is not None:
                before()
            began = clock()
            run()
            taken += clock() - began
            runs += 1
            if after is not None:
                after()
        tries.append(taken / runs / ticks * 1e6)
    return min(tries)


def _ready_session() -> Protocol:
    session = Protocol(connection="connection-1", epoch=1, region="LOAD", auth=Secret(SESSION))
    opening = b'0{"sid":"load","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
    consent = b'451-["successauth",{"_placeholder":true,"num":0}]'
    session.receive([(1, opening), (1, b'40{"sid":"load"}'), (1, consent), (2, b"{}")], 0.0)
    session.send([Request(1, SubscribeTicks(EURUSD), math.inf)], 0.0)
    return session


def _wide_pair() -> tuple[socket.socket, socket.socket]:
    pair = socket.socketpair()
    for end in pair:
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            end.setsockopt(socket.SOL_SOCKET, option, BUFFER)
    return pair


def _receive(transport: SocketTransport, size: int) -> None:
    while size > 0:
        size -= len(transport.read())


def _take(link: Link[object]) -> None:
    while not link.receive():
        pass


def _tell(inbox: Inbox, given: list[Item]) -> None:
    inbox.put(Envelope(Deliver(given)))
    inbox.get()


def _call(handler: Callable[[Tick], object], given: list[Item]) -> None:
    for tick in unfolded(given):
        handler(tick)
