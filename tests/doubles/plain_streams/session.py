"""The session of the venue: JSON texts over the WebSocket endpoint that every venue can use."""

from collections.abc import Sequence
from typing import Any

import msgspec

from actors.errors import AuthRejected, RequestRefused, TellwireError, TransportClosed
from actors.messages.commands import LoadCandles, SendRaw, SubscribeTicks, UnsubscribeTicks
from actors.messages.events import (
    AssetsListed,
    CandlesLoaded,
    ConnectionReport,
    ConnectionUp,
    StreamConfirmed,
    StreamReleased,
)
from actors.messages.tasks import TaskStatus
from actors.messages.traffic import Item, Request, Ticks
from actors.messages.workers import StartConnection
from actors.protocols.websocket.endpoint import Endpoint
from actors.protocols.websocket.frames import Opcode
from actors.values import Asset, Candle, Tick
from actors.venues.stream_counter import StreamCounter


class PlainSession:
    """One life of one connection."""

    def __init__(self, start: StartConnection) -> None:
        self._start = start
        self._endpoint = Endpoint(start.settings.max_message_size)
        self._failure: TellwireError | None = None
        self._leaving = False
        self._streams: dict[str, StreamCounter] = {}
        self._subscriptions: dict[str, list[Request]] = {}
        self._loads: dict[int, Request] = {}
        self._messages_in = self._messages_out = self._bytes_in = self._writes = self._garbage = 0
        self.was_ready = False
        self.tapped = False
        self._say({"login": start.settings.secret.value})

    @property
    def ready(self) -> bool:
        return self.was_ready and self.failure is None and not self._leaving

    @property
    def failure(self) -> TellwireError | None:
        return self._failure or self._endpoint.failure

    def receive(self, data: bytes, now: float, utc: float) -> list[Item]:
        self._bytes_in += len(data)
        items: list[Item] = []
        ticks: list[Tick] = []
        for _, payload in self._endpoint.receive(data, now):
            self._messages_in += 1
            try:
                found = self._read(msgspec.json.decode(payload, type=dict[str, Any]), ticks, utc)
            except (msgspec.MsgspecError, KeyError, TypeError):
                self._garbage += 1
            else:
                items += found
        return [*items, *Ticks.by_read(ticks)]

    def _read(self, message: dict[str, Any], ticks: list[Tick], utc: float) -> Sequence[Item]:
        match next(iter(message)):
            case "tick":
                self._tick(Tick(message["tick"], message["time"], message["price"], utc), ticks)
                return ()
            case "ready":
                self.was_ready = True
                up = ConnectionUp(self._start.connection, self._start.epoch, self._start.region.name)
                return (up, AssetsListed([_asset(symbol) for symbol in message["ready"]]))
            case "refused":
                self._failure = AuthRejected("the venue does not accept the login")
                return ()
            case "subscribed":
                return self._confirmed(message["subscribed"], message["period"])
            case "candles":
                return self._loaded(message)
            case name:
                raise KeyError(name)

    def _tick(self, tick: Tick, ticks: list[Tick]) -> None:
        if (stream := self._streams.get(tick.asset)) is not None:
            stream.first = stream.first or tick
            stream.last = tick
            stream.ticks += 1
            ticks.append(tick)

    def _confirmed(self, asset: str, period: int) -> Sequence[Item]:
        confirmed = StreamConfirmed(asset, period, self._start.connection, self._start.epoch)
        requests = self._subscriptions.pop(asset, [])
        return (confirmed, *(request.response(confirmed) for request in requests))

    def _loaded(self, message: dict[str, Any]) -> Sequence[Item]:
        candles = msgspec.convert(message["bars"], list[Candle])
        loaded = CandlesLoaded(message["candles"], message["period"], candles)
        request = self._loads.pop(message["id"], None)
        return (loaded,) if request is None else (loaded, request.response(loaded))

    def send(self, requests: Sequence[Request], utc: float) -> list[Item]:
        return [item for request in requests for item in self._send(request, utc)]

    def _send(self, request: Request, utc: float) -> Sequence[Item]:
        match request.command:
            case SubscribeTicks(asset=asset, period=period):
                self._streams[asset] = StreamCounter()
                self._subscriptions.setdefault(asset, []).extend([request] if request.awaited else [])
                self._say({"subscribe": asset, "period": period})
                return ()
            case UnsubscribeTicks(asset=asset):
                self._streams.pop(asset, None)
                self._subscriptions.pop(asset, None)
                self._say({"unsubscribe": asset})
                released = StreamReleased(asset, self._start.connection)
                return (released, request.response()) if request.awaited else (released,)
            case LoadCandles(asset=asset, period=period, count=count, end=end):
                self._loads[request.id] = request
                before = utc if end is None else end
                self._say(
                    {"candles": asset, "period": period, "count": count, "before": before, "id": request.id}
                )
                return ()
            case SendRaw(text=text):
                self._queue(text.encode())
                return (request.response(),) if request.awaited else ()
            case command:
                return (request.failure(RequestRefused(f"there is no {type(command).__name__} here")),)

    def keep_alive(self) -> None:
        if self.ready:
            self._say({"alive": True})

    def ping(self, now: float) -> None:
        self._endpoint.ping(now)

    def check(self, now: float) -> None:
        timeout = self._start.settings.ping_timeout
        if self._endpoint.overdue(now, timeout):
            raise TransportClosed(f"no answer to a ping for {timeout:g} s")

    def leave(self) -> None:
        self._leaving = True
        self._endpoint.close()

    @property
    def has_data(self) -> bool:
        return self._endpoint.has_data

    def data_to_send(self) -> bytes:
        data = self._endpoint.data_to_send()
        self._writes += bool(data)
        return data

    def report(self, utc: float, tasks: tuple[TaskStatus, ...]) -> ConnectionReport:
        reports = {asset: stream.report() for asset, stream in self._streams.items()}
        return ConnectionReport(
            connection=self._start.connection,
            epoch=self._start.epoch,
            region=self._start.region.name,
            state="ready" if self.ready else "login",
            messages_in=self._messages_in,
            messages_out=self._messages_out,
            writes=self._writes,
            bytes_in=self._bytes_in,
            garbage=self._garbage,
            round_trip=self._endpoint.round_trip,
            streams={asset: report for asset, report in reports.items() if report is not None},
            made_at=utc,
            tasks=tasks,
        )

    def _say(self, message: dict[str, Any]) -> None:
        self._queue(msgspec.json.encode(message))

    def _queue(self, text: bytes) -> None:
        if self._endpoint.failure is None:
            self._endpoint.send(Opcode.TEXT, [text])
            self._messages_out += 1


def _asset(symbol: str) -> Asset:
    return Asset(0, symbol, symbol, "crypto", 2, 0, False, True, 0, (60,))
