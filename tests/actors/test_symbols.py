"""The nearest symbols to what people write, and the search among them."""

import pytest

from actors.symbols import nearest, search, unlisted
from actors.values import Asset


def asset(symbol: str, label: str, kind: str = "currency") -> Asset:
    return Asset(1, symbol, label, kind, 5, 90, symbol.endswith("_otc"), True, 5, (60,))


TABLE = {
    each.symbol: each
    for each in (
        asset("EURUSD", "EUR/USD"),
        asset("EURUSD_otc", "EUR/USD OTC"),
        asset("EURJPY", "EUR/JPY"),
        asset("#AAPL", "Apple", "stock"),
        asset("#AAPL_otc", "Apple OTC", "stock"),
        asset("BTCUSD_otc", "Bitcoin OTC", "cryptocurrency"),
        asset("100GBP", "UK 100", "index"),
    )
}


@pytest.mark.parametrize(
    ("name", "symbols"),
    [
        ("eurusd_otc", ["EURUSD_otc"]),
        ("EUR/USD OTC", ["EURUSD_otc"]),
        ("eur/usd", ["EURUSD", "EURUSD_otc"]),
        ("AAPL", ["#AAPL", "#AAPL_otc"]),
        ("aapl otc", ["#AAPL_otc"]),
        ("apple", ["#AAPL"]),
        ("uk100", ["100GBP"]),
        ("EURUSDD_otc", ["EURUSD_otc", "EURUSD"]),
        ("bitcoin", ["BTCUSD_otc"]),
        ("", []),
        ("???", []),
        ("NOSUCHTHING", []),
    ],
)
def test_what_people_write_leads_to_the_symbols_it_may_mean(name: str, symbols: list[str]) -> None:
    assert nearest(name, TABLE.values())[: len(symbols) or None] == symbols


def test_the_refusal_names_them() -> None:
    assert unlisted("AAPL", TABLE) == (
        "the venue lists no asset 'AAPL'; did you mean '#AAPL' or '#AAPL_otc'?"
    )
    assert unlisted("NOSUCHTHING", TABLE) == "the venue lists no asset 'NOSUCHTHING'"
    assert unlisted("X", {}) == "the venue lists no asset 'X'"


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("", list(TABLE)),
        ("eur/usd", ["EURUSD", "EURUSD_otc"]),
        ("CRYPTO", ["BTCUSD_otc"]),
        ("apple", ["#AAPL", "#AAPL_otc"]),
        ("otc", ["EURUSD_otc", "#AAPL_otc", "BTCUSD_otc"]),
        ("nothing", []),
    ],
)
def test_a_search_finds_symbols_labels_and_kinds(text: str, symbols: list[str]) -> None:
    assert list(search(text, TABLE)) == symbols


def test_a_name_that_is_far_too_long_is_not_repeated_in_full() -> None:
    assert unlisted("X" * 5000, TABLE) == f"the venue lists no asset '{'X' * 40}…'"
