"""Monitors the connections and streams, publishes what it finds, and has stale streams recovered."""

import math
from collections.abc import Callable
from typing import Any

from loguru import logger
from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.health import log_lines
from actors.health.states import RecoveryAction
from actors.health.stream import MonitoredStream
from actors.health.stream_monitor import HealthSettings, StreamMonitor
from actors.health.venue_clock import STEP, VenueClock
from actors.messages.control import Reconfigure
from actors.messages.events import (
    AssetsListed,
    ClockReport,
    ConnectionDown,
    ConnectionReport,
    ConnectionUp,
    Event,
    StreamConfirmed,
    StreamDropped,
    StreamGap,
    StreamMoves,
    StreamPlaced,
    StreamReleased,
    StreamStale,
)
from actors.messages.lifecycle import Begin, Tellable
from actors.messages.outbound import MoveStream, Resubscribe
from actors.messages.status import ConnectionFigures, Describe, HealthPart, StreamFigures
from actors.messages.traffic import EventBatch

WALL_SET = 0.5
"""Seconds by which the wall clock moves against the actors' only if it is set."""

REPORTS_OLD = 5.0
"""Seconds after which no report comes any more whose ticks were read before."""

CLOCK_MOVED = 0.001
"""Seconds by which ``ClockReport.offset`` must change for a new one to be published."""

_MESSAGES = {RecoveryAction.RESUBSCRIBE: Resubscribe, RecoveryAction.MOVE: MoveStream}


class _Check(Struct, frozen=True):
    """The next check is due."""


class HealthMonitor(RuntimeActor):
    """Owns the health of all connections and streams, and the estimate of the venue's clock.

    Receives the starts, ends and reports of connections, the placing of streams, and the asset table, because
    a stream whose market is closed is not stale. Sends ``Resubscribe`` and ``MoveStream`` to ``pool`` and its
    findings to ``router``. It checks every ``check_interval`` seconds.
    """

    def __init__(
        self,
        settings: HealthSettings,
        check_interval: float,
        *,
        router: Tellable,
        pool: Tellable,
        wall: Callable[[], float] | None = None,
        **kwargs: Any,
    ) -> None:
        """``wall`` is the clock that the reports of connections are by; ``None``: that of the actors."""
        super().__init__("health monitor", **kwargs)
        self._wall = wall or self.utc
        self._wall_was_ahead = self._wall_ahead()
        self._wall_set_at = -math.inf
        self._monitor = StreamMonitor(settings)
        self._clock = VenueClock()
        self._clock_offset: float | None = None
        self._check_interval = check_interval
        self._router = router
        self._pool = pool

    def on_receive(self, message: Any) -> None:
        match message:
            case ConnectionReport():
                self._announce(self._monitor.on_report(message, self.now()))
                if message.delay is not None:
                    self._take_delay(message.connection, message.delay)
            case StreamPlaced():
                self._monitor.on_placed(message, self.now(), self._wall())
            case StreamConfirmed():
                self._monitor.on_confirmed(message, self.now())
            case StreamMoves():
                self._monitor.on_move_begun(message)
            case StreamReleased():
                self._announce(self._monitor.on_released(message))
            case StreamDropped(asset=asset):
                self._monitor.on_dropped(asset)
            case ConnectionUp():
                self._monitor.on_up(message, self.now())
            case ConnectionDown():
                self._announce(self._monitor.on_down(message, self.now()))
            case AssetsListed():
                self._monitor.on_assets(message.assets, self.now(), self._venue_now())
            case _Check():
                self._check()
            case Reconfigure(settings=HealthSettings() as settings):
                self._monitor.change(settings)
            case Describe():
                self.describe(message, self._status())
            case Begin():
                self.every(self._check_interval, _Check())
            case _:
                self.unexpected(message)

    def _check(self) -> None:
        found = self._monitor.check(self.now(), self._venue_now())
        self._announce(found.events)
        for recovery in found.recoveries:
            self._pool.tell(_MESSAGES[recovery.action](recovery.asset))
        self._report_clock()

    def _wall_ahead(self) -> float:
        """Seconds by which the wall clock is ahead of the actors', which nobody sets. The venue's clock is
        compared with that one: what was measured before the wall clock was set holds afterwards too."""
        return self._wall() - self.now()

    def _take_delay(self, connection: str, delay: float) -> None:
        """Unless it may be by a wall clock that was set since: the delays of a report are up to some seconds
        old. Were it the first, nothing would contradict it."""
        ahead, now = self._wall_ahead(), self.now()
        if abs(ahead - self._wall_was_ahead) > WALL_SET:
            self._wall_set_at = now
        self._wall_was_ahead = ahead
        if now >= self._wall_set_at + REPORTS_OLD:
            self._clock.add(connection, delay - ahead, now)

    def _report_clock(self) -> None:
        ahead, before = self._clock.offset(self.now()), self._clock_offset
        if ahead is None:
            return
        offset = ahead - self._wall_ahead()
        if before is not None and abs(offset - before) < CLOCK_MOVED:
            return
        if before is not None and abs(offset - before) > STEP:
            logger.warning(
                "the venue's clock has moved against ours by {:+.1f} s: look at the time of this machine",
                offset - before,
            )
        self._monitor.hours.on_clock(offset - (before or 0.0))
        self._clock_offset = offset
        self._announce([ClockReport(offset)])

    def _venue_now(self) -> float:
        """UTC by the venue's clock, whose sessions begin and end by it; by the wall clock until it is
        measured."""
        return self._wall() + (self._clock_offset or 0.0)

    def _announce(self, events: list[Event]) -> None:
        if not events:
            return
        self._router.tell(EventBatch(self.name, list(events)))
        for event in events:
            match event:
                case StreamGap():
                    logger.warning("{}", log_lines.gap_line(event, self._carrier(event.asset)[1]))
                case StreamStale():
                    logger.warning("{}", log_lines.stale_line(event, *self._carrier(event.asset)))

    def _carrier(self, asset: str) -> tuple[str, str]:
        """The connection that carries the stream, and its region; ``""`` where it is not known."""
        stream = self._monitor.streams.get(asset)
        if stream is None:
            return "", ""
        carrier = self._monitor.connections.get(stream.life)
        report = carrier.report if carrier is not None else None
        return stream.life.connection, report.region if report is not None else ""

    def _status(self) -> HealthPart:
        return HealthPart(
            connections={
                life.connection: ConnectionFigures(health.report, health.rate)
                for life, health in self._monitor.connections.items()
                if health.report is not None
            },
            streams={asset: _figures(stream) for asset, stream in self._monitor.streams.items()},
            clock_offset=self._clock_offset,
        )


def _figures(stream: MonitoredStream) -> StreamFigures:
    report = stream.report
    return StreamFigures(
        last_price=report.last_price if report else None,
        received_at=report.received_at if report else None,
        ticks=stream.ticks,
        gaps=stream.gaps,
        last_gap=stream.last_gap,
        health=stream.state.value,
        cure=stream.action.value if stream.action else "",
        rate=stream.tick_rate.rate,
    )
