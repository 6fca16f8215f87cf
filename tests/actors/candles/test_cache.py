"""How long an answer is kept, and what outdates it."""

import math

from actors.candles.cache import ReplyCache
from actors.messages.commands import LoadCandles
from actors.values import Candle
from tests.conftest import ManualClock

UTC = 100_000.0
LATER = 100_020.0
"""When the bar after the last one ends."""

PAST = LoadCandles("A", 60, 3, 99_960.0)
PRESENT = LoadCandles("A", 60, 3)


def bars(count: int = 3) -> list[Candle]:
    return [Candle(60 * number, 1.0, 1.0, 1.0, 1.0) for number in range(count)]


def cache(clock: ManualClock, ttl: float = 5.0, size: int = 10) -> ReplyCache:
    return ReplyCache(ttl, size, clock)


def test_an_answer_is_kept_for_its_ttl(clock: ManualClock) -> None:
    kept = cache(clock)
    kept.put(PAST, bars())
    clock.advance(4.9)
    assert kept.get(PAST, UTC) == bars()
    clock.advance(0.2)
    assert kept.get(PAST, UTC) is None
    assert len(kept) == 0


def test_a_ttl_of_zero_keeps_nothing(clock: ManualClock) -> None:
    kept = cache(clock, ttl=0.0)
    kept.put(PAST, bars())
    assert kept.get(PAST, UTC) is None


def test_every_caller_gets_a_list_of_its_own(clock: ManualClock) -> None:
    kept = cache(clock)
    kept.put(PAST, bars())
    first = kept.get(PAST, UTC)
    assert first is not None
    first.clear()
    assert kept.get(PAST, UTC) == bars()


def test_only_an_equal_command_finds_an_answer(clock: ManualClock) -> None:
    kept = cache(clock)
    kept.put(PAST, bars())
    for other in (PRESENT, LoadCandles("A", 60, 2, 99_960.0), LoadCandles("B", 60, 3, 99_960.0)):
        assert kept.get(other, UTC) is None


def test_the_least_recently_used_gives_way_by_bars(clock: ManualClock) -> None:
    kept = cache(clock, size=10)
    for asset in "ABC":
        kept.put(LoadCandles(asset, 60, 3, 0.0), bars(3))
    assert kept.get(LoadCandles("A", 60, 3, 0.0), UTC)
    kept.put(LoadCandles("D", 60, 4, 0.0), bars(4))
    found = [asset for asset in "ABC" if kept.get(LoadCandles(asset, 60, 3, 0.0), UTC)]
    assert found == ["A", "C"]


def test_what_is_larger_than_the_cache_or_empty_is_not_kept(clock: ManualClock) -> None:
    kept = cache(clock, size=10)
    kept.put(PAST, bars(11))
    kept.put(PRESENT, [], LATER)
    assert len(kept) == 0


def test_hits_and_misses_are_counted(clock: ManualClock) -> None:
    kept = cache(clock)
    kept.get(PAST, UTC)
    kept.put(PAST, bars())
    kept.get(PAST, UTC)
    kept.get(PAST, UTC)
    kept.get(PRESENT, UTC)
    assert (kept.hits, kept.misses) == (2, 2)
    assert repr(kept) == "<ReplyCache: 1 answers, 2 hits, 2 misses>"


def test_an_answer_up_to_now_is_outdated_once_the_next_bar_has_ended(clock: ManualClock) -> None:
    kept = cache(clock)
    kept.put(PRESENT, bars(), LATER)
    assert kept.get(PRESENT, LATER - 0.1) == bars()
    assert kept.get(PRESENT, LATER) is None


def test_news_outdates_the_answers_up_to_now_about_its_asset_and_no_others(clock: ManualClock) -> None:
    kept = cache(clock)
    other = LoadCandles("B", 60, 3)
    for key in (PAST, PRESENT, other):
        kept.put(key, bars(), math.inf if key is PAST else LATER)
    assert kept.up_to_now("A") == {PRESENT: LATER}
    kept.outdate("A")
    assert kept.up_to_now("A") == {}
    assert [kept.get(key, UTC) is None for key in (PAST, PRESENT, other)] == [False, True, False]


def test_bars_outdate_only_the_answers_that_lack_one_of_them(clock: ManualClock) -> None:
    kept = cache(clock)
    fast = LoadCandles("A", 5, 3)
    kept.put(PRESENT, bars(), LATER)
    kept.put(fast, bars(), LATER - 15)
    kept.outdate("A", LATER - 15)
    assert kept.up_to_now("A") == {PRESENT: LATER}
    kept.outdate("A", LATER)
    assert kept.up_to_now("A") == {}
