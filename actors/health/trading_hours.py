"""Whether a market is open, by the venue's asset table."""

from collections.abc import Iterable

from actors.values import Asset


class TradingHours:
    """The latest asset table; times are UTC, by the venue's clock as far as it is known."""

    def __init__(self) -> None:
        self._assets: dict[str, Asset] = {}
        self._listed_at = 0.0

    def update(self, assets: Iterable[Asset], utc: float) -> None:
        """Replace the table by the one that the venue sent at ``utc``."""
        self._assets = {asset.symbol: asset for asset in assets}
        self._listed_at = utc

    def on_clock(self, change: float) -> None:
        """The venue's clock is ``change`` seconds further ahead of ours than it was taken for."""
        self._listed_at += change

    def is_open(self, symbol: str, utc: float) -> bool:
        """What the table says, up to the time at which it names a change; an unknown asset counts as open."""
        asset = self._assets.get(symbol)
        if asset is None:
            return True
        if asset.tradable:
            return not self._passed(asset.session_closes_at, utc)
        return self._passed(asset.session_opens_at, utc)

    def _passed(self, moment: int | None, utc: float) -> bool:
        """Whether ``moment`` lies between the table and now: the table already reflects earlier ones."""
        return moment is not None and self._listed_at < moment <= utc
