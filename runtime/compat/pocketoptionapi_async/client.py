"""``AsyncPocketOptionClient``: the client of the interface, on a runtime of ours."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from loguru import logger
from pydantic import ValidationError

from actors.errors import NotSent, OrderUnknown, RequestError, RequestTimeout, TellwireError
from actors.messages import (
    AwaitResult,
    GetBalance,
    GetClosedDeals,
    GetOpenedDeals,
    LoadCandles,
    PlaceOrder,
)
from actors.values import Deal, Direction
from runtime.compat import _shared
from runtime.compat.pocketoptionapi_async import _messages, exceptions as errors
from runtime.compat.pocketoptionapi_async._arguments import (
    candle_of,
    check_asset,
    check_order,
    seconds_of,
    urls_of,
)
from runtime.compat.pocketoptionapi_async._callbacks import Callback, Callbacks
from runtime.compat.pocketoptionapi_async._connection import EVENTS, Connection, status_when_down
from runtime.compat.pocketoptionapi_async._facts import count_connect, new_statistics
from runtime.compat.pocketoptionapi_async._orders import RESULTS, Orders, win_dict
from runtime.compat.pocketoptionapi_async._session import read_session
from runtime.compat.pocketoptionapi_async.models import (
    Balance,
    Candle,
    ConnectionInfo,
    ConnectionStatus,
    OrderDirection,
    OrderResult,
    OrderStatus,
)
from runtime.compat.pocketoptionapi_async.monitoring import ErrorCategory, ErrorSeverity, error_monitor
from runtime.compat.pocketoptionapi_async.utils import frame_of

if TYPE_CHECKING:
    import pandas as pd

ORDER_TIMEOUT: Final = 30.0
REQUEST_TIMEOUT: Final = 30.0
"""Seconds that the venue may take for an answer, a reconnect included."""


class AsyncPocketOptionClient:
    """The client: ``connect``, then ask, then ``disconnect``. All of it belongs to one event loop.

    ``ssid`` is the whole auth message, or a bare session id with ``uid`` and ``platform``. ``is_demo`` says
    which account is used, whatever the message says; with ``False`` orders stake real money. ``region`` is
    tried first. Without ``auto_reconnect`` a lost connection stays lost. ``enable_logging`` is about the
    lines of this client; nothing is removed from loguru. ``persistent_connection`` changes nothing: every
    connection is kept alive. Raises ``InvalidParameterError`` for a session that cannot be used.
    """

    def __init__(
        self,
        ssid: str,
        is_demo: bool = True,
        region: str | None = None,
        uid: int = 0,
        platform: int = 1,
        is_fast_history: bool = True,
        persistent_connection: bool = False,
        auto_reconnect: bool = True,
        enable_logging: bool = True,
    ) -> None:
        self._session = read_session(ssid, uid, platform)
        self.raw_ssid = ssid
        self.is_demo = is_demo
        self.preferred_region = region
        self.session_id, self.uid, self.platform = self._session
        self.is_fast_history = is_fast_history
        self.persistent_connection = persistent_connection
        self.auto_reconnect = auto_reconnect
        self.enable_logging = enable_logging
        self._settings: Mapping[str, Mapping[str, object]] = {}
        self._callbacks = Callbacks(EVENTS)
        self._orders = Orders()
        self._connection: Connection | None = None
        self._last_info: ConnectionInfo | None = None
        self._statistics = new_statistics()
        self._charted = ""
        self._tasks: set[asyncio.Task[None]] = set()

    async def connect(self, regions: Sequence[str] | None = None, persistent: bool | None = None) -> bool:
        """Whether the venue has accepted the session. ``regions`` are names of ``REGIONS`` or URLs.

        Why it failed is logged, recorded by ``error_monitor``, and told to ``auth_error`` callbacks if the
        session was refused. A client that is connected stays as it is.
        """
        if persistent is not None:
            self.persistent_connection = bool(persistent)
        if self.is_connected:
            return True
        await self._end()
        count_connect(self._statistics)
        try:
            await self._begin(regions)
        except (TellwireError, ValidationError, errors.PocketOptionError, OSError) as error:
            await self._record(f"Connection failed: {error}")
            return False
        self._statistics["successful_connections"] += 1
        self._log("INFO", "connected and logged in")
        await self._callbacks.emit("connected", {"region": self._lease().facts.region})
        return True

    async def disconnect(self) -> None:
        """Give the runtime back, which ends with the last client of its account. Deals go on at the venue."""
        if self._connection is not None:
            await self._end()
            self._log("INFO", "disconnected")
            await self._callbacks.emit("disconnected", {"reason": "disconnect was called"})

    async def get_balance(self) -> Balance:
        """The latest balance. Raises ``ConnectionError`` while there is no connection."""
        connection = self._connected()
        try:
            found = await connection.runtime.ask(GetBalance(deadline=REQUEST_TIMEOUT))
        except RequestError as error:
            raise errors.PocketOptionError(f"Balance data not available: {error}") from error
        latest = connection.balance
        if latest is not None and latest.balance == float(found.amount):
            return latest
        return connection.new_balance(found)

    async def place_order(
        self, asset: str, amount: float, direction: OrderDirection, duration: int
    ) -> OrderResult:
        """Open a deal of ``duration`` seconds; returns once the venue has opened it.

        Raises ``ConnectionError``, ``InvalidParameterError``, and ``OrderError``, whose ``error_code`` says
        whether the order may be placed again.
        """
        connection = self._connected()
        side, seconds = check_order(asset, amount, direction, duration, connection.assets)
        order_id = self._orders.begin(asset, amount, side, seconds)
        command = PlaceOrder(
            asset, amount, Direction(side.value), seconds, id=order_id, deadline=ORDER_TIMEOUT
        )
        try:
            deal = await connection.runtime.ask(command)
        except OrderUnknown as error:
            self._orders.doubt(order_id, str(error))
            raise errors.OrderError(
                f"Do not repeat it: whether it was placed is not known: {error}",
                "unknown",
                order_id,
            ) from error
        except RequestError as error:
            self._orders.forget(order_id, str(error))
            code = "not_sent" if isinstance(error, NotSent) else "refused"
            raise errors.OrderError(f"Failed to place order: {error}", code, order_id) from error
        result = self._orders.opened(order_id, deal)
        assert result is not None  # it was begun above
        self._log("INFO", f"order placed: {order_id}, {result.status.value}")
        return result

    async def check_order_result(self, order_id: str) -> OrderResult | None:
        """What is known of an order at present: of this client, or a deal of the account by its own id;
        ``None`` if there is none."""
        if (known := self._orders.known(order_id)) is not None:
            return known
        for deal in await self._deals():
            if deal.id == order_id:
                return self._orders.update(deal)
        return None

    async def check_win(self, order_id: str, max_wait_time: float = 300.0) -> dict[str, Any]:
        """Wait for the result of an order: a dict with ``result`` (win, loss, draw), ``profit``,
        ``order_id``, ``completed`` and ``status``; with ``result`` timeout after ``max_wait_time`` seconds.

        An order in doubt is waited for too. Raises ``OrderError`` if no deal came of the order, or if there
        is none with this id, and ``ConnectionError`` if the client is disconnected.
        """
        known = self._orders.known(order_id)
        if known is None or known.status in {OrderStatus.ACTIVE, OrderStatus.PENDING}:
            if self._connection is None:
                raise errors.ConnectionError("Not connected to PocketOption")
            try:
                async with asyncio.timeout(max_wait_time):
                    deal_id = await self._orders.deal_id(order_id)
                    deal = await self._connection.runtime.ask(AwaitResult(deal_id, deadline=max_wait_time))
            except (TimeoutError, RequestTimeout):
                return {"result": "timeout", "order_id": order_id, "completed": False, "timeout": True}
            except RequestError as error:
                raise errors.OrderError(f"No result of order {order_id}: {error}", None, order_id) from error
            known = self._orders.update(deal)
        if known.status not in RESULTS:
            raise errors.OrderError(f"Order {order_id} closed, and its result was missed", None, order_id)
        return win_dict(known)

    async def get_active_orders(self) -> list[OrderResult]:
        """The open deals of the account, those of other programs too, and the orders of this client whose
        answer was lost (PENDING). While it is disconnected: what it knew last."""
        if self._connection is None:
            return self._orders.unfinished()
        opened = [self._orders.update(deal) for deal in await self._deals(closed=False)]
        doubtful = [order for order in self._orders.unfinished() if order.status is OrderStatus.PENDING]
        return [order for order in opened if order.status is OrderStatus.ACTIVE] + doubtful

    async def get_candles(
        self, asset: str, timeframe: str | int, count: int = 100, end_time: datetime | None = None
    ) -> list[Candle]:
        """The last ``count`` bars, the newest first; that is the one that still forms, unless ``end_time`` is
        in the past. An ``end_time`` without a zone is in local time.

        Connects a client that is not, if ``auto_reconnect``. Raises ``ConnectionError``,
        ``InvalidParameterError``, ``TimeoutError`` and ``PocketOptionError``.
        """
        if self._connection is None and not (self.auto_reconnect and await self.connect()):
            raise errors.ConnectionError("Not connected to PocketOption")
        connection = self._lease()
        period = seconds_of(timeframe)
        check_asset(asset, connection.assets)
        end = datetime.now().timestamp() + period if end_time is None else end_time.timestamp()
        try:
            bars = await connection.runtime.ask(
                LoadCandles(asset, period, count, end, deadline=REQUEST_TIMEOUT)
            )
        except RequestTimeout as error:
            raise errors.TimeoutError(f"Failed to get candles: {error}") from error
        except RequestError as error:
            raise errors.PocketOptionError(f"Failed to get candles: {error}") from error
        candles = [candle_of(bar, asset, period) for bar in reversed(bars)]
        await self._callbacks.emit("candles_received", {"asset": asset, "period": period, "candles": candles})
        await self._chart(asset)
        return candles

    async def get_candles_dataframe(
        self, asset: str, timeframe: str | int, count: int = 100, end_time: datetime | None = None
    ) -> "pd.DataFrame":
        """``get_candles`` as a frame with the index timestamp, the oldest first. Needs pandas."""
        return frame_of(await self.get_candles(asset, timeframe, count, end_time))

    def get_asset_info(self, asset: str) -> dict[str, Any] | None:
        """The venue's row of an asset as a dict; ``None`` for another, and before the first ``connect``."""
        if self._connection is None or (found := self._connection.assets.get(asset)) is None:
            return None
        twin = None if found.otc else self._connection.assets.get(f"{asset}_otc")
        return {
            "id": found.id,
            "symbol": found.symbol,
            "name": found.label,
            "type": found.kind,
            "payout": found.payout,
            "is_otc": found.otc,
            "linked_id": twin.id if twin else 0,
            "tradable": found.tradable,
            "expirations": list(found.periods),
        }

    def get_payout(self, asset: str) -> float | None:
        """What a win pays, in percent; ``None`` as for ``get_asset_info``."""
        info = self.get_asset_info(asset)
        payout: int | None = info["payout"] if info else None
        return payout

    async def send_message(self, message: str) -> bool:
        """Whether the text was written to a connection. Raises ``InvalidParameterError`` for logins and
        orders, which it does not send."""
        if self._connection is None or not self.is_connected:
            self._log("ERROR", "the message is not sent: not connected")
            return False
        try:
            await _messages.send(self._connection, message)
        except RequestError as error:
            self._log("ERROR", f"the message is not sent: {error}")
            return False
        return True

    def add_event_callback(self, event: str, callback: Callback) -> None:
        """Have a function or a coroutine function called with the data of ``event``. Raises
        ``InvalidParameterError`` for an event that never comes, and names those that do."""
        self._callbacks.add(event, callback)
        if event == "stream_update" and self._connection is not None and self._charted:
            self._spawn(self._chart(self._charted))

    def remove_event_callback(self, event: str, callback: Callback) -> None:
        """Without effect for a callback that was not added."""
        self._callbacks.remove(event, callback)

    @property
    def is_connected(self) -> bool:
        """Whether a connection is logged in."""
        return self._connection is not None and self._connection.facts.is_up

    @property
    def connection_info(self) -> ConnectionInfo | None:
        """The connection, or the last one there was; ``None`` before the first ``connect``."""
        if self._connection is None:
            return self._last_info
        status = status_when_down(self._connection, auto_reconnect=self.auto_reconnect)
        return self._connection.facts.info(status)

    def get_connection_stats(self) -> dict[str, Any]:
        """Counters, as of a second ago; ``last_ping_time`` and ``connection_start_time`` in Unix seconds."""
        found = dict(self._statistics)
        if self._connection is not None:
            found["total_reconnects"] += self._connection.reconnects
            for name, value in self._connection.facts.counters().items():
                found[name] = (found[name] or 0) + value if name.startswith("messages_") else value
        return {
            **found,
            "websocket_connected": self.is_connected,
            "connection_info": self.connection_info,
        }

    @property
    def last_round_trip(self) -> float | None:
        """Seconds that the last WebSocket ping took; ``None`` before the first. Ours, not theirs."""
        return self._connection.facts.round_trip if self._connection is not None else None

    def configure(self, settings: Mapping[str, Mapping[str, object]]) -> None:
        """Sections of the runtime's configuration, from the next ``connect`` on, such as
        ``{"connection": {"proxy": "socks5://127.0.0.1:9050"}}``. Ours, not theirs."""
        self._settings = settings

    async def _begin(self, regions: Sequence[str] | None) -> None:
        config = _shared.configuration(
            self._session.message(is_demo=self.is_demo, is_fast_history=self.is_fast_history),
            urls_of(regions, self.preferred_region, is_demo=self.is_demo),
            self._settings,
        )
        self._connection = await Connection.lease(config, self._callbacks, self._orders, is_demo=self.is_demo)
        self._connection.on_lost = self._on_lost
        self._connection.on_ended = lambda: self._spawn(self._end())

    async def _end(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        self._statistics["total_reconnects"] += connection.reconnects
        for name, value in connection.facts.counters().items():
            is_count = name.startswith("messages_")
            self._statistics[name] = self._statistics[name] + value if is_count else value
        info = connection.facts.info(ConnectionStatus.DISCONNECTED)
        self._last_info = info and info.model_copy(update={"status": ConnectionStatus.DISCONNECTED})
        await connection.end()

    def _on_lost(self) -> None:
        if not self.auto_reconnect:
            self._spawn(self._end())

    def _lease(self) -> Connection:
        """The connection, also while it reconnects: requests wait for it."""
        if self._connection is None:
            raise errors.ConnectionError("Not connected to PocketOption")
        return self._connection

    def _connected(self) -> Connection:
        if not self.is_connected:
            raise errors.ConnectionError("Not connected to PocketOption")
        return self._lease()

    async def _deals(self, *, closed: bool = True) -> list[Deal]:
        if self._connection is None:
            return []
        ask = self._connection.runtime.ask
        try:
            deals = await ask(GetOpenedDeals(deadline=REQUEST_TIMEOUT))
            return deals + (await ask(GetClosedDeals(deadline=REQUEST_TIMEOUT)) if closed else [])
        except RequestError as error:
            raise errors.PocketOptionError(f"The deals are not known: {error}") from error

    async def _chart(self, asset: str) -> None:
        """Stream the asset whose candles were asked for last, as long as anybody takes ``stream_update``."""
        self._charted = asset
        if self._connection is not None and self._callbacks.has("stream_update"):
            await self._connection.stream(asset)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _record(self, message: str) -> None:
        self._log("ERROR", message)
        await error_monitor.record_error(
            "connection_failed", ErrorSeverity.HIGH, ErrorCategory.CONNECTION, message
        )

    def _log(self, level: str, text: str) -> None:
        if self.enable_logging:
            logger.log(level, "{}", text)
