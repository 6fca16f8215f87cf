"""``ConnectionMonitor``: figures of a connection over time, alerts, a report; and ``RealTimeDisplay``."""

import asyncio
import contextlib
import csv
import dataclasses
import importlib
import os
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean, median
from typing import Any, Final

from loguru import logger

from runtime.compat.pocketoptionapi_async._callbacks import Callback, Callbacks
from runtime.compat.pocketoptionapi_async._diagnosis import alerts_of, report_of, trend_of
from runtime.compat.pocketoptionapi_async.client import AsyncPocketOptionClient
from runtime.compat.pocketoptionapi_async.exceptions import PocketOptionError

INTERVAL: Final = 5.0
"""Seconds between two checks."""
_MIB = 1024 * 1024
_COUNTED: Final = {
    "connected": "connected",
    "disconnected": "disconnected",
    "reconnected": "reconnected",
    "balance_updated": "balance",
    "candles_received": "candles",
    "message_received": "message",
}


@dataclass
class ConnectionMetrics:
    """One check, in local time; both times in seconds. ``status`` is HEALTHY, DISCONNECTED, ERROR,
    CONNECTED or FAILED."""

    timestamp: datetime
    connection_time: float
    ping_time: float | None
    message_count: int
    error_count: int
    region: str
    status: str


@dataclass
class PerformanceSnapshot:
    """The process at one moment, in local time. Without psutil its memory and CPU are 0."""

    timestamp: datetime
    memory_usage_mb: float
    cpu_percent: float
    active_connections: int
    messages_per_second: float
    error_rate: float
    avg_response_time: float


class ConnectionMonitor:
    """Checks a client of its own every five seconds. A client of the same account in the same event loop has
    the same connections, so the figures are of those too."""

    def __init__(self, ssid: str, is_demo: bool = True) -> None:
        self.ssid = ssid
        self.is_demo = is_demo
        self.is_monitoring = False
        self.monitor_task: asyncio.Task[None] | None = None
        self.client: AsyncPocketOptionClient | None = None
        self.connection_metrics: deque[ConnectionMetrics] = deque(maxlen=1000)
        self.performance_snapshots: deque[PerformanceSnapshot] = deque(maxlen=500)
        self.error_log: deque[dict[str, Any]] = deque(maxlen=200)
        self.message_stats: dict[str, int] = defaultdict(int)
        self.start_time = datetime.now()
        self.total_messages = 0
        self.total_errors = 0
        self.last_ping_time: datetime | None = None
        self.ping_times: deque[float] = deque(maxlen=100)
        self.response_times: deque[float] = deque(maxlen=100)
        self.connection_attempts = 0
        self.successful_connections = 0
        self._callbacks = Callbacks(("alert", "stats_update"))
        self._process = _process()

    async def start_monitoring(self, persistent_connection: bool = True) -> bool:
        """Whether the client has connected; the checks go on then until ``stop_monitoring``."""
        await self.stop_monitoring()
        self.connection_attempts += 1
        began = asyncio.get_running_loop().time()
        try:
            self.client = AsyncPocketOptionClient(
                self.ssid, is_demo=self.is_demo, persistent_connection=persistent_connection
            )
            for event, name in _COUNTED.items():
                self.client.add_event_callback(event, self._counter(name))
            self.client.add_event_callback("auth_error", self._on_auth_error)
            connected = await self.client.connect()
        except PocketOptionError as error:
            self._record_error("monitoring_start", error)
            connected = False
        took = asyncio.get_running_loop().time() - began
        self._record(took if connected else 0, "CONNECTED" if connected else "FAILED")
        if connected:
            self.successful_connections += 1
            self.is_monitoring = True
            self.monitor_task = asyncio.create_task(self._run(), name="connection monitor")
        return connected

    async def stop_monitoring(self) -> None:
        """End the checks and disconnect. Idempotent."""
        self.is_monitoring = False
        task, self.monitor_task = self.monitor_task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self.client is not None:
            await self.client.disconnect()

    def add_event_handler(self, event_type: str, handler: Callback) -> None:
        """Have a function or a coroutine function called with a dict: ``stats_update`` after each check,
        ``alert`` with ``type`` and ``message``."""
        self._callbacks.add(event_type, handler)

    def get_real_time_stats(self) -> dict[str, Any]:
        """The figures since the monitor was made; times in seconds."""
        uptime = datetime.now() - self.start_time
        seconds = uptime.total_seconds()
        stats: dict[str, Any] = {
            "uptime": seconds,
            "uptime_str": str(uptime).partition(".")[0],
            "total_messages": self.total_messages,
            "total_errors": self.total_errors,
            "error_rate": self.total_errors / max(self.total_messages, 1),
            "messages_per_second": self.total_messages / seconds if seconds > 0 else 0,
            "connection_attempts": self.connection_attempts,
            "successful_connections": self.successful_connections,
            "connection_success_rate": self.successful_connections / max(self.connection_attempts, 1),
            "is_connected": self.client is not None and self.client.is_connected,
            "last_ping_time": self.last_ping_time.isoformat() if self.last_ping_time else None,
            "message_types": dict(self.message_stats),
        }
        if times := self.response_times:
            stats |= _spread("response", times) | {"median_response_time": median(times)}
        if self.ping_times:
            stats |= _spread("ping", self.ping_times)
        if self.performance_snapshots:
            latest = self.performance_snapshots[-1]
            stats |= {"memory_usage_mb": latest.memory_usage_mb, "cpu_percent": latest.cpu_percent}
        return stats

    def get_historical_metrics(self, hours: float = 1) -> dict[str, Any]:
        """What was recorded in the last ``hours``, as lists of dicts; how memory and response times went."""
        since = datetime.now() - timedelta(hours=hours)
        metrics = [each for each in self.connection_metrics if each.timestamp > since]
        snapshots = [each for each in self.performance_snapshots if each.timestamp > since]
        found = [each for each in self.error_log if each["timestamp"] > since]
        history: dict[str, Any] = {
            "time_period_hours": hours,
            "connection_metrics_count": len(metrics),
            "performance_snapshots_count": len(snapshots),
            "error_count": len(found),
            "metrics": [asdict(each) for each in metrics],
            "snapshots": [asdict(each) for each in snapshots],
            "errors": found,
        }
        if memory := [each.memory_usage_mb for each in snapshots if each.memory_usage_mb > 0]:
            history["memory_trend"] = trend_of(memory, "increasing", rising=True)
        if responses := [each.avg_response_time for each in snapshots if each.avg_response_time > 0]:
            history["response_time_trend"] = trend_of(responses, "improving", rising=False)
        return history

    def generate_diagnostics_report(self) -> dict[str, Any]:
        """A score of 0 to 100 with its reasons, recommendations, and all figures."""
        return report_of(self.get_real_time_stats(), self.get_historical_metrics(hours=2))

    def export_metrics_csv(self, filename: str = "") -> str:
        """Write the checks to a file, by default one named after the time; returns its name."""
        name = filename or f"metrics_export_{datetime.now():%Y%m%d_%H%M%S}.csv"
        columns = [field.name for field in dataclasses.fields(ConnectionMetrics)]
        with Path(name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=columns)
            writer.writeheader()
            writer.writerows(asdict(each) for each in self.connection_metrics)
        return name

    async def _run(self) -> None:
        while True:
            await self._check()
            self._snapshot()
            stats = self.get_real_time_stats()
            await self._callbacks.emit("stats_update", stats)
            for alert in alerts_of(stats):
                await self._callbacks.emit("alert", alert)
            await asyncio.sleep(INTERVAL)

    async def _check(self) -> None:
        client = self.client
        if client is None or not client.is_connected:
            self._record(0, "DISCONNECTED")
            return
        began = asyncio.get_running_loop().time()
        try:
            await client.get_balance()
        except PocketOptionError as error:
            self._record_error("health_check", error)
            self._record(0, "ERROR")
            return
        took = asyncio.get_running_loop().time() - began
        self.response_times.append(took)
        if (ping := client.last_round_trip) is not None:
            self.ping_times.append(ping)
            self.last_ping_time = datetime.now()
        self._record(took, "HEALTHY")

    def _snapshot(self) -> None:
        stats = self.get_real_time_stats()
        self.performance_snapshots.append(
            PerformanceSnapshot(
                timestamp=datetime.now(),
                memory_usage_mb=self._process.memory_info().rss / _MIB if self._process else 0.0,
                cpu_percent=self._process.cpu_percent() if self._process else 0.0,
                active_connections=int(stats["is_connected"]),
                messages_per_second=stats["messages_per_second"],
                error_rate=stats["error_rate"],
                avg_response_time=stats.get("avg_response_time", 0.0),
            )
        )

    def _record(self, connection_time: float, status: str) -> None:
        info = self.client.connection_info if self.client else None
        self.connection_metrics.append(
            ConnectionMetrics(
                timestamp=datetime.now(),
                connection_time=connection_time,
                ping_time=self.ping_times[-1] if self.ping_times else None,
                message_count=self.total_messages,
                error_count=self.total_errors,
                region=info.region if info else "UNKNOWN",
                status=status,
            )
        )

    def _record_error(self, kind: str, error: object) -> None:
        self.total_errors += 1
        self.error_log.append({"timestamp": datetime.now(), "type": kind, "message": str(error)})

    def _counter(self, name: str) -> Callable[[Any], None]:
        def count(_: Any) -> None:
            self.total_messages += 1
            self.message_stats[name] += 1

        return count

    def _on_auth_error(self, data: dict[str, Any]) -> None:
        self.message_stats["auth_error"] += 1
        self._record_error("auth_error", data["message"])


class RealTimeDisplay:
    """Shows a monitor's figures in the terminal, anew every two seconds."""

    def __init__(self, monitor: ConnectionMonitor) -> None:
        self.monitor = monitor
        self.display_task: asyncio.Task[None] | None = None
        self.is_displaying = False

    async def start_display(self) -> None:
        """Begin; a second start has no effect."""
        if self.display_task is None:
            self.is_displaying = True
            self.display_task = asyncio.create_task(self._run(), name="connection display")

    async def stop_display(self) -> None:
        """End. Idempotent."""
        self.is_displaying = False
        task, self.display_task = self.display_task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            clear = "\033[2J\033[H" if sys.stdout.isatty() else ""
            sys.stdout.write(f"{clear}{self._text()}\n")
            sys.stdout.flush()
            await asyncio.sleep(2)

    def _text(self) -> str:
        stats = self.monitor.get_real_time_stats()
        lines = [
            f"Status: {'Connected' if stats['is_connected'] else 'Disconnected'}",
            f"Uptime: {stats['uptime_str']}",
            f"Messages: {stats['total_messages']} ({stats['messages_per_second']:.2f}/s)",
            f"Errors: {stats['total_errors']} ({stats['error_rate']:.1%})",
        ]
        if "avg_response_time" in stats:
            lines.append(f"Response: {stats['avg_response_time']:.3f} s on average")
        if "memory_usage_mb" in stats:
            lines.append(f"Memory: {stats['memory_usage_mb']:.1f} MB, CPU: {stats['cpu_percent']:.1f}%")
        lines += [f"  {name}: {count}" for name, count in stats["message_types"].items()]
        return "\n".join(lines)


def _spread(name: str, times: Sequence[float]) -> dict[str, float]:
    return {f"avg_{name}_time": fmean(times), f"min_{name}_time": min(times), f"max_{name}_time": max(times)}


def _process() -> Any:
    """What psutil knows of this process; ``None`` where it is not installed."""
    try:
        psutil = importlib.import_module("psutil")
    except ImportError:
        logger.info("without psutil the monitor tells neither memory nor CPU: pip install psutil")
        return None
    return psutil.Process(os.getpid())
