"""What the connections of a runtime are at present, from their events and reports."""

import time
from datetime import datetime
from typing import Any

from actors.messages import ConnectionDown, ConnectionReport, ConnectionUp
from actors.messages.status import Status
from runtime.compat.pocketoptionapi_async.models import ConnectionInfo, ConnectionStatus

_UP = "up"


def region_of(url: str) -> str:
    """The region in the name of a host, such as EU or DEMO-EU; UNKNOWN for another host."""
    host = url.partition("//")[2].partition(".")[0]
    if "api-" in host:
        return host.replace("api-", "").upper()
    return "DEMO" if "demo" in host else "UNKNOWN"


class ConnectionFacts:
    """The connections of one runtime, told by its events."""

    def __init__(self, urls: dict[str, str]) -> None:
        self._urls = urls
        self._up: dict[str, tuple[str, datetime]] = {}
        """Region and time of each connection that is logged in, the oldest first."""
        self._last: ConnectionInfo | None = None
        self._reports: dict[tuple[str, int], ConnectionReport] = {}
        self.attempts = 0
        """Lives that ended before they were logged in, since the last login."""

    @property
    def is_up(self) -> bool:
        """Whether any connection is logged in."""
        return bool(self._up)

    @property
    def region(self) -> str:
        """The name of the region of the oldest connection; ``""`` while there is none."""
        return next((region for region, _ in self._up.values()), "")

    def begin(self, status: Status) -> None:
        """Those that were up before their events were subscribed to."""
        for connection in status.connections:
            if connection.child.state == _UP:
                self._up.setdefault(connection.child.name, (connection.child.region, datetime.now()))

    def on_up(self, event: ConnectionUp) -> bool:
        """Whether it is the first."""
        is_first = not self._up
        self.attempts = 0
        self._up[event.connection] = (event.region, datetime.now())
        return is_first

    def on_down(self, event: ConnectionDown) -> bool:
        """Whether it was the last."""
        if event.connection not in self._up:
            self.attempts += 1
            return False
        self._last = self.info(ConnectionStatus.RECONNECTING)
        del self._up[event.connection]
        return not self._up

    def on_report(self, report: ConnectionReport) -> None:
        """The figures of a life of a connection, which replace earlier ones of it."""
        self._reports[report.connection, report.epoch] = report

    def info(self, down: ConnectionStatus) -> ConnectionInfo | None:
        """The oldest connection; with the status ``down``, the one that was there last."""
        if not self._up:
            if self._last is None:
                return None
            return self._last.model_copy(update={"status": down, "reconnect_attempts": self.attempts})
        region, connected_at = next(iter(self._up.values()))
        url = self._urls.get(region, "")
        pinged = [report.made_at for report in self._reports.values() if report.round_trip is not None]
        return ConnectionInfo(
            url=url,
            region=region_of(url),
            status=ConnectionStatus.CONNECTED,
            connected_at=connected_at,
            last_ping=datetime.fromtimestamp(max(pinged)) if pinged else None,
            reconnect_attempts=self.attempts,
        )

    @property
    def round_trip(self) -> float | None:
        """Of the last WebSocket ping that was answered, in seconds."""
        answered = [each for each in self._reports.values() if each.round_trip is not None]
        return max(answered, key=lambda each: each.made_at).round_trip if answered else None

    def counters(self) -> dict[str, Any]:
        """What was sent and received, over all connections and their lives."""
        reports = self._reports.values()
        return {
            "messages_sent": sum(report.messages_out for report in reports),
            "messages_received": sum(report.messages_in for report in reports),
            "last_ping_time": max((report.made_at for report in reports), default=None),
        }


def new_statistics() -> dict[str, Any]:
    """What a client counts itself; times in Unix seconds."""
    return {
        "total_connections": 0,
        "successful_connections": 0,
        "total_reconnects": 0,
        "last_ping_time": None,
        "messages_sent": 0,
        "messages_received": 0,
        "connection_start_time": None,
    }


def count_connect(statistics: dict[str, Any]) -> None:
    """A ``connect`` begins."""
    statistics["total_connections"] += 1
    statistics["connection_start_time"] = time.time()
