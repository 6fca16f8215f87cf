"""Streams that two connections carry for a while: every tick once, in order, and honest repeats kept."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from actors.messages.control import HandoverBegun
from actors.messages.events import ConnectionDown, StreamReleased
from actors.messages.traffic import Item, Ticks
from actors.values import Tick


class _Handover:
    """The old connection is believed until it is done; what the new one says meanwhile is held back.

    What both said is told apart by counting: a quote that the venue made twice was delivered twice by
    the old one, and is taken out of the new one's twice.
    """

    def __init__(self, begun: HandoverBegun) -> None:
        self.lives = (begun.old, begun.new)
        self.old, _ = begun.old
        self.new, _ = begun.new
        self._cut = begun.cut
        self._over = False
        self._delivered: Counter[tuple[float, float]] = Counter()
        self._newest = 0.0
        self._held: list[Tick] = []

    def sift(self, source: str, ticks: Sequence[Tick]) -> list[Tick]:
        """What of ``ticks`` of this asset is to be delivered."""
        if source == self.old:
            if self._cut:
                return []
            self._delivered.update((tick.time, tick.price) for tick in ticks)
            self._newest = max(self._newest, ticks[-1].time)
            return list(ticks)
        if source != self.new or self._cut:
            return list(ticks)
        if not self._over:
            self._held += ticks
            return []
        return [tick for tick in ticks if self._is_news(tick)]

    def release(self) -> list[Tick]:
        """The old connection has said its last: what only the new one has said so far."""
        self._over = True
        held, self._held = self._held, []
        return [tick for tick in held if self._is_news(tick)]

    def settled(self, newest: float) -> bool:
        """Whether the new connection has caught up with all that the old one had said."""
        return self._over and newest > self._newest

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

    def begin(self, begun: HandoverBegun, lives: Mapping[str, int]) -> None:
        """``lives`` are the connections that are up, with their epochs: with one that has ended by now there
        is nothing to hand over, and no last word would come that ends it."""
        if all(lives.get(name) == epoch for name, epoch in (begun.old, begun.new)):
            self._by_asset[begun.asset] = _Handover(begun)

    def sift(self, source: str, items: Sequence[Item]) -> list[Item]:
        """The items of one batch with every tick once; the last word of an old connection lets go what
        was held back of the new one."""
        sifted: list[Item] = []
        for item in items:
            match item:
                case Ticks():
                    sifted += Ticks.by_read(self._sift_ticks(source, item))
                    continue
                case StreamReleased(asset=asset, connection=connection):
                    sifted += self._released(asset, connection)
                case ConnectionDown(connection=connection, epoch=epoch):
                    for asset, handover in list(self._by_asset.items()):
                        if (connection, epoch) in handover.lives:
                            sifted += self._released(asset, connection)
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
            if source == handover.new and handover.settled(tick.time):
                del self._by_asset[tick.asset]
        return kept

    def _released(self, asset: str, connection: str) -> Sequence[Item]:
        handover = self._by_asset.get(asset)
        if handover is None:
            return []
        if connection == handover.new:
            del self._by_asset[asset]
        elif connection == handover.old:
            return Ticks.by_read(handover.release())
        return []
