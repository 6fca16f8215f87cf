"""Trades, by their place there."""

from runtime.compat.binaryoptionstools.trade import Trade, TradeResult

__all__ = [
    "Trade",
    "TradeResult",
]
