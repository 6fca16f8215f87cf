import pytest
from hypothesis import given, strategies as st

from actors.values import Candle
from actors.venues.pocketoption.bars import Quote, build, in_order, is_sound, merge


def bar(time: int, *prices: float, volume: int | None = None) -> Candle:
    """Prices in our order: open, high, low, close; one price stands for all four."""
    opening, high, low, close = prices if len(prices) == 4 else prices * 4
    return Candle(time, opening, high, low, close, volume)


def quotes(*pairs: tuple[float, float]) -> list[Quote]:
    return [Quote(time, price) for time, price in pairs]


def test_quotes_make_bars_and_silence_makes_none() -> None:
    ticks = quotes((60.0, 5.0), (61.5, 7.0), (70.0, 4.0), (119.9, 6.0), (240.2, 3.0))
    assert build(ticks, 60, 0) == [bar(60, 5.0, 7.0, 4.0, 6.0), bar(240, 3.0)]


def test_quotes_out_of_order_are_put_in_order() -> None:
    assert build(quotes((62.0, 3.0), (60.0, 1.0), (61.0, 2.0)), 60, 0) == [bar(60, 1.0, 3.0, 1.0, 3.0)]


def test_bars_open_on_the_clock_that_is_ahead() -> None:
    assert [made.time for made in build(quotes((79_200.0, 1.0), (79_199.9, 1.0)), 86_400, 7200)] == [
        -7200,
        79_200,
    ]


def test_quotes_continue_the_bars_to_the_present() -> None:
    bars = [bar(0, 1.0), bar(60, 1.0, 2.0, 0.5, 1.5, volume=9)]
    ticks = quotes((59.0, 1.0), (61.0, 1.4), (119.0, 1.6), (121.0, 1.7), (185.0, 1.8), (186.0, 1.75))
    assert merge(bars, ticks, 60, 0) == [
        bar(0, 1.0),
        bar(60, 1.4, 1.6, 1.4, 1.6),
        bar(120, 1.7),
        bar(180, 1.8, 1.8, 1.75, 1.75),
    ]


def test_quotes_that_begin_within_the_last_bar_bring_it_up_to_date() -> None:
    bars = [bar(60, 1.0, 2.0, 0.5, 1.5, volume=9)]
    assert merge(bars, quotes((100.0, 2.5), (101.0, 1.2)), 60, 0) == [bar(60, 1.0, 2.5, 0.5, 1.2, volume=9)]


def test_bars_before_the_last_one_are_the_venues() -> None:
    bars = [bar(0, 9.0), bar(60, 9.0)]
    assert merge(bars, quotes((0.0, 1.0), (60.0, 1.0)), 60, 0) == [bar(0, 9.0), bar(60, 1.0)]


def test_quotes_that_begin_within_an_unknown_bar_do_not_invent_its_open() -> None:
    assert merge([bar(0, 1.0)], quotes((150.0, 1.0), (181.0, 2.0)), 60, 0) == [bar(0, 1.0), bar(180, 2.0)]
    assert merge([], quotes((150.0, 1.0), (181.0, 2.0)), 60, 0) == [bar(180, 2.0)]


def test_without_quotes_the_bars_are_put_in_order_once_each() -> None:
    assert merge([bar(120, 3.0), bar(60, 2.0), bar(60, 2.0)], [], 60, 0) == [bar(60, 2.0), bar(120, 3.0)]
    assert merge([], [], 60, 0) == []
    assert list(in_order([bar(2, 1.0), bar(1, 1.0)])) == [1, 2]


@pytest.mark.parametrize(
    ("prices", "sound"),
    [
        ((2.0, 3.0, 1.0, 2.5), True),
        ((2.0, 2.0, 2.0, 2.0), True),
        ((2.0, 1.0, 3.0, 2.0), False),
        ((2.0, 1.9, 1.0, 1.5), False),
        ((2.0, 3.0, 1.0, 3.1), False),
        ((2.0, 3.0, 2.1, 2.5), False),
        ((0.0, 3.0, 0.0, 2.5), False),
    ],
)
def test_a_bars_prices_must_be_able_to_be_true_together(
    prices: tuple[float, float, float, float], sound: bool
) -> None:
    assert is_sound(bar(0, *prices)) is sound


@given(
    st.lists(st.tuples(st.integers(0, 900), st.floats(0.1, 9.0)), max_size=40),
    st.sampled_from([1, 7, 60, 300]),
    st.sampled_from([0, 7200]),
)
def test_built_bars_are_sound_aligned_and_hold_every_quote(
    pairs: list[tuple[float, float]], period: int, phase: int
) -> None:
    made = build(quotes(*pairs), period, phase)
    assert all(map(is_sound, made))
    assert all((candle.time + phase) % period == 0 for candle in made)
    assert [candle.time for candle in made] == sorted({candle.time for candle in made})
    for time, price in pairs:
        (home,) = (candle for candle in made if candle.time <= time < candle.time + period)
        assert home.low <= price <= home.high
