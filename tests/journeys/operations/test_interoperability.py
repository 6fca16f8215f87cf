"""The runtime against another implementation of Socket.IO: the server of python-socketio."""

import asyncio
import json
import queue
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import pytest
import socketio  # type: ignore[import-untyped]
from aiohttp import web

from actors.errors import AuthRejected
from actors.messages import (
    AssetsListed,
    ConnectionDown,
    ConnectionReport,
    ConnectionUp,
    Event,
    GetBalance,
    GetPayout,
    LoadCandles,
    RawMessage,
    SendRaw,
    StreamConfirmed,
    Subscribe,
    SubscribeTicks,
)
from actors.values import AccountKind, Asset, Balance, Candle, Payout
from runtime import Runtime
from runtime.config import Config
from tests.journeys.journey import DEADLINE, Notebook

AHEAD = 7200
"""The venue's clock against UTC (protocol 1.8)."""

ASSET = "EURUSD_otc"
NOON = 1_770_854_400
SESSION = '42["auth",{"session":"canary-of-interoperability","isDemo":1,"uid":7,"platform":2}]'
ROW = [
    66,
    ASSET,
    "EUR/USD OTC",
    "currency",
    5,
    92,
    60,
    30,
    3,
    1,
    0,
    1,
    [],
    NOON,
    True,
    [{"time": 60}],
    0,
    5,
    -1,
]
TICKS = [[ASSET, NOON + AHEAD + 0.25, 1.19537], [ASSET, NOON + AHEAD + 1, 1.19541]]


class SocketioVenue(socketio.AsyncServer):  # type: ignore[misc]  # the library is not typed
    """A venue of one asset on python-socketio; ``heard`` gets every event of the client and its payload.

    With ``binary`` payloads are JSON in an attachment, as the venue sends them.
    """

    def __init__(self, *, binary: bool = True, admits: bool = True) -> None:
        super().__init__(
            async_mode="aiohttp",
            async_handlers=False,
            cors_allowed_origins="*",
            ping_interval=0.3,
            ping_timeout=0.3,
        )
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.loop = asyncio.new_event_loop()
        self.url = ""
        self._binary = binary
        self._admits = admits
        self._client = ""
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.on("auth", self._auth)
        self.on("changeSymbol", self._change_symbol)
        self.on("loadHistoryPeriod", self._load_history)
        self.on("disconnect", self._gone)
        self.on("*", self._hear)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(DEADLINE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(DEADLINE)

    def do(self, step: Any) -> Any:
        """Run a coroutine on the server's loop."""
        return asyncio.run_coroutine_threadsafe(step, self.loop).result(DEADLINE)

    async def say(self, name: str, payload: object) -> None:
        await self.emit(name, json.dumps(payload).encode() if self._binary else payload, to=self._client)

    async def hang_up(self) -> None:
        await self.disconnect(self._client)

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        runner = self.loop.run_until_complete(self._open())
        self._listening.set()
        self.loop.run_forever()
        self.loop.run_until_complete(self.shutdown())
        self.loop.run_until_complete(runner.cleanup())
        self.loop.run_until_complete(_end_all_tasks())
        self.loop.close()

    async def _open(self) -> web.AppRunner:
        application = web.Application()
        self.attach(application)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        self.url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
        return runner

    async def _auth(self, sid: str, payload: Any) -> None:
        self._client = sid
        self.heard.put(("auth", payload))
        if not self._admits:
            await self.emit("NotAuthorized", to=sid)
            await self.disconnect(sid)
            return
        await self.say("successauth", {"id": "x"})
        await self.say("updateAssets", [ROW])
        await self.say("successupdateBalance", {"isDemo": 1, "balance": 49812.37})

    async def _change_symbol(self, sid: str, payload: Any) -> None:
        self.heard.put(("changeSymbol", payload))
        candles = [[NOON + AHEAD, 1.1, 1.2, 1.3, 1.0]]
        await self.say("updateHistoryNew", payload | {"history": [], "candles": candles})
        await self.say("updateStream", TICKS)

    async def _load_history(self, sid: str, payload: Any) -> None:
        opened = payload["time"] - payload["period"]
        bar = {"time": opened, "open": 1.1, "close": 1.2, "high": 1.3, "low": 1.0, "asset": ASSET}
        known = {key: payload[key] for key in ("asset", "index", "period")}
        await self.say("loadHistoryPeriod", known | {"data": [bar]})

    async def _gone(self, sid: str, reason: str) -> None:
        self.heard.put(("disconnect", reason))

    async def _hear(self, name: str, sid: str, *payload: Any) -> None:
        self.heard.put((name, *payload) if payload else (name, None))


async def _end_all_tasks() -> None:
    """The library leaves its pings running."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def config(venue: SocketioVenue, workers: int) -> Config:
    return Config.model_validate(
        {
            "account": {"session": SESSION},
            "regions": {"demo": [{"name": "OTHER", "url": venue.url}]},
            "pool": {"connections": 1, "workers": workers},
            "reconnect": {"reconnect_delay": 0.05, "refusal_delay": 0.05, "jitter": False},
        }
    )


def hear(venue: SocketioVenue, name: str) -> Any:
    """The payload of the next event of this name."""
    while True:
        heard, payload = venue.heard.get(timeout=DEADLINE)
        if heard == name:
            return payload


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture(params=["attachments", "texts"])
def venue(request: pytest.FixtureRequest) -> Iterator[SocketioVenue]:
    with SocketioVenue(binary=request.param == "attachments") as running:
        yield running


@pytest.mark.parametrize("workers", [0, 1])
def test_every_event_of_a_venue_arrives_typed(venue: SocketioVenue, notebook: Notebook, workers: int) -> None:
    started = time.time()
    with Runtime(config(venue, workers)) as runtime:
        ask = runtime.router.ask
        runtime.router.tell(Subscribe("", to=notebook))
        confirmed = ask(SubscribeTicks(ASSET), timeout=DEADLINE)
        assert notebook.wait(lambda _: len(notebook.ticks()) >= 2)
        balance, payout = ask(GetBalance(), timeout=DEADLINE), ask(GetPayout(ASSET), timeout=DEADLINE)
        (bar,) = ask(LoadCandles(ASSET, period=60, count=1, end=NOON), timeout=DEADLINE)
    assert hear(venue, "auth") == json.loads(SESSION[2:])[1]
    assert hear(venue, "changeSymbol") == {"asset": ASSET, "period": 60}
    assert confirmed == StreamConfirmed(ASSET, 60, "connection-1", 1)
    assert [(tick.asset, tick.time, tick.price) for tick in notebook.ticks()] == [
        (ASSET, NOON + 0.25, 1.19537),
        (ASSET, NOON + 1, 1.19541),
    ]
    assert all(started <= tick.received_at <= time.time() for tick in notebook.ticks())
    assert balance == Balance(AccountKind.DEMO, Decimal("49812.37"))
    assert payout == Payout(ASSET, 92, True)
    assert bar == Candle(NOON - 60, 1.1, 1.3, 1.0, 1.2)
    (asset,) = notebook.all(AssetsListed)[0].assets
    assert isinstance(asset, Asset)
    assert (asset.symbol, asset.digits, asset.periods, asset.tradable) == (ASSET, 5, (60,), True)


def test_the_server_understands_our_messages_and_our_close(venue: SocketioVenue, notebook: Notebook) -> None:
    with Runtime(config(venue, 1)) as runtime:
        runtime.router.ask(SendRaw('42["price-alert/load",{"deep":[1,"Ω"]}]'), timeout=DEADLINE)
        assert hear(venue, "price-alert/load") == {"deep": [1, "Ω"]}
    assert "client" in hear(venue, "disconnect")


def test_an_event_that_nobody_interprets_arrives_raw(venue: SocketioVenue, notebook: Notebook) -> None:
    with Runtime(config(venue, 0)) as runtime:
        runtime.router.tell(Subscribe("", to=notebook))
        assert notebook.wait(lambda _: bool(notebook.all(ConnectionUp)))
        venue.do(venue.say("chafor", {"a": ["Ω", None]}))
        assert notebook.wait(lambda _: bool(notebook.all(RawMessage)))
    (raw,) = notebook.all(RawMessage)
    assert (raw.topic, json.loads(raw.payload)) == ("raw.chafor", {"a": ["Ω", None]})


def test_pings_are_answered_for_as_long_as_it_takes_to_be_dropped_otherwise(notebook: Notebook) -> None:
    with SocketioVenue() as venue, Runtime(config(venue, 1)) as runtime:
        runtime.router.tell(Subscribe("", to=notebook))
        assert notebook.wait(lambda _: bool(notebook.all(ConnectionUp)))
        reports = len(notebook.all(ConnectionReport))
        assert notebook.wait(lambda _: len(notebook.all(ConnectionReport)) > reports)  # one a second
        assert notebook.all(ConnectionDown) == []
        assert [report.garbage for report in notebook.all(ConnectionReport)[-1:]] == [0]


def test_a_session_that_the_server_ends_is_opened_again(venue: SocketioVenue, notebook: Notebook) -> None:
    with Runtime(config(venue, 1)) as runtime:
        runtime.router.tell(Subscribe("", to=notebook))
        runtime.router.ask(SubscribeTicks(ASSET), timeout=DEADLINE)
        venue.do(venue.hang_up())
        assert notebook.wait(lambda _: [up.epoch for up in notebook.all(ConnectionUp)] == [1, 2])
        assert notebook.wait(lambda _: len(notebook.ticks()) >= 4)
    assert not [event for event in notebook.all(Event) if getattr(event, "terminal", False)]


def test_a_refused_session_is_seen_as_refused(notebook: Notebook) -> None:
    with SocketioVenue(admits=False) as venue, Runtime(config(venue, 0)) as runtime:
        assert runtime.wait(DEADLINE)
        assert isinstance(runtime.failure, AuthRejected)
        heard = [venue.heard.get(timeout=DEADLINE)[0] for _ in range(4)]
    assert sorted(heard) == ["auth", "auth", "disconnect", "disconnect"]
