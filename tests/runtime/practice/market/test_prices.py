"""One price per instant; bars of every length agree with it and with one another."""

from itertools import pairwise

import pytest

from runtime.practice.market.prices import Bar, PriceSeries

NOW = 1_770_856_131


def bars(series: PriceSeries, start: int, span: int, count: int) -> list[Bar]:
    return [series.bar("EURUSD_otc", 1.09, start + n * span, start + (n + 1) * span) for n in range(count)]


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
    bar = series.bar("EURUSD_otc", 1.09, NOW, NOW + 15)
    prices = [series.price("EURUSD_otc", 1.09, NOW + n / 40) for n in range(600)]
    assert prices[0] == bar.open
    assert bar.low <= min(prices)
    assert max(prices) <= bar.high


def test_a_span_of_no_length_has_one_price() -> None:
    series = PriceSeries(1)
    price = series.price("EURUSD_otc", 1.09, NOW)
    assert series.bar("EURUSD_otc", 1.09, NOW, NOW) == Bar(price, price, price, price)


def test_seeds_and_assets_have_prices_of_their_own() -> None:
    prices = {
        PriceSeries(seed).price(symbol, 1.0, NOW) for seed in (1, 2) for symbol in ("EURUSD", "EURUSD_otc")
    }
    assert len(prices) == 4
