"""What a client has of a runtime: begun and ended, with its events handed on to the callbacks."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from loguru import logger

from actors import values as ours
from actors.errors import AuthRejected, RequestError, RequestRefused, RequestTimeout, TellwireError
from actors.messages import (
    ActorQuarantined,
    AssetsListed,
    BalanceChanged,
    ConnectionDown,
    ConnectionUp,
    GetAssets,
    GetBalance,
    GetStatus,
    OrderClosed,
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderRefused,
    OrderSettled,
    RawMessage,
)
from actors.values import Asset, Tick
from runtime import AsyncRuntime, Config
from runtime.compat import _shared
from runtime.compat.pocketoptionapi_async._callbacks import Callbacks
from runtime.compat.pocketoptionapi_async._facts import ConnectionFacts
from runtime.compat.pocketoptionapi_async._orders import Orders, venue_fields
from runtime.compat.pocketoptionapi_async.constants import ASSETS
from runtime.compat.pocketoptionapi_async.exceptions import AuthenticationError, ConnectionError  # noqa: A004  # not the builtin
from runtime.compat.pocketoptionapi_async.models import Balance, ConnectionStatus

EVENTS: Final = frozenset(
    {
        "authenticated",
        "connected",
        "reconnected",
        "disconnected",
        "auth_error",
        "gave_up",
        "balance_updated",
        "order_opened",
        "order_closed",
        "stream_update",
        "candles_received",
        "assets_updated",
        "message",
        "message_received",
    }
)
LOGIN_TIMEOUT: Final = 30.0
"""Seconds that a login may take; a refused one is tried twice, 5 s apart."""

_REFUSED = "auth"
_QUARANTINED = "quarantined"


class Connection:
    """One lease of a runtime, from ``begin`` to ``end``; in the event loop that it began in."""

    def __init__(self, runtime: AsyncRuntime, callbacks: Callbacks, orders: Orders, *, is_demo: bool) -> None:
        exchange = runtime.runtime.exchange
        regions = (
            exchange.regions if exchange else [*runtime.config.regions.demo, *runtime.config.regions.live]
        )
        self.runtime = runtime
        self.facts = ConnectionFacts({region.name: region.url for region in regions})
        self.balance: Balance | None = None
        self._balance_told: ours.Balance | None = None
        self.assets: dict[str, Asset] = {}
        self.on_lost: Callable[[], object] = lambda: None
        """Called when the last connection is lost."""
        self.on_ended: Callable[[], object] = lambda: None
        """Called when the runtime has ended by itself."""
        self.reconnects = 0
        self._callbacks = callbacks
        self._orders = orders
        self._is_demo = is_demo
        self._currency = "USD"
        self._refused: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._begun = False
        self._streamed: set[str] = set()
        self._watcher = asyncio.get_running_loop().create_task(self._watch())
        self._topics: Mapping[str, Callable[[Any], object]] = {
            "connection.>": self._on_connection,
            "actor.quarantined": self._on_quarantine,
            "balance": self._on_balance,
            "assets": self._on_assets,
            "order.>": self._on_order,
            "report.connection": self.facts.on_report,
            "raw.>": self._on_raw,
        }

    @classmethod
    async def lease(
        cls, config: Config, callbacks: Callbacks, orders: Orders, *, is_demo: bool
    ) -> "Connection":
        """One that is logged in. Raises ``AuthenticationError`` if the venue refuses the session and
        ``ConnectionError`` if no login comes in time; then nothing is left."""
        connection = cls(await _shared.lease(config), callbacks, orders, is_demo=is_demo)
        try:
            await connection._begin()
        except BaseException:
            await connection.end()
            raise
        return connection

    async def end(self) -> None:
        """Give the runtime back, once."""
        self._begun = False
        self._watcher.cancel()
        for topic, handler in self._topics.items():
            await self.runtime.unsubscribe(topic, handler)
        for asset in self._streamed:
            await self.runtime.unsubscribe(f"tick.{asset}", self._on_tick)
        await _shared.release(self.runtime)

    async def stream(self, asset: str) -> None:
        """Have the ticks of ``asset`` handed on as ``stream_update``, as the venue sends them for a chart."""
        if asset in self._streamed:
            return
        self._streamed.add(asset)
        try:
            await self.runtime.subscribe(f"tick.{asset}", self._on_tick, stream=True)
        except (RequestRefused, RequestTimeout) as error:
            self._streamed.discard(asset)
            logger.warning("no stream_update comes for {}: {}", asset, error)

    async def unstream(self, asset: str) -> None:
        """End it."""
        if asset in self._streamed:
            self._streamed.discard(asset)
            await self.runtime.unsubscribe(f"tick.{asset}", self._on_tick)

    async def _begin(self) -> None:
        for topic, handler in self._topics.items():
            await self.runtime.subscribe(topic, handler)
        status = await self.runtime.ask(GetStatus(deadline=LOGIN_TIMEOUT))
        children = [each.child for each in status.connections]
        if children and all(child.state == _QUARANTINED for child in children):
            self._refuse(children[0].last_error)
        login = asyncio.ensure_future(self._login())
        try:
            waited: list[asyncio.Future[Any]] = [login, self._refused]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if not login.done() or self._refused.done():
                raise AuthenticationError(self._refused.result(), _REFUSED)
            await login
        finally:
            login.cancel()
        self.facts.begin(await self.runtime.ask(GetStatus(deadline=LOGIN_TIMEOUT)))
        self._begun = True

    async def _watch(self) -> None:
        """Until the runtime ends by itself: by an operator, or because it has failed."""
        reason = "the runtime was stopped"
        try:
            await self.runtime.wait()
        except TellwireError as error:
            reason = str(error)
            if isinstance(error, AuthRejected):
                self._refuse(reason)
                await self._callbacks.emit("auth_error", {"message": reason})
        if self._begun:
            await self._callbacks.emit("disconnected", {"region": self.facts.region, "reason": reason})
            self.on_ended()

    async def _login(self) -> None:
        try:
            found = await self.runtime.ask(GetBalance(deadline=LOGIN_TIMEOUT))
            self.assets = await self.runtime.ask(GetAssets(deadline=LOGIN_TIMEOUT))
        except RequestTimeout as error:
            raise ConnectionError(f"no login within {LOGIN_TIMEOUT:.0f} s: {error}", "timeout") from None
        except RequestError:
            await self._watcher  # it may have failed because the session was refused
            raise
        self._learn_assets()
        self.balance = self.new_balance(found)

    def new_balance(self, found: ours.Balance) -> Balance:
        """In the currency that the venue has named, in its deals if at all; without any, USD."""
        currency = found.currency or self._currency
        return Balance(balance=float(found.amount), currency=currency, is_demo=self._is_demo)

    def _refuse(self, reason: str) -> None:
        if not self._refused.done():
            self._refused.set_result(
                f"Authentication failed: {reason}; copy a fresh SSID from the browser, and check is_demo"
            )

    def _learn_assets(self) -> None:
        ASSETS.update({asset.symbol: asset.id for asset in self.assets.values()})

    async def _on_connection(self, event: Any) -> None:
        if isinstance(event, ConnectionUp):
            attempt = self.facts.attempts + 1
            if self.facts.on_up(event):
                await self._callbacks.emit("authenticated", {"region": event.region})
                if self._begun:
                    self.reconnects += 1
                    await self._callbacks.emit("reconnected", {"region": event.region, "attempt": attempt})
        elif isinstance(event, ConnectionDown) and self.facts.on_down(event) and self._begun:
            await self._callbacks.emit("disconnected", {"region": event.region, "reason": event.reason})
            self.on_lost()

    async def _on_quarantine(self, event: ActorQuarantined) -> None:
        if not event.auth:  # a refused session makes the runtime fail, which is told there
            await self._callbacks.emit("gave_up", {"name": event.name, "reason": event.reason})

    async def _on_balance(self, event: BalanceChanged) -> None:
        if self._balance_told == event.balance:  # each connection of the pool says it
            return
        self._balance_told = event.balance
        self.balance = self.new_balance(event.balance)
        await self._callbacks.emit("balance_updated", self.balance)

    async def _on_assets(self, event: AssetsListed) -> None:
        self.assets = {asset.symbol: asset for asset in event.assets}
        self._learn_assets()
        await self._callbacks.emit("assets_updated", dict(self.assets))

    async def _on_order(self, event: Any) -> None:
        match event:
            case OrderOpened(order=order, deal=deal):
                self._currency = deal.currency or self._currency
                if self._orders.opened(order, deal) is not None:
                    await self._callbacks.emit("order_opened", venue_fields(deal, order))
            case OrderClosed(deal=deal):
                if (result := self._orders.closed(deal)) is not None:
                    await self._callbacks.emit("order_closed", result)
            case OrderInDoubt(order=order, reason=reason):
                self._orders.doubt(order, reason)
            case OrderNotPlaced(order=order):
                self._orders.forget(order, "the venue's lists show that no deal came of the order")
            case OrderRefused(order=order, reason=reason):
                self._orders.forget(order, f"the venue refused the order: {reason}")
            case OrderSettled(order=order, opened=False, reason=reason):
                self._orders.forget(order, f"it was settled that no deal came of the order: {reason}")

    async def _on_raw(self, event: RawMessage) -> None:
        body = f",{event.payload}" if event.payload else ""
        text = f'42["{event.name}"{body}]'
        await self._callbacks.emit("message", text)
        await self._callbacks.emit("message_received", {"message": text})

    async def _on_tick(self, tick: Tick) -> None:
        await self._callbacks.emit(
            "stream_update", {"asset": tick.asset, "time": tick.time, "price": tick.price}
        )


def status_when_down(connection: Connection | None, *, auto_reconnect: bool) -> ConnectionStatus:
    """Of a client without a connection that is up."""
    if connection is not None and auto_reconnect:
        return ConnectionStatus.RECONNECTING
    return ConnectionStatus.DISCONNECTED
