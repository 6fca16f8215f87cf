"""``Trade``: one deal as a dict whose keys are attributes too."""

from typing import Any


class Trade(dict[str, Any]):
    """One deal, with the venue's own keys; ``result`` is there once it is settled.

    Money and prices are texts, and times follow the venue's clock, as in BinaryOptionsToolsV2.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def result(self) -> str | None:
        """``"win"``, ``"loss"`` or ``"draw"``; ``None`` while it is not known."""
        return self.get("result")

    @property
    def profit(self) -> float | None:
        """What a win would pay while the deal is open, then what the account gained."""
        value = self.get("profit")
        return None if value is None else float(value)

    @property
    def is_win(self) -> bool:
        return self.result == "win"

    @property
    def is_loss(self) -> bool:
        return self.result == "loss"

    @property
    def is_draw(self) -> bool:
        return self.result == "draw"

    @property
    def is_settled(self) -> bool:
        return "result" in self

    def to_dict(self) -> dict[str, Any]:
        return dict(self)


TradeResult = tuple[str, Trade]
"""What ``buy`` and ``sell`` give: the id of the deal, and the deal."""
