"""The asset table as the venue sends it: rows of nineteen columns (protocol 1.7.4)."""

from collections.abc import Container
from random import Random

from runtime.practice.market.listings import LISTINGS, Listing

_DAY = 86400
_FRAMES = (60, 120, 180, 300, 600, 900, 1800, 2700, 3600, 7200, 10800, 14400)
_CRYPTO_FRAMES = _FRAMES[:4]
_SESSION_STARTS = 16.5 * 3600
_RESTING_KINDS = frozenset({"stock", "index"})


def next_midnight(now: float) -> int:
    """The venue's next midnight, when its schedules change."""
    return (int(now) // _DAY + 1) * _DAY


class AssetTable:
    """The terms of every asset; ``minimum_duration`` (seconds), if given, replaces that of every asset.

    Only the assets that are ``quoted`` are tradable, whatever they are; ``None``: those of the walk.
    ``closed`` holds the assets whose market a fault has closed.
    """

    def __init__(
        self, seed: int, minimum_duration: int | None = None, quoted: Container[str] | None = None
    ) -> None:
        self.closed: frozenset[str] = frozenset()
        self._seed = seed
        self._quoted = quoted
        self._minimum_duration = minimum_duration

    def rows(self, now: float) -> list[list[object]]:
        """All rows as they stand at venue time ``now``."""
        return [self._row(listing, now) for listing in LISTINGS.values()]

    def is_tradable(self, listing: Listing) -> bool:
        """Of a walk, stocks and indices that are not OTC are never tradable; all other assets always are."""
        if self._quoted is None:
            quoted = listing.otc or listing.kind not in _RESTING_KINDS
        else:
            quoted = listing.symbol in self._quoted
        return quoted and listing.symbol not in self.closed

    def payout(self, listing: Listing, now: float) -> int:
        """The profit of a win in percent of the stake; it changes at midnight."""
        today = int(now) // _DAY
        return Random(f"payout/{self._seed}/{listing.symbol}/{today}").randint(15, 92)

    def minimum_duration(self, listing: Listing) -> int:
        """The shortest deal, in seconds."""
        if self._minimum_duration is not None:
            return self._minimum_duration
        return 5 if listing.otc else 60

    def _row(self, listing: Listing, now: float) -> list[object]:
        tradable = self.is_tradable(listing)
        twin = LISTINGS[listing.twin].id if listing.twin in LISTINGS else 0
        crypto = listing.kind == "cryptocurrency"
        coarse = crypto or (listing.kind == "index" and not listing.otc)
        opens_at = -1 if tradable else _next_opening(now)
        return [
            listing.id,
            listing.symbol,
            listing.label,
            listing.kind,
            listing.digits,
            self.payout(listing, now),
            60,
            30,
            30 if coarse else 3,
            int(listing.otc),
            0 if listing.otc else twin,
            twin if listing.otc else 0,
            [],
            next_midnight(now) if tradable else opens_at,
            tradable,
            [{"time": frame} for frame in (_CRYPTO_FRAMES if crypto else _FRAMES)],
            0 if tradable else -1,
            self.minimum_duration(listing),
            opens_at,
        ]


def _next_opening(now: float) -> int:
    today = int(now) // _DAY * _DAY
    opening = today + int(_SESSION_STARTS)
    return opening if opening > now else opening + _DAY
