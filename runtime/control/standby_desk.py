"""The front desk of a feed that several hosts run: one publishes, the others stand by."""

import math
from collections.abc import Callable, Collection
from typing import Any, Final

import msgspec
import pykka
from msgspec import Struct

from actors.messages.lifecycle import Begin
from actors.messages.traffic import EventBatch, Ticks
from actors.tenancy.published_ticks import PublishedTicks
from actors.tenancy.tenure import Tenure
from actors.tenancy.warm_ticks import WarmTicks
from runtime.cluster.engine import Engine, key
from runtime.cluster.forms import EVENTS, field_of
from runtime.cluster.outcomes import EngineAway
from runtime.control.front_desk import FORMER_FOLLOWERS, TRIES_AGAIN, FrontDesk
from runtime.control.protocol import FeedMark, FromOwner, Welcome
from runtime.control.publisher import MARK_EVERY

WARM_AFTER: Final = 10.0
"""Seconds after which a host that stands by counts as warm though an asset of the feed has had no tick: its
market may be closed."""

_entries: Final[msgspec.msgpack.Decoder[FromOwner]] = msgspec.msgpack.Decoder(FromOwner)


class TakeOver(Struct, frozen=True):
    """This host owns the feed from now on."""

    tenure: Tenure


class _TryToTakeOver(Struct, frozen=True):
    pass


class _CountAsWarm(Struct, frozen=True):
    pass


class StandbyDesk(FrontDesk):
    """Keeps what the feed receives, and publishes nothing; from ``TakeOver`` on a front desk. It publishes
    then what it has and the former owner has not published, and says of which assets nothing is missing."""

    def __init__(
        self,
        engine: Engine,
        duty: str,
        router: pykka.ActorRef[Any],
        welcome: Welcome,
        assets: Collection[str],
        keeps: float,
        on_warm: Callable[[], object],
        **kwargs: Any,
    ) -> None:
        """``assets`` are those of the feed; ``keeps`` is how many seconds of ticks it needs. ``on_warm`` is
        called once, when a take-over would lose nothing."""
        super().__init__(engine, Tenure(duty, 0, -math.inf), router, welcome, {}, **kwargs)
        self._assets = frozenset(assets)
        self._on_warm = on_warm
        self._is_warm = False
        self._warm_ticks: WarmTicks | None = WarmTicks(keeps)  # until they are published

    def on_receive(self, message: Any) -> None:
        match message:
            case Begin():  # all that followers may want
                self._publisher.follow(FORMER_FOLLOWERS, [""])
                self.after(WARM_AFTER, _CountAsWarm())
            case TakeOver(tenure=tenure):
                self._tenure = tenure
                self._take_over()
            case _TryToTakeOver():
                self._take_over()
            case _CountAsWarm():
                self._count_as_warm()
            case _:
                super().on_receive(message)

    def _on_events(self, events: list[Any], missed: int) -> None:
        if self._warm_ticks is None:
            super()._on_events(events, missed)
            return
        if missed:
            self._warm_ticks.lose()
        self._warm_ticks.take(events, self.now())
        if not self._is_warm and self._warm_ticks.assets >= self._assets:
            self._count_as_warm()

    def _count_as_warm(self) -> None:
        if not self._is_warm:
            self._is_warm = True
            self._on_warm()

    def _take_over(self) -> None:
        if self._draining or self._warm_ticks is None:
            return
        try:
            found = _last_entries(self._engine, self._tenure.duty)
        except EngineAway:
            self.after(TRIES_AGAIN, _TryToTakeOver())
            return
        unpublished: list[Any] = []
        mark = FeedMark({})
        if found is not None:  # else it cannot be known what the former owner has published
            published, after = found
            unpublished = self._warm_ticks.unpublished(published)
            mark = FeedMark(published.newest, after, self._warm_ticks.whole(published))
        self._warm_ticks = None
        self._publisher.resume(self._tenure, mark, unpublished)
        self._askers.hear(FORMER_FOLLOWERS, self.now())
        self._serve()


def _last_entries(engine: Engine, duty: str) -> tuple[PublishedTicks, tuple[int, int]] | None:
    """What the owners of before have published, and the last entry, by epoch and number; ``None`` if they
    have written no marks. Raises ``EngineAway``."""
    (page,) = engine.execute([("XREVRANGE", key(duty, EVENTS), "+", "-", "COUNT", 2 * MARK_EVERY)])
    batches: list[EventBatch] = []
    for _, fields in page:
        try:
            message = _entries.decode(field_of(fields, b"d"))
        except msgspec.MsgspecError:  # of another version
            return None
        match message:
            case EventBatch():
                batches.append(message)
            case FeedMark(newest=newest):
                published = PublishedTicks(newest)
                for batch in reversed(batches):
                    for item in batch.items:
                        if isinstance(item, Ticks):
                            published.add(item)
                _, last = page[0]
                return published, (int(field_of(last, b"e")), int(field_of(last, b"n")))
    return None
