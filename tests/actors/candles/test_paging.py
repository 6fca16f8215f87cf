"""Which page is asked for next, and when the load is complete."""

from actors.candles.paging import Paging
from actors.messages.commands import LoadCandles
from actors.values import Candle

PAGE = 150


def bars(first: int, count: int) -> list[Candle]:
    return [Candle(60 * number, 1.0, 1.0, 1.0, 1.0) for number in range(first, first + count)]


def test_the_first_page_ends_where_the_command_does() -> None:
    assert Paging(LoadCandles("A", 60, 10), PAGE).request() == LoadCandles("A", 60, 10)
    assert Paging(LoadCandles("A", 60, 400, 9000.0), PAGE).request() == LoadCandles("A", 60, PAGE, 9000.0)


def test_each_further_page_ends_where_the_last_begins_and_asks_for_no_more_than_is_missing() -> None:
    paging = Paging(LoadCandles("A", 60, 200), PAGE)
    assert paging.add(bars(1000, PAGE))
    assert paging.request() == LoadCandles("A", 60, 50, 60_000)
    assert not paging.add(bars(950, 50))
    assert paging.candles == bars(950, 200)


def test_an_empty_page_means_that_there_are_no_earlier_bars() -> None:
    paging = Paging(LoadCandles("A", 60, 200), PAGE)
    paging.add(bars(1000, 20))
    assert not paging.add([])
    assert paging.candles == bars(1000, 20)


def test_progress_counts_the_bars_so_far() -> None:
    paging = Paging(LoadCandles("A", 60, 200), PAGE)
    paging.add(bars(1000, PAGE))
    progress = paging.progress()
    assert (progress.topic, progress.loaded, progress.count) == ("progress.A", PAGE, 200)


def test_bars_up_to_now_end_by_the_clock_that_is_known() -> None:
    assert Paging(LoadCandles("A", 60, 10), PAGE, 120.5).request().end == 120.5
    assert Paging(LoadCandles("A", 60, 10, 60.0), PAGE, 120.5).request().end == 60.0
