"""Whether a market is open, by the venue's own asset table: a closed one is rightly silent."""

from collections.abc import Iterable

from actors.values import Asset


class TradingHours:
    """The latest asset table; times are UTC."""

    def __init__(self) -> None:
        self._assets: dict[str, Asset] = {}
        self._listed_at = 0.0

    def learn(self, assets: Iterable[Asset], utc: float) -> None:
        """The whole table, as the venue sent it at ``utc``."""
        self._assets = {asset.symbol: asset for asset in assets}
        self._listed_at = utc

    def is_open(self, symbol: str, utc: float) -> bool:
        """What the table said, until the time comes that it named for a change; unknown assets are open."""
        asset = self._assets.get(symbol)
        if asset is None:
            return True
        if asset.tradable:
            return not self._passed(asset.session_closes_at, utc)
        return self._passed(asset.session_opens_at, utc)

    def _passed(self, moment: int | None, utc: float) -> bool:
        """Whether ``moment`` came since the table did: one that lay behind then was no news to the venue."""
        return moment is not None and self._listed_at < moment <= utc
