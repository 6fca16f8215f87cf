"""The front desk of a feed that several hosts run: one publishes, the others stand by."""

import math
from collections.abc import Callable, Collection
from typing import Any, Final

import msgspec
import pykka
from loguru import logger
from msgspec import Struct

from actors.lives import Lives
from actors.messages.commands import Subscribe
from actors.messages.events import ConnectionDown, ConnectionUp
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

WARM_AFTER: Final = 5.0
"""Seconds with a connection after which a host that stands by counts as warm though an asset of the feed has
had no tick: its market may be closed."""

_entries: Final[msgspec.msgpack.Decoder[FromOwner]] = msgspec.msgpack.Decoder(FromOwner)


LOOKS_FOR_CONNECTION_EVERY: Final = 1.0
"""Seconds after which an owner without a connection says so again: another host may be warm by now."""


class TakeOver(Struct, frozen=True):
    """This host owns the feed from now on."""

    tenure: Tenure


class _TryToTakeOver(Struct, frozen=True):
    pass


class _CountAsWarm(Struct, frozen=True):
    """The feed has had a connection ``since`` then, if it has not been without one meanwhile."""

    since: float


class _LookForConnection(Struct, frozen=True):
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
        is_cut_off: Callable[[], bool],
        on_warm: Callable[[bool], object],
        on_cut: Callable[[], object],
        **kwargs: Any,
    ) -> None:
        """``assets`` are those of the feed; ``keeps`` is how many seconds of ticks it needs, and more while
        the host ``is_cut_off`` from the engine. ``on_warm`` is told whether a take-over would lose nothing,
        when that changes; ``on_cut`` is called again and again while the owner has no connection to the
        venue."""
        super().__init__(engine, Tenure(duty, 0, -math.inf), router, welcome, {}, **kwargs)
        self._assets = frozenset(assets)
        self._is_cut_off, self._on_warm, self._on_cut = is_cut_off, on_warm, on_cut
        self._lives = Lives()  # of the connections
        self._ticked: set[str] = set()  # assets, since there was none
        self._is_warm = False
        self._up_since = -math.inf  # when the first of them came
        self._warm_ticks: WarmTicks | None = WarmTicks(keeps)  # until they are published

    def on_receive(self, message: Any) -> None:
        match message:
            case Begin():  # a stand-in for followers of the former owner, until they say what they want
                self._publisher.follow(FORMER_FOLLOWERS, [""])
                self._listen_for_connections()
            case ConnectionUp() | ConnectionDown():
                self._on_connection(message)
            case TakeOver(tenure=tenure):
                self._tenure = tenure
                self._take_over()
            case _TryToTakeOver():
                self._take_over()
            case _CountAsWarm(since=since):
                if self._lives and self._up_since == since and self._warm_ticks is not None:
                    self._become(warm=True)
            case _LookForConnection():
                self._hand_over()
            case _:
                super().on_receive(message)

    def _on_events(self, events: list[Any], missed: int) -> None:
        """HOT: one call per read."""
        if self._warm_ticks is None:
            super()._on_events(events, missed)
            return
        if missed:
            self._warm_ticks.lose()
        if self._is_cut_off():
            self._warm_ticks.hold(self.now())
        self._warm_ticks.take(events, self.now())
        if not self._is_warm:
            self._ticked.update(*(event.assets for event in events if type(event) is Ticks))
            if self._ticked >= self._assets:
                self._become(warm=True)

    def _listen_for_connections(self) -> None:
        """Apart from what is published, which ends while nobody follows."""
        if self._router.is_alive():
            for kind in (ConnectionUp, ConnectionDown):
                self._router.tell(Subscribe(kind.base_topic, to=self.actor_ref))

    def _on_connection(self, event: ConnectionUp | ConnectionDown) -> None:
        if isinstance(event, ConnectionUp):
            was_cut = not self._lives
            if self._lives.up(event.life) and was_cut:
                self._up_since = self.now()
                self.after(WARM_AFTER, _CountAsWarm(self._up_since))
            return
        was_up = self._lives.down(event.life) or event.was_ready
        if self._lives or not was_up:
            return
        self._ticked.clear()
        if self._warm_ticks is None:
            self._hand_over()
        else:
            self._become(warm=False)

    def _hand_over(self) -> None:
        if not (self._lives or self._draining):
            self._on_cut()

    def _become(self, *, warm: bool) -> None:
        if warm != self._is_warm:
            self._is_warm = warm
            self._on_warm(warm)

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
            whole = self._warm_ticks.whole(published)
            mark = FeedMark(published.newest, after, whole)
            text = "{} goes on here, of {} of {} assets without a loss; {} ticks were not published yet"
            count = sum(len(item) for item in unpublished if isinstance(item, Ticks))
            logger.info(text, self._tenure.duty, len(whole), len(published.newest), count)
        self._warm_ticks = None
        self._publisher.resume(self._tenure, mark, unpublished)
        self._askers.hear(FORMER_FOLLOWERS, self.now())
        self._serve()
        self.every(LOOKS_FOR_CONNECTION_EVERY, _LookForConnection())


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
