"""The venue that the clients under test connect to, a process of its own: one thread, one selector.

``python -m labs.bench.load_server PORT`` hears each ``Order`` and says each ``Report`` on a connection to
PORT, one JSON line each; it ends with that connection.
"""

import selectors
import socket
import ssl
import sys
import time
from collections.abc import Iterator, Sequence

import msgspec
import trustme

from labs.bench import ticks
from labs.bench.dialogue import PING
from labs.bench.served import Served
from labs.bench.words import (
    Drop,
    Dropped,
    Finished,
    Listening,
    Order,
    Pace,
    Prepare,
    Prepared,
    Report,
    Saturate,
    Started,
    Streams,
)

_PING_INTERVAL = 25.0
_LONGEST_WAIT = 1.0
_BACKLOG = 1024
_HANDSHAKE = 5.0
"""Seconds that a client may take for its part of the TLS handshake, in which no other client is served."""


class LoadServer:
    """Serves every client; sends ticks to the subscribed ones on command."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._orders = b""
        self._decoder = msgspec.json.Decoder(Order)
        # select(2) waits to the microsecond, where epoll waits to the millisecond.
        self._selector = selectors.SelectSelector()
        self._listeners = {
            port: socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG) for port in ("plain", "tls")
        }
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        authority.issue_cert("127.0.0.1").configure_cert(self._tls)
        self._authority = authority.cert_pem.bytes().decode()
        self._clients: list[Served] = []
        self._assets: list[str] = []
        self._streams = 0
        self._pacing: Iterator[None] | None = None
        self._due = float("inf")
        self._unfinished = False
        self._sent = 0
        self._price = 0.0
        self._ping_at = time.monotonic() + _PING_INTERVAL
        self._built: dict[tuple[int, int, int], list[bytes]] = {}
        self._carriers: dict[str, list[Served]] = {}

    def run(self) -> None:
        """Serve until the control connection ends."""
        self._selector.register(self._control, selectors.EVENT_READ, self._control)
        for listener in self._listeners.values():
            self._selector.register(listener, selectors.EVENT_READ, listener)
        ports = {name: listener.getsockname()[1] for name, listener in self._listeners.items()}
        self._say(Listening(ports["plain"], ports["tls"], self._authority))
        while self._turn():
            pass

    def _turn(self) -> bool:
        now = time.monotonic()
        wait = min(self._due - now, self._ping_at - now, _LONGEST_WAIT)
        for key, mask in self._selector.select(max(0.0, wait)):
            if key.data is self._control:
                if not self._hear():
                    return False
            elif isinstance(key.data, Served):
                self._serve(key.data, mask)
            else:
                self._accept(key.data)
        self._work(time.monotonic())
        return True

    def _work(self, now: float) -> None:
        if self._pacing is not None and now >= self._due:
            next(self._pacing, None)
        if now >= self._ping_at:
            self._ping_at = now + _PING_INTERVAL
            for client in self._clients:
                self._send(client, [PING])
        if self._unfinished and not any(client.pending for client in self._clients):
            self._unfinished = False
            self._say(Finished(self._sent, time.monotonic()))

    # Clients

    def _accept(self, listener: socket.socket) -> None:
        sock, _ = listener.accept()
        if listener is self._listeners["tls"]:
            sock.settimeout(_HANDSHAKE)
            try:
                sock = self._tls.wrap_socket(sock, server_side=True)
            except OSError:  # it has gone
                sock.close()
                return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        client = Served(sock, self._assets)
        self._clients.append(client)
        self._selector.register(sock, selectors.EVENT_READ, client)

    def _serve(self, client: Served, mask: int) -> None:
        try:
            if mask & selectors.EVENT_READ:
                self._carriers.clear()
                client.read()
            client.flush()
        except OSError:
            self._forget(client)
            return
        self._watch(client)
        self._count_streams()

    def _send(self, client: Served, pieces: Sequence[bytes]) -> None:
        client.send(pieces)
        try:
            client.flush()
        except OSError:
            self._forget(client)
            return
        self._watch(client)

    def _watch(self, client: Served) -> None:
        writing = selectors.EVENT_WRITE if client.pending else 0
        self._selector.modify(client.sock, selectors.EVENT_READ | writing, client)

    def _forget(self, client: Served) -> None:
        self._carriers.clear()
        self._clients.remove(client)
        self._selector.unregister(client.sock)
        client.sock.close()
        self._count_streams()

    def _count_streams(self) -> None:
        count = sum(len(client.streams) for client in self._clients)
        if count != self._streams:
            self._streams = count
            self._say(Streams(count))

    # Orders

    def _hear(self) -> bool:
        data = self._control.recv(1 << 16)
        *lines, self._orders = (self._orders + data).split(b"\n")
        for line in lines:
            self._obey(self._decoder.decode(line))
        return bool(data)

    def _obey(self, order: Order) -> None:
        match order:
            case Prepare():
                self._prepare(order)
            case Saturate():
                self._saturate(order)
            case Pace():
                self._pacing = self._pace(order)
                self._due = time.monotonic()
            case Drop():
                self._say(Dropped(time.time(), self._price))
                for client in list(self._clients):
                    self._forget(client)
            case _:
                self._assets[:] = order.assets

    def _saturate(self, order: Saturate) -> None:
        """Send ticks to all clients, as fast as each reads."""
        clients = [client for client in self._clients if client.streams]
        share = order.count // max(1, len(clients))
        loads = [self._load(tuple(client.streams), share, order.keep) for client in clients]
        self._sent = sum(share + len(client.streams) for client in clients)
        self._unfinished = True
        self._say(Started(time.monotonic()))
        for client, load in zip(clients, loads, strict=True):
            client.stream(load)
            self._watch(client)

    def _prepare(self, order: Prepare) -> None:
        key = (order.assets, order.count // order.clients, order.length)
        if key not in self._built:
            self._built = {key: ticks.template(*key)}  # only the newest: each has 100 MB
        self._say(Prepared())

    def _load(self, assets: tuple[str, ...], count: int, keep: bool) -> Iterator[bytes]:
        template = self._built.get((len(assets), count, len(assets[0])))
        if not keep or template is None:
            return ticks.chunks(assets, count)
        return iter([ticks.named(chunk, assets) for chunk in template])

    def _pace(self, order: Pace) -> Iterator[None]:
        """Send ticks in turn, each at its time and stamped with it, to the clients subscribed by then."""
        start = time.monotonic()
        self._say(Started(start))
        self._sent = 0
        for number in range(int(order.rate * order.seconds)):
            self._due = start + number / order.rate
            while time.monotonic() < self._due:
                yield
            asset = order.assets[number % len(order.assets)]
            stamp = round(_venue_time(), 6)
            self._price = 1 + number + stamp % 1  # for clients that deliver whole seconds
            self._send_to_stream(asset, ticks.tick(asset, stamp, self._price))
        for asset in order.assets:
            self._send_to_stream(asset, ticks.ends([asset], _venue_time()))
        self._due = float("inf")
        self._say(Finished(self._sent, time.monotonic()))
        self._pacing = None
        yield

    def _send_to_stream(self, asset: str, message: bytes) -> None:
        if (carriers := self._carriers.get(asset)) is None:
            carriers = self._carriers[asset] = [each for each in self._clients if asset in each.streams]
        for client in carriers:
            self._send(client, [message])
            self._sent += 1

    def _say(self, report: Report) -> None:
        self._control.setblocking(True)
        self._control.sendall(msgspec.json.encode(report) + b"\n")


def _venue_time() -> float:
    return time.time() + ticks.VENUE_UTC_OFFSET


def main() -> int:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as control:
        LoadServer(control).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
