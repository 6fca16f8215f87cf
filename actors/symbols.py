"""The venue's symbols as people write them: the nearest ones to a name, and a search."""

import difflib
import itertools
from collections.abc import Iterable, Mapping
from typing import Final

from actors.values import Asset

MOST_HINTS: Final = 3
SIMILAR: Final = 0.75
"""The least ratio of likeness (``difflib``) of a symbol that is offered instead of another."""

LONGEST_SHOWN: Final = 40
"""Characters of a name that a refusal repeats."""

_OTC: Final = "otc"


def unlisted(symbol: str, assets: Mapping[str, Asset]) -> str:
    """The text for a ``symbol`` that ``assets`` does not have, with the nearest of those that it has."""
    near = nearest(symbol, assets.values())
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"the venue lists no asset {_shown(symbol)}{hint}"


def nearest(name: str, assets: Iterable[Asset]) -> list[str]:
    """The symbols that ``name`` may stand for, the likeliest first; at most ``MOST_HINTS``.

    Case and punctuation do not count. A label, such as ``EUR/USD OTC``, stands for its symbol. If the name is
    that of a market and of its OTC twin, both are offered.
    """
    known = list(assets)
    wanted = _plain(name)
    same = [each for each in known if wanted in {_plain(each.symbol), _plain(each.label)}]
    if same:
        twins = [each for each in known if each not in same and _plain(each.symbol) == f"{wanted}{_OTC}"]
        return [each.symbol for each in (*same, *twins)][:MOST_HINTS]
    by_name: dict[str, list[str]] = {}
    for each in known:
        for text in (each.symbol, each.label):
            by_name.setdefault(_core(text), []).append(each.symbol)
    close = difflib.get_close_matches(_core(name), by_name, MOST_HINTS, SIMILAR)
    like = [sorted(by_name[core], key=lambda each: _is_otc(each) != _is_otc(name)) for core in close]
    return list(dict.fromkeys(itertools.chain(*like)))[:MOST_HINTS]


def search(text: str, assets: Mapping[str, Asset]) -> dict[str, Asset]:
    """The assets whose symbol, label or kind contains ``text``; case and punctuation do not count."""
    wanted = _plain(text)
    return {
        symbol: asset
        for symbol, asset in assets.items()
        if any(wanted in _plain(each) for each in (symbol, asset.label, asset.kind))
    }


def _shown(symbol: str) -> str:
    """In quotes, and cut if it is far too long for a symbol."""
    return repr(symbol if len(symbol) <= LONGEST_SHOWN else symbol[:LONGEST_SHOWN] + "…")


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def _is_otc(text: str) -> bool:
    return _plain(text).endswith(_OTC)


def _core(text: str) -> str:
    """Without the mark of an OTC market, which makes short names too much alike."""
    return _plain(text).removesuffix(_OTC)
