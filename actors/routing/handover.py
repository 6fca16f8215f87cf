"""Streams that two connections carry for a while: every tick once, in order, and honest repeats kept."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from actors.messages.control import HandoverBegun
from actors.messages.events import (
    ConnectionDown,
    StreamConfirmed,
    StreamDropped,
    StreamMoves,
    StreamReleased,
)
from actors.messages.traffic import Item, Ticks
from actors.values import Tick


class _Handover:
    """The old connection is believed until it is done; what any other says meanwhile is held back.

    What both said is told apart by counting: a quote that the venue made twice was delivered twice by
    the old one, and is taken out of the new one's twice. ``cut`` is the other way round: what the old one
    still says counts no more. ``sure`` means that a last word of the old one will come.
    """

    def __init__(self, begun: HandoverBegun) -> None:
        self.old, self.new = begun.old, begun.new
        self.cut = self.sure = begun.cut
        self.over = self.unwanted = False
        self._delivered: Counter[tuple[float, float]] = Counter()
        self._newest = 0.0
        self._held: list[Tick] = []

    def sift(self, source: str, ticks: Sequence[Tick]) -> list[Tick]:
        """What of ``ticks`` of this asset is to be delivered."""
        if self.over:
            return [tick for tick in ticks if self._is_news(tick)]
        if source == self.old[0]:
            if self.cut:
                return []
            self._delivered.update((tick.time, tick.price) for tick in ticks)
            self._newest = max(self._newest, ticks[-1].time)
            return list(ticks)
        if self.cut:
            return list(ticks)
        self._held += ticks
        return []

    def release(self) -> list[Tick]:
        """The old connection has said its last: what only others have said so far."""
        self.over = True
        held, self._held = self._held, []
        return [tick for tick in held if self._is_news(tick)]

    def settled(self, newest: float) -> bool:
        """Whether the new connection has caught up with all that the old one had said."""
        return self.over and newest > self._newest

    def _is_news(self, tick: Tick) -> bool:
        quote = (tick.time, tick.price)
        if not self._delivered[quote]:
            return True
        self._delivered[quote] -= 1
        return False


class Handovers:
    """By asset; false while there are none, which is nearly always."""

    def __init__(self) -> None:
        self._by_asset: dict[str, _Handover] = {}

    def __bool__(self) -> bool:
        return bool(self._by_asset)

    def begin(self, begun: HandoverBegun, lives: Mapping[str, int]) -> list[Item]:
        """``lives`` are the connections that are up, with their epochs: with one that has ended by now there
        is nothing to hand over, and no last word would come that ends it. The news of it."""
        if any(lives.get(name) != epoch for name, epoch in (begun.old, begun.new)):
            return []
        self._by_asset[begun.asset] = _Handover(begun)
        return [StreamMoves(begun.asset, *begun.old, *begun.new, begun.cut)]

    def sift(self, source: str, items: Sequence[Item]) -> list[Item]:
        """The items of one batch with every tick once; the last word of an old connection lets go what
        was held back of the new one."""
        sifted: list[Item] = []
        for item in items:
            match item:
                case Ticks():
                    sifted += Ticks.by_read(self._sift_ticks(source, item))
                    continue
                case StreamConfirmed(asset=asset, connection=connection):
                    handover = self._by_asset.get(asset)
                    if handover is not None and connection == handover.new[0]:
                        handover.sure = True
                case StreamDropped(asset=asset):
                    self._dropped(asset)
                case StreamReleased(asset=asset, connection=connection):
                    sifted += self._released(asset, connection)
                case ConnectionDown(connection=connection, epoch=epoch):
                    for asset in list(self._by_asset):
                        sifted += self._ended(asset, (connection, epoch))
            sifted.append(item)
        return sifted

    def _sift_ticks(self, source: str, ticks: Iterable[Tick]) -> list[Tick]:
        kept: list[Tick] = []
        for tick in ticks:
            handover = self._by_asset.get(tick.asset)
            if handover is None:
                kept.append(tick)
                continue
            kept += handover.sift(source, [tick])
            if handover.settled(tick.time):
                del self._by_asset[tick.asset]
        return kept

    def _dropped(self, asset: str) -> None:
        """Nobody wants the stream any more, so that no new tick of it will settle anything."""
        handover = self._by_asset.get(asset)
        if handover is not None and handover.over:
            del self._by_asset[asset]
        elif handover is not None:
            handover.unwanted = True

    def _released(self, asset: str, connection: str) -> Sequence[Item]:
        handover = self._by_asset.get(asset)
        if handover is not None and connection == handover.old[0] and not handover.over:
            return self._finish(asset, handover)
        if handover is not None and connection == handover.new[0]:
            del self._by_asset[asset]  # a move that was given up, or a stream that nobody wants any more
        return []

    def _ended(self, asset: str, life: tuple[str, int]) -> Sequence[Item]:
        """A life is over. What a new one has said that was to stay is held until the old one's last word all
        the same: the stream may come over a third one by then, and the old one may not say it any more."""
        handover = self._by_asset[asset]
        if life == handover.old and not handover.over:
            return self._finish(asset, handover)
        if life == handover.new and (handover.over or not handover.sure):
            del self._by_asset[asset]  # nothing is held any more, or the old one goes on
        return []

    def _finish(self, asset: str, handover: _Handover) -> Sequence[Item]:
        if handover.cut or handover.unwanted:
            del self._by_asset[asset]
        return Ticks.by_read(handover.release())
