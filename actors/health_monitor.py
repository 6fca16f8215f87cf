"""Watches that connections and streams live, announces what it sees, and has silent streams cured."""

import time
from typing import Any

from loguru import logger
from msgspec import Struct

from actors.base import RuntimeActor
from actors.messages.events import (
    AssetsListed,
    ConnectionDown,
    ConnectionReport,
    ConnectionUp,
    Event,
    StreamConfirmed,
    StreamDropped,
    StreamGap,
    StreamStale,
)
from actors.messages.lifecycle import Begin, Tellable
from actors.messages.status import ConnectionFigures, Describe, HealthPart, StreamFigures
from actors.messages.traffic import EventBatch, Resubscribe
from actors.policy.liveness import Liveness, StreamHealth


class _Check(Struct, frozen=True):
    pass


class HealthMonitor(RuntimeActor):
    """Owns the picture of what lives.

    Receives reports, lives and deaths of connections, and the asset table (what cannot be traded now is
    rightly silent); sends ``Resubscribe`` to ``pool`` and its findings to ``router``.
    """

    def __init__(
        self, stale_after: float, check_interval: float, *, router: Tellable, pool: Tellable, **kwargs: Any
    ) -> None:
        super().__init__("health monitor", **kwargs)
        self._liveness = Liveness(stale_after)
        self._check_interval = check_interval
        self._router = router
        self._pool = pool
        self._tradable: dict[str, bool] = {}

    def on_receive(self, message: Any) -> None:
        match message:
            case ConnectionReport():
                self._announce(self._liveness.reported(message, self.now()))
            case StreamConfirmed():
                self._liveness.confirmed(message, self.now(), time.time())
            case StreamDropped(asset=asset):
                self._liveness.dropped(asset)
            case ConnectionUp():
                self._liveness.up(message, self.now())
            case ConnectionDown():
                self._liveness.down(message)
            case AssetsListed():
                self._tradable = {asset.symbol: asset.tradable for asset in message.assets}
            case _Check():
                self._check()
            case Describe():
                self.describe(message, self._part())
            case Begin():
                self.every(self._check_interval, _Check())
            case Event():
                pass  # our own findings come back with the topics that we listen to
            case _:
                self.unexpected(message)

    def _check(self) -> None:
        news, cures = self._liveness.check(self.now(), self._tradable)
        self._announce(news)
        for cure in cures:
            self._pool.tell(Resubscribe(cure.asset))

    def _announce(self, news: list[Event]) -> None:
        if not news:
            return
        self._router.tell(EventBatch(self.name, list(news)))  # type: ignore[arg-type]  # all are public events
        for event in news:
            match event:
                case StreamGap():
                    missing = event.to_time - event.from_time
                    logger.warning("{} has a gap of {:.2f} s: {}", event.asset, missing, event.reason)
                case StreamStale():
                    silent = event.silent_for
                    logger.warning("{} is silent for {:.1f} s: {}", event.asset, silent, event.cure)

    def _part(self) -> HealthPart:
        return HealthPart(
            connections={
                name: ConnectionFigures(health.report, health.rate)
                for name, health in self._liveness.connections.items()
                if health.report is not None
            },
            streams={asset: _figures(stream) for asset, stream in self._liveness.streams.items()},
        )


def _figures(stream: StreamHealth) -> StreamFigures:
    report = stream.report
    return StreamFigures(
        last_price=report.last_price if report else None,
        received_at=report.received_at if report else None,
        ticks=stream.ticks,
        gaps=stream.gaps,
        last_gap=stream.last_gap,
    )
