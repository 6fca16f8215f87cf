"""``ConnectionKeepAlive``, ``ConnectionMonitor`` and ``RealTimeDisplay`` on the practice exchange."""

import asyncio
import csv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runtime.compat.pocketoptionapi_async.connection_keep_alive import ConnectionKeepAlive
from runtime.compat.pocketoptionapi_async.connection_monitor import ConnectionMonitor, RealTimeDisplay
from runtime.practice import PracticeExchange

LIMIT = 20.0


def lines(name: str) -> list[str]:
    return Path(name).read_text("utf-8").splitlines()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT):
        while not holds():  # noqa: ASYNC110  # handlers of several kinds make it true
            await asyncio.sleep(0.01)


def test_a_connection_is_kept_alive(exchange: PracticeExchange) -> None:
    async def run() -> None:
        url = exchange.regions[0].url
        kept = ConnectionKeepAlive(exchange.session)
        assert len(kept.available_urls) == 2
        kept.reconnect_delay = 1
        told: list[tuple[str, Any]] = []
        for event in ("connected", "authenticated", "reconnected"):
            kept.add_event_handler(event, lambda data, event=event: told.append((event, data)))
        assert await kept.send_message('42["ps"]') is False
        assert await kept.connect_with_keep_alive([url])
        assert kept.is_connected
        assert ("connected", {"url": url, "region": "UNKNOWN"}) in told
        assert await kept.send_message('42["ps"]') is True
        await until(lambda: kept.connection_stats["total_messages_received"] > 0)
        stats = kept.get_stats()
        assert (stats["current_url"], stats["is_connected"], stats["available_regions"]) == (url, True, 1)
        assert timedelta(0) < stats["uptime"] < timedelta(minutes=1)
        await asyncio.to_thread(exchange.drop_connections)
        await until(lambda: told[-1][0] == "reconnected")
        assert told[-1][1]["url"] == url
        assert told[-1][1]["attempt"] >= 1
        await kept.stop_persistent_connection()
        await kept.disconnect()
        assert not kept.is_connected
        assert kept.get_connection_stats()["uptime"] == timedelta()

    asyncio.run(run())


def test_a_connection_that_is_given_up_is_told(exchange: PracticeExchange) -> None:
    async def run() -> None:
        kept = ConnectionKeepAlive(exchange.session)
        kept.reconnect_delay = 0.01
        kept.max_reconnect_attempts = 1
        given_up: list[dict[str, Any]] = []
        kept.add_event_handler("max_reconnects_reached", given_up.append)
        assert await kept.connect_with_keep_alive([exchange.regions[0].url])
        await asyncio.to_thread(exchange.close_region, exchange.regions[0].name)
        await until(lambda: bool(given_up))
        assert given_up[0]["attempts"] == 1
        await kept.disconnect()

    asyncio.run(run())


def test_a_monitor_measures_alerts_and_reports(
    exchange: PracticeExchange,
    make: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def run() -> None:
        monitor = ConnectionMonitor(exchange.session, is_demo=True)
        updates: list[dict[str, Any]] = []
        alerts: list[dict[str, Any]] = []
        monitor.add_event_handler("stats_update", updates.append)
        monitor.add_event_handler("alert", alerts.append)
        assert await monitor.start_monitoring()
        display = RealTimeDisplay(monitor)
        await display.start_display()
        await until(lambda: len(updates) > 2)
        assert updates[-1]["is_connected"]
        assert updates[-1]["connection_success_rate"] == 1
        assert {"avg_response_time", "median_response_time", "memory_usage_mb"} <= set(updates[-1])
        report = monitor.generate_diagnostics_report()
        assert (report["health_score"], report["health_status"]) == (100, "EXCELLENT")
        assert report["connection_summary"]["current_status"] == "CONNECTED"
        history = monitor.get_historical_metrics(hours=1)
        assert history["metrics"][0]["status"] == "CONNECTED"
        assert history["metrics"][-1]["status"] == "HEALTHY"
        assert history["memory_trend"]["max"] > 1
        alerts.clear()
        await asyncio.to_thread(exchange.close_region, exchange.regions[0].name)
        await until(lambda: any(alert["type"] == "connection_lost" for alert in alerts))
        assert monitor.generate_diagnostics_report()["health_score"] == 70
        await display.stop_display()
        await monitor.stop_monitoring()
        await monitor.stop_monitoring()
        name = monitor.export_metrics_csv(str(tmp_path / "metrics.csv"))
        rows = list(csv.DictReader(await asyncio.to_thread(lines, name)))
        assert [row["status"] for row in rows][:2] == ["CONNECTED", "HEALTHY"]

    monkeypatch.setattr("runtime.compat.pocketoptionapi_async.connection_monitor.INTERVAL", 0.05)
    asyncio.run(run())
    assert "Status: Connected" in capsys.readouterr().out


def test_a_monitor_without_a_connection_says_so(exchange: PracticeExchange, make: object) -> None:
    async def run() -> None:
        assert not await ConnectionMonitor("short").start_monitoring()
        exchange.fault("refuse_sessions")
        monitor = ConnectionMonitor(exchange.session)
        assert not await monitor.start_monitoring()
        assert monitor.get_real_time_stats()["total_errors"] == 1
        report = monitor.generate_diagnostics_report()
        assert report["health_issues"][1] == "Not connected"
        await monitor.stop_monitoring()

    asyncio.run(run())
