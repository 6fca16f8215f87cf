"""Streams that two connections carry for a while (make before break): every tick once, in order."""

from collections import Counter
from collections.abc import Iterable, Sequence

from actors.lives import Lives
from actors.messages.events import (
    ConnectionDown,
    StreamConfirmed,
    StreamDropped,
    StreamMoves,
    StreamReleased,
)
from actors.messages.routing import HandoverBegun
from actors.messages.traffic import Item, Ticks
from actors.values import Life, Tick


class _Handover:
    """The move of one stream from the life ``old`` to the life ``new``.

    The ticks of the old connection are delivered until it ends or releases the stream; the ticks of every
    other connection are held until then. Equal quotes are matched by counting: a quote that the venue made
    twice was delivered twice by the old connection, and is removed twice from what the new one brings.

    ``cut``: the other way round, ticks of the old connection are not delivered any more. ``confirmed``: the
    old connection is certain to end or to release the stream. ``over``: it has done so. ``dropped``: the
    stream was unsubscribed.
    """

    def __init__(self, begun: HandoverBegun) -> None:
        self.old, self.new = begun.old, begun.new
        self.cut = self.confirmed = begun.cut
        self.over = self.dropped = False
        self._delivered: Counter[tuple[float, float]] = Counter()
        self._newest = 0.0
        self._held: list[Tick] = []

    def deduplicate(self, source: str, tick: Tick) -> list[Tick]:
        """``tick`` if it is to be delivered now, otherwise nothing."""
        if self.over:
            return [tick] if self._is_new(tick) else []
        if source == self.old.connection:
            if self.cut:
                return []
            self._delivered[tick.time, tick.price] += 1
            self._newest = max(self._newest, tick.time)
            return [tick]
        if self.cut:
            return [tick]
        self._held.append(tick)
        return []

    def end(self) -> list[Tick]:
        """The old connection brings no more ticks; the held ticks that it did not bring."""
        self.over = True
        held, self._held = self._held, []
        return [tick for tick in held if self._is_new(tick)]

    def is_complete(self, newest: float) -> bool:
        """Whether the new connection, with ticks up to ``newest``, has passed what the old one delivered."""
        return self.over and newest > self._newest

    def _is_new(self, tick: Tick) -> bool:
        quote = (tick.time, tick.price)
        if not self._delivered[quote]:
            return True
        self._delivered[quote] -= 1
        return False


class Handovers:
    """The handovers under way, ``by_asset``; there are none nearly always."""

    def __init__(self) -> None:
        self.by_asset: dict[str, _Handover] = {}

    def begin(self, begun: HandoverBegun, lives: Lives) -> list[Item]:
        """Begin a handover; returns its event.

        Nothing begins unless both lives are up in ``lives``: the end of a life that is over was routed
        already, and nothing else would end the handover.
        """
        handover = _Handover(begun)
        if not (lives.is_current(handover.old) and lives.is_current(handover.new)):
            return []
        self.by_asset[begun.asset] = handover
        return [StreamMoves(begun.asset, *handover.old, *handover.new, begun.cut)]

    def deduplicate(self, source: str, items: Sequence[Item]) -> list[Item]:
        """The items of one batch of ``source``, with every tick once.

        Held ticks come before the item that ends their handover.
        """
        kept: list[Item] = []
        for item in items:
            match item:
                case Ticks():
                    kept += Ticks.by_read(self._deduplicate_ticks(source, item))
                    continue
                case StreamConfirmed(asset=asset, connection=connection):
                    handover = self.by_asset.get(asset)
                    if handover is not None and connection == handover.new.connection:
                        handover.confirmed = True
                case StreamDropped(asset=asset):
                    self._on_dropped(asset)
                case StreamReleased(asset=asset, connection=connection):
                    kept += self._on_released(asset, connection)
                case ConnectionDown():
                    for asset in list(self.by_asset):
                        kept += self._on_down(asset, item.life)
            kept.append(item)
        return kept

    def _deduplicate_ticks(self, source: str, ticks: Iterable[Tick]) -> list[Tick]:
        kept: list[Tick] = []
        for tick in ticks:
            handover = self.by_asset.get(tick.asset)
            if handover is None:
                kept.append(tick)
                continue
            kept += handover.deduplicate(source, tick)
            if handover.is_complete(tick.time):
                del self.by_asset[tick.asset]
        return kept

    def _on_dropped(self, asset: str) -> None:
        """The stream was unsubscribed, so that no new tick will complete its handover."""
        handover = self.by_asset.get(asset)
        if handover is not None and handover.over:
            del self.by_asset[asset]
        elif handover is not None:
            handover.dropped = True

    def _on_released(self, asset: str, connection: str) -> Sequence[Item]:
        handover = self.by_asset.get(asset)
        if handover is not None and connection == handover.old.connection and not handover.over:
            return self._end(asset, handover)
        if handover is not None and connection == handover.new.connection:
            del self.by_asset[asset]  # the move was given up, or the stream unsubscribed
        return []

    def _on_down(self, asset: str, life: Life) -> Sequence[Item]:
        """Keep the held ticks of a confirmed new life that is down until the old one ends: a third connection
        may carry the stream by then, and the old one may not bring these ticks any more."""
        handover = self.by_asset[asset]
        if life == handover.old and not handover.over:
            return self._end(asset, handover)
        if life == handover.new and (handover.over or not handover.confirmed):
            del self.by_asset[asset]  # nothing is held any more, or the old connection goes on
        return []

    def _end(self, asset: str, handover: _Handover) -> Sequence[Item]:
        if handover.cut or handover.dropped:
            del self.by_asset[asset]
        return Ticks.by_read(handover.end())
