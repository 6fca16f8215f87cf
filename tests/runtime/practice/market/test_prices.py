"""One price per instant; bars of every length agree with it and with one another."""

from collections import Counter
from itertools import pairwise
from math import sqrt
from random import Random
from statistics import fmean, median

import pytest

from runtime.practice.market.listings import LISTINGS, Listing
from runtime.practice.market.prices import Bar, PriceSeries

NOW = 1_770_856_131
EURUSD = LISTINGS["EURUSD_otc"]
MINUTES = 1000


def bars(series: PriceSeries, start: int, span: int, count: int) -> list[Bar]:
    return [series.bar(EURUSD, start + n * span, start + (n + 1) * span) for n in range(count)]


def joined(parts: list[Bar]) -> Bar:
    return Bar(
        parts[0].open, max(part.high for part in parts), min(part.low for part in parts), parts[-1].close
    )


@pytest.mark.parametrize(
    ("long", "short"), [(86400, 3600), (14400, 900), (3600, 60), (120, 30), (60, 1), (45, 5)]
)
def test_a_long_bar_is_the_sum_of_its_short_ones(long: int, short: int) -> None:
    series = PriceSeries(1)
    start = NOW // 86400 * 86400
    assert bars(series, start, long, 1)[0] == joined(bars(series, start, short, long // short))


def test_bars_do_not_depend_on_the_order_of_asking() -> None:
    start = NOW // 3600 * 3600
    forwards, backwards = PriceSeries(7), PriceSeries(7)
    late_to_early = [bars(backwards, start + n * 60, 60, 1)[0] for n in range(59, -1, -1)]
    assert bars(forwards, start, 60, 60) == late_to_early[::-1]


def test_every_bar_opens_where_the_one_before_closed_and_holds_its_ends() -> None:
    series = bars(PriceSeries(1), NOW // 60 * 60, 60, 200)
    for bar, following in pairwise(series):
        assert bar.close == following.open
        assert bar.low <= min(bar.open, bar.close)
        assert bar.high >= max(bar.open, bar.close)


def test_the_price_within_a_bar_stays_inside_of_it() -> None:
    series = PriceSeries(1)
    bar = series.bar(EURUSD, NOW, NOW + 15)
    prices = [series.price(EURUSD, NOW + n / 40) for n in range(600)]
    assert prices[0] == bar.open
    assert bar.low <= min(prices)
    assert max(prices) <= bar.high


def test_a_span_of_no_length_has_one_price() -> None:
    series = PriceSeries(1)
    price = series.price(EURUSD, NOW)
    assert series.bar(EURUSD, NOW, NOW) == Bar(price, price, price, price)


def test_seeds_and_assets_have_prices_of_their_own() -> None:
    listings = (LISTINGS["EURUSD"], EURUSD)
    prices = {PriceSeries(seed).price(listing, NOW) for seed in (1, 2) for listing in listings}
    assert len(prices) == 4


def minutes(listing: Listing, seed: int) -> list[Bar]:
    """Neighbouring minutes as a client sees them."""
    series, start = PriceSeries(seed), NOW // 60 * 60
    found = (series.bar(listing, start + n * 60, start + (n + 1) * 60) for n in range(MINUTES))
    return [Bar(*(round(price, listing.digits) for price in bar)) for bar in found]


def of_a_walk(listing: Listing, seed: int) -> list[Bar]:
    """Minutes of a walk of independent steps, two a second, of the same volatility."""
    random, price = Random(seed), listing.level
    step = listing.level * listing.volatility / sqrt(2 * 86400)
    bars = []
    for _ in range(MINUTES):
        prices = [price := price + random.gauss(0, step) for _ in range(120)]
        points = (prices[0], max(prices), min(prices), prices[-1])
        bars.append(Bar(*(round(point, listing.digits) for point in points)))
    return bars


def sharing(bars: list[Bar]) -> int:
    """How many neighbours share their high or their low."""
    return sum(one.high == other.high or one.low == other.low for one, other in pairwise(bars))


@pytest.mark.parametrize(("symbol", "most"), [("EURUSD_otc", 0.13), ("#AAPL_otc", 0.06), ("BTCUSD", 0.06)])
def test_neighbouring_minutes_share_an_extreme_as_seldom_as_those_of_a_walk(symbol: str, most: float) -> None:
    listing, seeds = LISTINGS[symbol], range(1, 6)
    shared = fmean(sharing(minutes(listing, seed)) for seed in seeds) / (MINUTES - 1)
    assert shared < most
    assert shared < 1.5 * fmean(sharing(of_a_walk(listing, seed)) for seed in seeds) / (MINUTES - 1) + 0.01


@pytest.mark.parametrize("symbol", ["EURUSD_otc", "#AAPL", "BTCUSD", "XAUUSD", "100GBP"])
def test_minutes_are_as_wide_as_those_of_a_walk_of_the_volatility_of_their_kind(symbol: str) -> None:
    listing = LISTINGS[symbol]
    width = median(bar.high - bar.low for bar in minutes(listing, 1))
    assert width == pytest.approx(median(bar.high - bar.low for bar in of_a_walk(listing, 1)), rel=0.25)


def test_a_stock_moves_by_tens_of_cents_in_a_minute() -> None:
    assert 0.1 < median(bar.high - bar.low for bar in minutes(LISTINGS["#AAPL"], 1)) < 0.3


def test_no_price_is_a_wall() -> None:
    bars = minutes(EURUSD, 1)
    highs = Counter(bar.high for bar in bars)
    walked = Counter(bar.high for bar in of_a_walk(EURUSD, 1))
    assert max(highs.values()) < 2.5 * max(walked.values())


def test_seconds_move_as_those_of_a_walk_do() -> None:
    """Few stand still or leap: fat tails would come of stretching the bars."""
    seconds = bars(PriceSeries(1), NOW, 1, 20_000)
    changes = [(bar.close - bar.open) / EURUSD.level / EURUSD.volatility * sqrt(86400) for bar in seconds]
    variance = fmean(change**2 for change in changes)
    assert variance == pytest.approx(1, rel=0.4)
    assert fmean(change**4 for change in changes) / variance**2 == pytest.approx(3, rel=0.3)
