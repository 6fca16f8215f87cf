"""Watches that connections and streams live, announces what it sees, and has silent streams cured."""

import time
from typing import Any

from loguru import logger
from msgspec import Struct

from actors.engine.actor import RuntimeActor
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
from actors.messages.status import ConnectionFigures, Describe, HealthPart, StreamFigures
from actors.messages.traffic import EventBatch, MoveStream, Resubscribe

CLOCK_MOVED = 0.001
"""Seconds by which the venue's clock must have moved against ours to be told of again."""

_MESSAGES = {RecoveryAction.RESUBSCRIBE: Resubscribe, RecoveryAction.MOVE: MoveStream}


class _Check(Struct, frozen=True):
    pass


class HealthMonitor(RuntimeActor):
    """Owns the picture of what lives, and of the venue's clock.

    Receives reports, lives and deaths of connections, where streams are placed, and the asset table (a
    closed market is rightly silent); sends ``Resubscribe`` and ``MoveStream`` to ``pool`` and its
    findings to ``router``.
    """

    def __init__(
        self,
        vigilance: HealthSettings,
        check_interval: float,
        *,
        router: Tellable,
        pool: Tellable,
        **kwargs: Any,
    ) -> None:
        super().__init__("health monitor", **kwargs)
        self._liveness = StreamMonitor(vigilance)
        self._clock = VenueClock()
        self._clock_offset: float | None = None
        self._check_interval = check_interval
        self._router = router
        self._pool = pool

    def on_receive(self, message: Any) -> None:
        match message:
            case ConnectionReport():
                self._announce(self._liveness.reported(message, self.now()))
                if message.delay is not None:
                    self._clock.heard(message.connection, message.delay, self.now())
            case StreamPlaced():
                self._liveness.placed(message, self.now(), time.time())
            case StreamConfirmed():
                self._liveness.confirmed(message, self.now())
            case StreamMoves():
                self._liveness.moves(message)
            case StreamReleased():
                self._liveness.released(message)
            case StreamDropped(asset=asset):
                self._liveness.dropped(asset)
            case ConnectionUp():
                self._liveness.up(message, self.now())
            case ConnectionDown():
                self._announce(self._liveness.down(message, self.now()))
            case AssetsListed():
                self._liveness.hours.learn(message.assets, time.time())
            case _Check():
                self._check()
            case Reconfigure(settings=HealthSettings() as vigilance):
                self._liveness.change(vigilance)
            case Describe():
                self.describe(message, self._part())
            case Begin():
                self.every(self._check_interval, _Check())
            case Event():
                pass  # our own findings come back with the topics that we listen to
            case _:
                self.unexpected(message)

    def _check(self) -> None:
        found = self._liveness.check(self.now(), time.time())
        self._announce(found.news)
        for treatment in found.treatments:
            self._pool.tell(_MESSAGES[treatment.cure](treatment.asset))
        self._read_clock()

    def _read_clock(self) -> None:
        offset, before = self._clock.offset(self.now()), self._clock_offset
        if offset is None or (before is not None and abs(offset - before) < CLOCK_MOVED):
            return
        if before is not None and abs(offset - before) > STEP:
            logger.warning("the venue's clock and ours have moved by {:+.1f} s", offset - before)
        self._clock_offset = offset
        self._announce([ClockReport(offset)])

    def _announce(self, news: list[Event]) -> None:
        if not news:
            return
        self._router.tell(EventBatch(self.name, list(news)))
        for event in news:
            match event:
                case StreamGap():
                    missing = event.to_time - event.from_time
                    logger.warning("{} has a gap of {:.2f} s: {}", event.asset, missing, event.reason)
                case StreamStale():
                    logger.warning(
                        "{} is silent for {:.1f} s ({}): {}",
                        event.asset,
                        event.silent_for,
                        event.reason,
                        event.cure,
                    )

    def _part(self) -> HealthPart:
        return HealthPart(
            connections={
                name: ConnectionFigures(health.report, health.rate)
                for name, health in self._liveness.connections.items()
                if health.report is not None
            },
            streams={asset: _figures(stream) for asset, stream in self._liveness.streams.items()},
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
        cure=stream.cure.value if stream.cure else "",
        rate=stream.pace.rate,
    )
