"""``ConnectionKeepAlive``: a connection that is dialed again whenever it is lost."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from runtime.compat.pocketoptionapi_async._callbacks import Callback, Callbacks
from runtime.compat.pocketoptionapi_async.client import AsyncPocketOptionClient
from runtime.compat.pocketoptionapi_async.constants import REGIONS
from runtime.compat.pocketoptionapi_async.models import ConnectionInfo

EVENTS: Final = frozenset(
    {"connected", "reconnected", "authenticated", "message_received", "max_reconnects_reached"}
)


class ConnectionKeepAlive:
    """The connections of an account, kept alive from a start to a stop.

    ``ping_interval``, ``reconnect_delay`` (seconds) and ``max_reconnect_attempts`` count from the next start.
    A client of the same account in the same event loop has the same connections.
    """

    def __init__(self, ssid: str, is_demo: bool = True) -> None:
        self.ssid = ssid
        self.is_demo = is_demo
        self.should_reconnect = True
        self.ping_interval = 20
        self.reconnect_delay: float = 5
        self.max_reconnect_attempts = 10
        self.current_url_index = 0
        self.available_urls: list[str] = [
            url for name, url in REGIONS.get_all_regions().items() if ("DEMO" in name) == is_demo
        ]
        self._client = AsyncPocketOptionClient(ssid, is_demo)
        self._callbacks = Callbacks(EVENTS)
        handlers: dict[str, Callable[[Any], Any]] = {
            "authenticated": self._on_authenticated,
            "reconnected": self._on_reconnected,
            "gave_up": self._on_gave_up,
            "message_received": self._on_message,
        }
        for event, handler in handlers.items():
            self._client.add_event_callback(event, handler)

    @property
    def is_connected(self) -> bool:
        """Whether a connection is logged in."""
        return self._client.is_connected

    @property
    def connection_info(self) -> ConnectionInfo | None:
        """As the client's."""
        return self._client.connection_info

    @property
    def current_reconnect_attempts(self) -> int:
        """Attempts since the connection was lost."""
        info = self.connection_info
        return info.reconnect_attempts if info else 0

    @property
    def connection_stats(self) -> dict[str, Any]:
        """Counters; the times of the last ping and of its answer in local time, or ``None``."""
        stats = self._client.get_connection_stats()
        pinged = self.connection_info.last_ping if self.connection_info else None
        sent: float | None = stats["last_ping_time"]
        return {
            "total_connections": stats["total_connections"],
            "successful_connections": stats["successful_connections"],
            "total_reconnects": stats["total_reconnects"],
            "last_ping_time": None if sent is None else datetime.fromtimestamp(sent),
            "last_pong_time": pinged,
            "total_messages_sent": stats["messages_sent"],
            "total_messages_received": stats["messages_received"],
        }

    async def start_persistent_connection(self) -> bool:
        """Whether the venue has accepted the session; as the client's ``connect`` to ``available_urls``."""
        self._client.auto_reconnect = self.should_reconnect
        self._client.configure(
            {
                "connection": {"keep_alive_interval": self.ping_interval},
                "reconnect": {
                    "reconnect_delay": self.reconnect_delay,
                    "max_delay": max(self.reconnect_delay, 30),
                    "max_reconnect_attempts": self.max_reconnect_attempts,
                },
            }
        )
        if not await self._client.connect(self.available_urls):
            return False
        info = self.connection_info
        await self._callbacks.emit(
            "connected", {"url": info.url if info else None, "region": info.region if info else None}
        )
        return True

    async def stop_persistent_connection(self) -> None:
        """Disconnect. Idempotent."""
        await self._client.disconnect()

    async def connect_with_keep_alive(self, regions: Sequence[str] | None = None) -> bool:
        """``start_persistent_connection`` to ``regions``, names or URLs, if they are given."""
        if regions:
            self.available_urls = list(regions)
        return await self.start_persistent_connection()

    async def disconnect(self) -> None:
        """``stop_persistent_connection``."""
        await self.stop_persistent_connection()

    async def send_message(self, message: str) -> bool:
        """As the client's."""
        return await self._client.send_message(message)

    def add_event_handler(self, event: str, handler: Callback) -> None:
        """Have a function or a coroutine function called with a dict. The events are ``connected``,
        ``reconnected``, ``authenticated``, ``message_received`` and ``max_reconnects_reached``."""
        self._callbacks.add(event, handler)

    def get_connection_stats(self) -> dict[str, Any]:
        """``connection_stats`` with the state of the connection; ``uptime`` is a ``timedelta``."""
        info = self.connection_info
        since = info.connected_at if info and self.is_connected else None
        return {
            **self.connection_stats,
            "is_connected": self.is_connected,
            "current_url": info.url if info else None,
            "current_region": info.region if info else None,
            "reconnect_attempts": self.current_reconnect_attempts,
            "uptime": datetime.now() - since if since else timedelta(),
            "available_regions": len(self.available_urls),
        }

    def get_stats(self) -> dict[str, Any]:
        """``get_connection_stats``."""
        return self.get_connection_stats()

    async def _on_authenticated(self, data: dict[str, Any]) -> None:
        await self._callbacks.emit("authenticated", data)

    async def _on_reconnected(self, data: dict[str, Any]) -> None:
        info = self.connection_info
        await self._callbacks.emit("reconnected", {**data, "url": info.url if info else None})

    async def _on_gave_up(self, data: dict[str, Any]) -> None:
        attempts = self.max_reconnect_attempts
        await self._callbacks.emit("max_reconnects_reached", {**data, "attempts": attempts})

    async def _on_message(self, data: dict[str, Any]) -> None:
        await self._callbacks.emit("message_received", data)
