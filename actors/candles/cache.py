"""Candles that were loaded recently, for a caller that asks for the same again."""

import math
from collections.abc import Callable
from typing import NamedTuple

from cachetools import TTLCache

from actors.messages.commands import LoadCandles
from actors.tables.rows import CandleList
from actors.values import Candle


class _Kept(NamedTuple):
    candles: list[Candle]
    outdated_at: float


class ReplyCache:
    """Answers by ``key_of`` their command, each for ``ttl`` seconds of ``timer`` (0: none is kept).

    They hold ``size`` bars in all; the least recently used give way. An answer *up to now* is outdated by the
    next bar, maybe before its ``ttl`` is over; an answer whose end was past when it was asked for is not.
    """

    def __init__(self, ttl: float, size: int, timer: Callable[[], float]) -> None:
        self._size = size if ttl else 0
        self._kept: TTLCache[LoadCandles, _Kept] = TTLCache(size, ttl, timer, lambda kept: len(kept.candles))
        self.hits = self.misses = 0

    def __repr__(self) -> str:
        return f"<ReplyCache: {len(self)} answers, {self.hits} hits, {self.misses} misses>"

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: LoadCandles, utc: float) -> CandleList | None:
        """The candles, in a list of the caller's own; ``None`` if they have to be loaded."""
        kept = self._kept.get(key)
        if kept is None or utc >= kept.outdated_at:
            self.misses += 1
            return None
        self.hits += 1
        return CandleList(kept.candles)

    def put(self, key: LoadCandles, candles: list[Candle], outdated_at: float = math.inf) -> None:
        """Keep an answer, unless it is empty or larger than the cache; ``outdated_at`` is UTC."""
        if 0 < len(candles) <= self._size:
            self._kept[key] = _Kept(candles, outdated_at)

    def up_to_now(self, asset: str) -> dict[LoadCandles, float]:
        """The answers about ``asset`` that a new bar outdates, and when (UTC) the next one ends."""
        kept = ((key, self._kept.get(key)) for key in list(self._kept) if key.asset == asset)
        return {key: found.outdated_at for key, found in kept if found and found.outdated_at < math.inf}

    def outdate(self, asset: str, ended: float = math.inf) -> None:
        """Forget the answers up to now about ``asset`` that lack a bar which ended by ``ended`` (UTC); by
        default, all of them."""
        for key, outdated_at in self.up_to_now(asset).items():
            if outdated_at <= ended:
                self._kept.pop(key, None)
