"""``AsyncClient``: each method builds one command and asks the router.

Made of ``runtime/client/client.py`` by ``python -m tests.runtime.client.test_faces``: change that one.
"""
# ruff: noqa: ASYNC109  # a timeout is the deadline of the command too

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from actors.messages.commands import (
    AwaitResult,
    CancelPendingOrder,
    Command,
    Connect,
    Disconnect,
    GetAssets,
    GetBalance,
    GetClosedDeals,
    GetOpenedDeals,
    GetPayout,
    GetPendingOrders,
    GetServerTime,
    GetStatus,
    Halt,
    LoadCandles,
    LoadTicks,
    PlaceOrder,
    PlacePendingOrder,
    Restart,
    Resume,
    SendRaw,
    SettleOrder,
    SubscribeCandles,
    SubscribeTicks,
    UnsubscribeTicks,
    WithdrawRaw,
)
from actors.messages.conversion import Amount, Length, Moment
from actors.messages.events import Event, StreamConfirmed
from actors.messages.status import Status
from actors.tables.rows import AssetDict, CandleList, DealList, PendingOrderList, TickList
from actors.values import Balance, Deal, Direction, Life, Payout, PendingOrder, ServerTime, Tick
from runtime.aio.bar_stream import BarStream
from runtime.aio.event_stream import EventStream
from runtime.client.durations import length, within

if TYPE_CHECKING:
    from runtime.aio.async_router import AsyncRouter

A = TypeVar("A")


class AsyncClient:
    """The commands as methods; the ``client`` of a runtime or of an attachment.

    A length of time is ``seconds=``, ``minutes=``, both together, or a ``timedelta`` or a number of seconds
    in the parameter of its own name. ``timeout`` is how long a call waits for its answer, in place of
    ``connection.message_timeout``. The errors are those of the commands, which say more about each.
    """

    def __init__(self, router: "AsyncRouter") -> None:
        self._router = router

    async def _ask(self, command: Command[A], timeout: Length | None) -> A:
        return await self._router.ask(within(command, timeout), timeout=timeout)

    async def buy(
        self,
        asset: str,
        amount: Amount,
        duration: Length | None = None,
        *,
        seconds: float | None = None,
        minutes: float | None = None,
        id: str | None = None,
        timeout: Length | None = None,
    ) -> Deal:
        """Open a deal that wins if the price rises; the answer is the open deal (``PlaceOrder``)."""
        wanted = length("duration", duration, seconds, minutes)
        order = PlaceOrder(asset, amount, Direction.CALL, wanted, id)
        return await self._ask(order, timeout)

    async def sell(
        self,
        asset: str,
        amount: Amount,
        duration: Length | None = None,
        *,
        seconds: float | None = None,
        minutes: float | None = None,
        id: str | None = None,
        timeout: Length | None = None,
    ) -> Deal:
        """Open a deal that wins if the price falls; the answer is the open deal (``PlaceOrder``)."""
        wanted = length("duration", duration, seconds, minutes)
        order = PlaceOrder(asset, amount, Direction.PUT, wanted, id)
        return await self._ask(order, timeout)

    async def result(self, deal: Deal | str, *, timeout: Length | None = None) -> Deal:
        """Wait until a deal, or the one of this id, is closed; by default until shortly after its end
        (``AwaitResult``)."""
        deal_id = deal.id if isinstance(deal, Deal) else deal
        return await self._ask(AwaitResult(deal_id), timeout)

    async def opened_deals(self, *, timeout: Length | None = None) -> DealList:
        """The open deals (``GetOpenedDeals``)."""
        return await self._ask(GetOpenedDeals(), timeout)

    async def closed_deals(self, *, timeout: Length | None = None) -> DealList:
        """The closed deals that the venue lists, and those closed since the start (``GetClosedDeals``)."""
        return await self._ask(GetClosedDeals(), timeout)

    async def place_pending_order(
        self,
        asset: str,
        amount: Amount,
        direction: Direction | Literal["call", "put"],
        duration: Length | None = None,
        *,
        seconds: float | None = None,
        minutes: float | None = None,
        open_at: Moment | None = None,
        open_price: float | None = None,
        minimum_payout: int = 0,
        id: str | None = None,
        timeout: Length | None = None,
    ) -> PendingOrder:
        """Have the venue open a deal later, at a time or at a price (``PlacePendingOrder``)."""
        wanted = length("duration", duration, seconds, minutes)
        order = PlacePendingOrder(asset, amount, direction, wanted, open_at, open_price, minimum_payout, id)
        return await self._ask(order, timeout)

    async def cancel_pending_order(self, order: PendingOrder | str, *, timeout: Length | None = None) -> str:
        """Cancel a pending order, or the one of this ticket; the answer is its ticket
        (``CancelPendingOrder``)."""
        ticket = order.ticket if isinstance(order, PendingOrder) else order
        return await self._ask(CancelPendingOrder(ticket), timeout)

    async def pending_orders(self, *, timeout: Length | None = None) -> PendingOrderList:
        """The pending orders (``GetPendingOrders``)."""
        return await self._ask(GetPendingOrders(), timeout)

    async def settle_order(
        self, order: str, *, opened: bool, reason: str, timeout: Length | None = None
    ) -> None:
        """Say what became of an order in doubt (``SettleOrder``)."""
        return await self._ask(SettleOrder(order, opened, reason), timeout)

    async def halt(self, reason: str = "", *, timeout: Length | None = None) -> None:
        """Send no order until ``resume``, even after a restart (``Halt``)."""
        return await self._ask(Halt(reason), timeout)

    async def resume(self, *, timeout: Length | None = None) -> bool:
        """Allow orders again; whether they were halted (``Resume``)."""
        return await self._ask(Resume(), timeout)

    async def candles(
        self,
        asset: str,
        period: Length | None = None,
        *,
        seconds: float | None = None,
        minutes: float | None = None,
        count: int = 100,
        end: Moment | None = None,
        timeout: Length | None = None,
    ) -> CandleList:
        """The last ``count`` candles that end by ``end``, by default of one minute each and up to now
        (``LoadCandles``)."""
        wanted = length("period", period, seconds, minutes, default=60)
        return await self._ask(LoadCandles(asset, wanted, count, end), timeout)

    async def tick_history(
        self,
        asset: str,
        span: Length | None = None,
        *,
        seconds: float | None = None,
        minutes: float | None = None,
        count: int | None = None,
        end: Moment | None = None,
        timeout: Length | None = None,
    ) -> TickList:
        """The ticks of the last ``span``, or the last ``count``, before ``end``, by default up to now
        (``LoadTicks``)."""
        wanted = length("span", span, seconds, minutes, default=0) or None
        return await self._ask(LoadTicks(asset, wanted, count, end), timeout)

    def ticks(self, asset: str) -> EventStream[Tick]:
        """The ticks of ``asset`` as they come, for an ``async for``; it is streamed until that ends."""
        return self._router.ticks(asset)

    def bars(
        self,
        asset: str,
        period: Length | None = None,
        *,
        seconds: float | None = None,
        minutes: float | None = None,
        ticks: int = 0,
        aligned: bool = True,
        history: int = 0,
    ) -> BarStream:
        """The bars of ``asset`` as they form, for an ``async for``, after the last ``history`` closed ones.

        A bar has one minute by default; with ``ticks``, so many of these (``SubscribeCandles``).
        """
        wanted = length("period", period, seconds, minutes, default=0 if ticks else 60)
        return self._router.bars(SubscribeCandles(asset, wanted, ticks, aligned, history))

    def events(self, topic: str) -> EventStream[Event | Tick]:
        """The events that ``topic`` matches as they come, for an ``async for``: ``"order.>"``."""
        return self._router.events(topic)

    async def subscribe(self, topic: str, handler: Callable[[Any], object], *, stream: bool = False) -> str:
        """Have ``handler`` called with every event that ``topic`` matches. The answer, ``stream`` and the
        errors are those of ``Subscribe``."""
        return await self._router.subscribe(topic, handler, stream=stream)

    async def unsubscribe(self, topic: str, handler: Callable[[Any], object]) -> bool:
        """End the subscriptions of ``handler`` to ``topic``; whether there was one."""
        return await self._router.unsubscribe(topic, handler)

    async def subscribe_ticks(
        self,
        asset: str,
        period: Length | None = None,
        *,
        seconds: float | None = None,
        minutes: float | None = None,
        timeout: Length | None = None,
    ) -> StreamConfirmed:
        """Have the venue stream ``asset`` until ``unsubscribe_ticks``; ``period``, by default one minute, is
        that of the bars that it sends along (``SubscribeTicks``)."""
        wanted = length("period", period, seconds, minutes, default=60)
        return await self._ask(SubscribeTicks(asset, wanted), timeout)

    async def unsubscribe_ticks(self, asset: str, *, timeout: Length | None = None) -> str | None:
        """Release the stream of ``asset``; ``None`` if it ends, or a text that names its other owners
        (``UnsubscribeTicks``)."""
        return await self._ask(UnsubscribeTicks(asset), timeout)

    async def balance(self, *, timeout: Length | None = None) -> Balance:
        """The latest balance (``GetBalance``)."""
        return await self._ask(GetBalance(), timeout)

    async def assets(self, search: str = "", *, timeout: Length | None = None) -> AssetDict:
        """The assets by symbol, or those whose symbol, label or kind contains ``search`` (``GetAssets``)."""
        return await self._ask(GetAssets(search), timeout)

    async def payout(self, asset: str, *, timeout: Length | None = None) -> Payout:
        """What a win on ``asset`` pays, and whether it can be traded now (``GetPayout``)."""
        return await self._ask(GetPayout(asset), timeout)

    async def server_time(self, *, timeout: Length | None = None) -> ServerTime:
        """The venue's clock (``GetServerTime``)."""
        return await self._ask(GetServerTime(), timeout)

    async def status(self, *, timeout: Length | None = None) -> Status:
        """The status of the whole runtime (``GetStatus``)."""
        return await self._ask(GetStatus(), timeout)

    async def restart(self, name: str, *, timeout: Length | None = None) -> None:
        """Begin a new life of a connection or a worker process (``Restart``)."""
        return await self._ask(Restart(name), timeout)

    async def disconnect(self, reason: str = "", *, timeout: Length | None = None) -> None:
        """Close all connections until ``connect``; the answer comes once they are closed (``Disconnect``)."""
        return await self._ask(Disconnect(reason), timeout)

    async def connect(self, *, timeout: Length | None = None) -> bool:
        """Connect again after ``disconnect``; whether it was disconnected (``Connect``)."""
        return await self._ask(Connect(), timeout)

    async def send_raw(
        self, text: str, connection: str = "", *, each_login: bool = False, timeout: Length | None = None
    ) -> Life:
        """Send a text message on a connection, ``""`` being that of the account (``SendRaw``)."""
        return await self._ask(SendRaw(text, connection, each_login), timeout)

    async def withdraw_raw(self, text: str, connection: str = "", *, timeout: Length | None = None) -> bool:
        """Do not send a text after logins any more (``WithdrawRaw``)."""
        return await self._ask(WithdrawRaw(text, connection), timeout)
