"""The venue's symbols as people write them: the nearest ones to a name, and a search."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

from actors.values import Asset

MOST_HINTS: Final = 3
SIMILAR: Final = 0.6
"""The least ratio of likeness (``difflib``) of a symbol that is offered instead of another."""


def unlisted(symbol: str, assets: Mapping[str, Asset]) -> str:
    """The text for a ``symbol`` that ``assets`` does not have, with the nearest of those that it has."""
    near = nearest(symbol, assets.values())
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"the venue lists no asset {symbol!r}{hint}"


def nearest(name: str, assets: Iterable[Asset]) -> list[str]:
    """The symbols that ``name`` may stand for, the likeliest first; at most ``MOST_HINTS``.

    Case and punctuation do not count. A label, such as ``EUR/USD OTC``, stands for its symbol. If the name is
    that of a market and of its OTC twin, both are offered.
    """
    known = list(assets)
    wanted = _plain(name)
    same = [each for each in known if wanted in {_plain(each.symbol), _plain(each.label)}]
    if same:
        twins = [each for each in known if each not in same and _plain(each.symbol) == f"{wanted}otc"]
        return [each.symbol for each in (*same, *twins)][:MOST_HINTS]
    by_name = {_plain(text): each.symbol for each in known for text in (each.label, each.symbol)}
    close = difflib.get_close_matches(wanted, by_name, 2 * MOST_HINTS, SIMILAR)
    return list(dict.fromkeys(by_name[each] for each in close))[:MOST_HINTS]


def search(text: str, assets: Mapping[str, Asset]) -> dict[str, Asset]:
    """The assets whose symbol, label or kind contains ``text``; case and punctuation do not count."""
    wanted = _plain(text)
    return {
        symbol: asset
        for symbol, asset in assets.items()
        if any(wanted in _plain(each) for each in (symbol, asset.label, asset.kind))
    }


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
