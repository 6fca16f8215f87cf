"""Ticks are numbered, and bars end at the present."""

from itertools import pairwise

import pytest

from runtime.practice.market.listings import LISTINGS
from runtime.practice.market.quotes import Quotes

NOW = 1_770_856_131.3
EURUSD = LISTINGS["EURUSD_otc"]


@pytest.mark.parametrize("rate", [0.2, 2, 250, 5000])
def test_ticks_come_at_their_rate_and_never_two_at_once(rate: float) -> None:
    quotes = Quotes(1, rate)
    first = quotes.number_after(EURUSD, NOW)
    times = [quotes.instant(EURUSD, number) for number in range(first - 1, first + 500)]
    assert times[0] <= NOW < times[1]
    assert all(earlier < later for earlier, later in pairwise(times))
    assert times[-1] - times[0] == pytest.approx(500 / rate, rel=0.01)


def test_stamps_are_whole_milliseconds() -> None:
    quotes = Quotes(1, 2)
    assert quotes.instant(EURUSD, 12345) == round(quotes.instant(EURUSD, 12345), 3)


def test_a_tick_at_the_first_instant_of_a_bar_counts_for_that_bar_alone() -> None:
    quotes = Quotes(1, 100)
    numbers = range(quotes.number_after(EURUSD, NOW), quotes.number_after(EURUSD, NOW + 600))
    stamps = [quotes.instant(EURUSD, number) for number in numbers]
    opened = next(stamp for stamp in stamps if stamp == int(stamp))
    for start in (opened - 1, opened):
        inside = sum(start <= stamp < start + 1 for stamp in stamps)
        assert quotes.count(EURUSD, start, start + 1, NOW + 600) == inside


def test_past_ticks_end_before_the_next_one_and_are_limited_from_the_old_end() -> None:
    quotes = Quotes(1, 2)
    upcoming = quotes.number_after(EURUSD, NOW)
    ticks = quotes.ticks(EURUSD, NOW - 600, upcoming, 100)
    assert ticks == [quotes.tick(EURUSD, number) for number in range(upcoming - 100, upcoming)]
    assert ticks[-1].time <= NOW
    assert NOW - 600 < quotes.ticks(EURUSD, NOW - 600, upcoming, 5000)[0].time < NOW - 598


def test_bars_are_aligned_and_the_last_one_is_still_forming() -> None:
    quotes = Quotes(1, 2)
    bars = list(quotes.bars(EURUSD, 60, NOW - 600, NOW, NOW, 150))
    assert [opened % 60 for opened, _ in bars] == [0] * 10
    opened, forming = bars[-1]
    assert opened <= NOW < opened + 60
    [(_, second)] = quotes.bars(EURUSD, 1, NOW - 1, NOW, NOW, 1)
    assert forming.close == second.open


def test_a_bar_that_opens_at_the_end_of_the_window_is_not_in_it() -> None:
    bars = list(Quotes(1, 2).bars(EURUSD, 60, NOW // 60 * 60 - 120, NOW // 60 * 60, NOW, 150))
    assert [opened for opened, _ in bars] == [NOW // 60 * 60 - 120, NOW // 60 * 60 - 60]


def test_prices_have_the_digits_of_their_asset() -> None:
    for symbol in ("BCHJPY", "#AAPL_otc", "IRRUSD_otc"):
        listing = LISTINGS[symbol]
        price = Quotes(1, 2).tick(listing, 3_500_000_000).price
        assert price == round(price, listing.digits) > 0


def test_the_price_of_the_moment_is_that_of_the_last_tick() -> None:
    quotes = Quotes(1, 2)
    tick = quotes.tick(EURUSD, 3_500_000_000)
    later = quotes.tick(EURUSD, 3_500_000_001)
    assert quotes.price(EURUSD, tick.time) == quotes.price(EURUSD, later.time - 0.001) == tick.price
    assert quotes.price(EURUSD, later.time) == later.price
