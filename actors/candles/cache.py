"""Candles that were loaded just now, for who asks for the very same once more."""

import math
from collections.abc import Callable
from typing import NamedTuple

from cachetools import TTLCache

from actors.messages.commands import LoadCandles
from actors.values import Candle


class _Kept(NamedTuple):
    candles: list[Candle]
    outdated_at: float


class ReplyCache:
    """Answers by wish, each for ``ttl`` seconds of ``timer`` (0: none is kept), ``size`` bars in all: the
    least recently used give way.

    An answer *up to now* is outdated at some time, or by news, before it is old; one whose end was past when
    it was asked for is not.
    """

    def __init__(self, ttl: float, size: int, timer: Callable[[], float]) -> None:
        self._size = size if ttl else 0
        self._kept: TTLCache[LoadCandles, _Kept] = TTLCache(size, ttl, timer, lambda kept: len(kept.candles))
        self.hits = self.misses = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, wish: LoadCandles, utc: float) -> list[Candle] | None:
        """A list of the caller's own; ``None`` if it has to be loaded."""
        kept = self._kept.get(wish)
        if kept is None or utc >= kept.outdated_at:
            self.misses += 1
            return None
        self.hits += 1
        return list(kept.candles)

    def put(self, wish: LoadCandles, candles: list[Candle], outdated_at: float = math.inf) -> None:
        """Keep an answer, unless there is nothing in it or more than there is room for."""
        if 0 < len(candles) <= self._size:
            self._kept[wish] = _Kept(candles, outdated_at)

    def up_to_now(self, asset: str) -> dict[LoadCandles, float]:
        """The answers about ``asset`` that news of it would outdate, and when (UTC) time alone will."""
        kept = ((wish, self._kept.get(wish)) for wish in list(self._kept) if wish.asset == asset)
        return {wish: found.outdated_at for wish, found in kept if found and found.outdated_at < math.inf}

    def outdate(self, asset: str, ended: float = math.inf) -> None:
        """There is news of ``asset``: forget the answers up to now that lack a bar which ended by ``ended``
        (UTC), by default all of them."""
        for wish, outdated_at in self.up_to_now(asset).items():
            if outdated_at <= ended:
                self._kept.pop(wish, None)
