"""What the figures of a ``ConnectionMonitor`` mean: alerts, a score, trends."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from statistics import fmean
from typing import Any

_SCORES = ((90, "EXCELLENT"), (70, "GOOD"), (50, "FAIR"))


def alerts_of(stats: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One dict for each figure that is worse than its threshold."""
    rate, response = stats["error_rate"], stats.get("avg_response_time", 0)
    memory = stats.get("memory_usage_mb", 0)
    for kind, value, threshold, message in (
        ("high_error_rate", rate, 0.1, f"High error rate detected: {rate:.1%}"),
        ("slow_response", response, 5.0, f"Slow response time: {response:.2f}s"),
        ("high_memory", memory, 500, f"High memory usage: {memory:.1f}MB"),
    ):
        if value > threshold:
            yield {"type": kind, "value": value, "threshold": threshold, "message": message}
    if not stats["is_connected"]:
        yield {"type": "connection_lost", "message": "Connection lost"}


def report_of(stats: dict[str, Any], history: dict[str, Any]) -> dict[str, Any]:
    """The score begins at 100; each issue costs some of it."""
    issues = list(_issues(stats))
    score = max(0, 100 - sum(cost for cost, _ in issues))
    return {
        "timestamp": datetime.now().isoformat(),
        "health_score": score,
        "health_status": next((name for least, name in _SCORES if score > least), "POOR"),
        "health_issues": [text for _, text in issues],
        "recommendations": list(_recommendations(stats)) or ["System is operating normally."],
        "real_time_stats": stats,
        "historical_metrics": history,
        "connection_summary": {
            "total_attempts": stats["connection_attempts"],
            "successful_connections": stats["successful_connections"],
            "current_status": "CONNECTED" if stats["is_connected"] else "DISCONNECTED",
            "uptime": stats["uptime_str"],
        },
    }


def trend_of(values: Sequence[float], name: str, *, rising: bool) -> dict[str, Any]:
    """``name`` if the last value is above the first (``rising``) or below it, otherwise ``stable``."""
    change = values[-1] - values[0]
    moves = change > 0 if rising else change < 0
    return {
        "avg": fmean(values),
        "min": min(values),
        "max": max(values),
        "trend": name if moves else "stable",
    }


def _issues(stats: dict[str, Any]) -> Iterator[tuple[int, str]]:
    response = stats.get("avg_response_time", 0)
    if stats["error_rate"] > 0.05:
        yield 20, f"High error rate: {stats['error_rate']:.1%}"
    if not stats["is_connected"]:
        yield 30, "Not connected"
    if response > 3.0:
        yield 15, f"Slow response time: {response:.2f}s"
    if stats["connection_success_rate"] < 0.9:
        yield 10, f"Low connection success rate: {stats['connection_success_rate']:.1%}"


def _recommendations(stats: dict[str, Any]) -> Iterator[str]:
    if stats["error_rate"] > 0.1:
        yield "Many errors: check the network, and whether the SSID is still valid."
    if stats.get("avg_response_time", 0) > 5.0:
        yield "Slow answers: try another region."
    if stats.get("memory_usage_mb", 0) > 300:
        yield "Much memory is in use: look for what your program keeps."
