"""The pool of connections: which one carries which stream, and which one takes the next request."""

import math
from collections import Counter, defaultdict
from typing import Any

from msgspec.structs import replace

from actors.base import RuntimeActor
from actors.errors import WorkerDied
from actors.messages import events, traffic
from actors.messages.commands import LoadCandles, SendRaw, SubscribeTicks, TradingCommand, UnsubscribeTicks
from actors.messages.control import Drain
from actors.messages.lifecycle import ConnectionPlaced, Tellable, Wired
from actors.messages.status import Describe, Described, PoolPart
from actors.policy.selection import least_loaded
from actors.policy.subscriptions import Stream, Subscriptions


class Pool(RuntimeActor):
    """Owns the desired streams and the requests in flight, by connection.

    Receives ``Requests``, ``Resubscribe``, ``MoveStream``, ``Settled`` and the lives and deaths of
    connections; sends ``Send`` to the connections' hosts, answers and refusals to ``router``, and what has
    to be sent once more back to ``outbound``, the head of the way out, so that it is limited and joined
    like the rest.
    """

    def __init__(self, streams_per_connection: int, *, router: Tellable, **kwargs: Any) -> None:
        super().__init__("pool", **kwargs)
        self._router = router
        self._house: Wired
        self._subscriptions = Subscriptions(streams_per_connection)
        self._hosts: dict[str, Tellable] = {}
        self._ready: dict[str, int] = {}
        self._in_flight: dict[int, tuple[str, traffic.Request]] = {}
        self._parked: list[traffic.Request] = []
        self._account = ""
        self._draining = False

    def on_receive(self, message: Any) -> None:
        match message:
            case traffic.Requests():
                self._dispatch(message.requests)
            case traffic.Settled():
                self._settle(message.id)
            case events.StreamConfirmed():
                if self._ready.get(message.connection) == message.epoch:
                    self._subscriptions.confirm(message)
            case events.ConnectionUp(connection=name, epoch=epoch):
                self._ready[name] = epoch
                self._restore()
            case events.ConnectionDown(connection=name, epoch=epoch):
                if self._ready.get(name) == epoch:
                    self._lose(name)
            case ConnectionPlaced():
                self._hosts[message.connection] = message.host
            case traffic.Resubscribe(asset=asset):
                if stream := self._subscriptions.get(asset):
                    self._send_again(stream)
            case traffic.MoveStream(asset=asset):
                self._move(asset)
            case Describe(id=id, to=to):
                to.tell(Described(id, PoolPart(self._subscriptions.placed())))
            case Wired():
                self._house = message
            case Drain():
                self._draining = True
            case events.ConnectionSuspect():
                pass
            case _:
                self.unexpected(message)

    def _dispatch(self, requests: list[traffic.Request]) -> None:
        leaving: defaultdict[str, list[traffic.Request]] = defaultdict(list)
        for request in requests:
            if connection := self._choose(request):
                epoch = self._ready[connection]
                leaving[connection].append(request)
                if request.id:
                    self._in_flight[request.id] = (connection, request)
                if request.order:
                    self._house.desk.tell(traffic.OrderSent(request.order, connection, epoch))
                if isinstance(wish := request.command, SubscribeTicks):
                    placed = events.StreamPlaced(wish.asset, wish.period, connection, epoch)
                    self._router.tell(traffic.EventBatch(self.name, [placed]))
        for connection, joined in leaving.items():
            try:
                self._hosts[connection].tell(traffic.Send(connection, joined))
            except WorkerDied:
                self._lose(connection)

    def _choose(self, request: traffic.Request) -> str:
        """The connection that takes ``request`` now; ``""`` if none does (then it waits or is answered)."""
        match request.command:
            case SubscribeTicks():
                return self._subscribe(request, request.command)
            case UnsubscribeTicks():
                return self._unsubscribe(request, request.command)
            case TradingCommand():
                return self._account_connection(request)
            case LoadCandles() | SendRaw():
                load = Counter(connection for connection, _ in self._in_flight.values())
                connection = least_loaded(load, self._ready)
                if connection is None:
                    self._parked.append(request)
                return connection or ""

    def _account_connection(self, request: traffic.Request) -> str:
        """One for all that concerns money, so that the venue sees orders in our order."""
        if self._account not in self._ready:
            self._account = min(self._ready, default="")
        if not self._account:
            self._answer(traffic.Failure(request.id, "NotSent", "no connection is up", order=request.order))
        return self._account

    def _subscribe(self, request: traffic.Request, command: SubscribeTicks) -> str:
        known = self._subscriptions.get(command.asset)
        if request.connection:  # one of our own, to restore a stream that may have moved or gone meanwhile
            current = known is not None and known.connection == request.connection
            return request.connection if current and request.connection in self._ready else ""
        room = self._subscriptions.capacity(len(self._hosts))
        if known is None and len(self._subscriptions.all()) >= room:
            reason = f"the pool carries {room} streams and is full"
            self._answer(traffic.Failure(request.id, "RequestRefused", reason))
            return ""
        stream = self._subscriptions.desire(command.asset, command.period)
        if stream.confirmed is not None:
            self._answer(traffic.Reply(request.id, stream.confirmed))
            return ""
        stream.request = request
        if not stream.connection:
            self._subscriptions.place(self._ready)
        return stream.connection

    def _unsubscribe(self, request: traffic.Request, command: UnsubscribeTicks) -> str:
        if request.connection:  # the stream has left it
            return request.connection if request.connection in self._ready else ""
        stream = self._subscriptions.drop(command.asset)
        if stream is None:
            self._answer(traffic.Failure(request.id, "RequestRefused", f"{command.asset} is not subscribed"))
            return ""
        self._router.tell(traffic.EventBatch(self.name, [events.StreamDropped(command.asset)]))
        if stream.connection not in self._ready:
            self._answer(traffic.Reply(request.id))
            return ""
        return stream.connection

    def _restore(self) -> None:
        for stream in self._subscriptions.place(self._ready):
            self._send_again(stream)
        parked, self._parked = self._parked, []
        for request in parked:
            self._reenter(request)  # all at once they would break the rate

    def _move(self, asset: str) -> None:
        if stream := self._subscriptions.get(asset):
            if left := self._subscriptions.move(stream, self._ready):
                self._reenter(traffic.Request(0, UnsubscribeTicks(asset), math.inf, connection=left))
            self._send_again(stream)

    def _send_again(self, stream: Stream) -> None:
        """Subscribe to a placed stream once more, in the name of whoever may still wait for it."""
        waiting = stream.request if stream.confirmed is None else None
        request = waiting or traffic.Request(0, SubscribeTicks(stream.asset, stream.period), math.inf)
        # The wish outlives its waiter's patience: the limiter may delay it, never refuse it.
        self._reenter(replace(request, connection=stream.connection, expires_at=math.inf))

    def _reenter(self, request: traffic.Request) -> None:
        if not self._draining:  # then the way out is being taken down
            self._house.outbound.tell(request)

    def _lose(self, connection: str) -> None:
        """Move its streams, repeat its reads elsewhere; what must not be repeated is answered."""
        self._ready.pop(connection, None)
        lost = [request for other, request in self._in_flight.values() if other == connection]
        self._subscriptions.release(connection)
        for request in lost:
            del self._in_flight[request.id]
            if isinstance(request.command, LoadCandles):
                self._reenter(request)
            elif not request.order and not isinstance(request.command, SubscribeTicks):
                self._answer(
                    traffic.Failure(request.id, "RequestTimeout", "the connection was lost after the send")
                )
        self._restore()

    def _settle(self, id: int) -> None:
        _, request = self._in_flight.pop(id, ("", None))
        if request is not None and isinstance(request.command, SubscribeTicks):
            stream = self._subscriptions.get(request.command.asset)
            if stream is not None and stream.request is request:
                stream.request = None

    def _answer(self, item: traffic.Reply | traffic.Failure) -> None:
        if item.request:
            self._router.tell(traffic.EventBatch(self.name, [item]))
