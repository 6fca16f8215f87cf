"""The form of the symbols of assets (protocol 1.7.4)."""

import re

_SYMBOL = re.compile(r"#?[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


def refuse_symbol(symbol: str) -> str:
    """Why ``symbol`` cannot be one; ``""`` if it can."""
    if _SYMBOL.fullmatch(symbol):
        return ""
    return "is not an asset's symbol (such as EURUSD_otc or '#AAPL_otc')"
