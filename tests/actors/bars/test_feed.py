"""The bars of one asset are those of the pure list of its ticks, whatever way the ticks come."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.bars.bar import Bars
from actors.bars.clock_bars import ClockBars
from actors.bars.count_bars import CountBars
from actors.bars.feed import AHEAD, GRACE, KEPT, BarFeed, Telling
from actors.values import Candle

PHASE = 7200
START = 1_770_000_000
Rows = list[tuple[float, float]]


def clock_bars(rows: Rows, period: int, phase: int, since: float, until: float) -> list[Candle]:
    """The bars that opened from ``since`` on and ended by ``until``: the definition."""
    found: dict[int, list[float]] = {}
    for time, price in sorted(rows, key=lambda row: row[0]):
        opened = int((time + phase) // period) * period - phase
        if opened >= since and opened + period <= until:
            found.setdefault(opened, []).append(price)
    return [
        Candle(opened, prices[0], max(prices), min(prices), prices[-1], len(prices))
        for opened, prices in found.items()
    ]


def count_bars(rows: Rows, size: int) -> list[Candle]:
    """The bars of ``size`` ticks each: the definition."""
    parts = [rows[at : at + size] for at in range(0, len(rows) - size + 1, size)]
    return [
        Candle(
            int(part[0][0]),
            part[0][1],
            max(price for _, price in part),
            min(price for _, price in part),
            part[-1][1],
            size,
        )
        for part in parts
    ]


class Listener:
    """Keeps the last word on each closed bar, and asserts what holds for all that is told."""

    def __init__(self) -> None:
        self.closed: dict[str, dict[float, Candle]] = {}
        self.order: list[float] = []
        self.forming: dict[str, Candle] = {}
        self.revisions: dict[tuple[str, int], int] = {}
        self.incomplete: set[tuple[str, int]] = set()

    def hear(self, told: Sequence[Telling]) -> None:
        for name, each in told:
            if not each.closed:
                self.forming[name] = each.candle
                continue
            key = (name, each.candle.time)
            if not name.endswith("ticks"):
                assert each.revision == self.revisions.get(key, -1) + 1
            self.revisions[key] = each.revision
            (self.incomplete.discard if each.complete else self.incomplete.add)(key)
            at = each.until if name.endswith("ticks") else each.candle.time
            self.closed.setdefault(name, {})[at] = each.candle

    def bars(self, name: str) -> list[Candle]:
        found = self.closed.get(name, {})
        return [found[at] for at in sorted(found)]


def opening(period: int, now: float) -> int:
    return int((now + PHASE) // period) * period - PHASE


class Interleavings(RuleBasedStateMachine):
    """A venue quotes; a stream carries the quotes, doubles some, delays some, and is interrupted now and
    then, noticed at once or only later; pages of history come when they come.
    """

    @initialize(start=st.integers(0, 400), before=st.integers(0, 120))
    def begin(self, start: int, before: int) -> None:
        self.quotes: Rows = []
        self.time = START + start / 10
        for _ in range(before):
            self._quote(0.3, 5.0)
        self.feed, self.listener = BarFeed(), Listener()
        self.begun_at = self.time
        self.first_live: float | None = None
        for period in (7, 60):
            since = opening(period, self.time)
            self.feed.begin(str(period), ClockBars(period, PHASE, since), since)
        self.feed.begin("9-first", ClockBars(9, None), None)
        self.feed.begin("5-ticks", CountBars(5), None)
        self.confirmed = self.flowing = False
        self.late: Rows = []
        self.missed_from: float | None = None
        self.always_noticed = True

    def _quote(self, gap: float, price: float) -> tuple[float, float]:
        self.time = round(self.time + gap, 3)
        self.quotes.append((self.time, price))
        return self.quotes[-1]

    def _hear(self) -> None:
        self.listener.hear(self.feed.tell(self.time))

    @rule()
    @precondition(lambda self: not self.flowing)
    def confirm(self) -> None:
        self.confirmed = self.flowing = True
        self.feed.interrupt()
        self._announce()

    def _announce(self) -> None:
        """The gap that nobody noticed at once."""
        if self.missed_from is not None:
            self.feed.miss(self.missed_from, self.time)
            self.missed_from = None

    @rule(gap=st.floats(0.001, 20.0), price=st.integers(1, 9), doubled=st.booleans())
    def quote(self, gap: float, price: int, doubled: bool) -> None:
        row = self._quote(gap, float(price))
        if not self.flowing:
            return
        if self.first_live is None:
            self.first_live = row[0]
        self.feed.add(*map(list, zip(*([row] * (1 + doubled)), strict=True)))
        self._hear()

    @rule(gaps=st.lists(st.floats(0.001, 3.0), min_size=2, max_size=4), price=st.integers(1, 9))
    @precondition(lambda self: self.flowing and self.first_live is not None and not self.late)
    def one_of_several_is_late(self, gaps: list[float], price: int) -> None:
        """It comes before the next bar of five ticks could close without it."""
        rows = [self._quote(gap, float(price + number)) for number, gap in enumerate(gaps)]
        for row in [*rows[1:2], rows[0], *rows[2:]]:
            self.feed.add([row[0]], [row[1]])
        self._hear()

    @rule()
    @precondition(lambda self: self.flowing)
    def interrupt(self) -> None:
        self.flowing = False
        self.feed.interrupt()

    @rule(gaps=st.lists(st.floats(0.001, 15.0), min_size=1, max_size=8), price=st.integers(1, 9))
    @precondition(lambda self: self.flowing and self.first_live is not None)
    def ticks_are_kept_back_and_nobody_notices(self, gaps: list[float], price: int) -> None:
        """The clock goes on, so bars close without them."""
        since = self.quotes[-1][0]
        self.always_noticed = False
        for number, gap in enumerate(gaps):
            self._quote(gap, float(price + number))
            self._hear()
        self.missed_from = since if self.missed_from is None else min(since, self.missed_from)

    @rule()
    @precondition(lambda self: self.missed_from is not None and self.flowing)
    def the_gap_is_announced(self) -> None:
        self._announce()

    @rule()
    def history_is_asked_for(self) -> None:
        if self.confirmed:
            self.feed.next_load(self.time)

    @rule()
    @precondition(lambda self: self.feed._load is not None)
    def history_comes(self) -> None:
        load = self.feed._load
        assert load is not None
        rows = [row for row in self.quotes if load[0] <= row[0] < min(load[1], self.time + 0.0005)]
        self.feed.fill([time for time, _ in rows], [price for _, price in rows])
        self._hear()

    @invariant()
    def what_is_told_is_made_of_quotes(self) -> None:
        if not hasattr(self, "listener"):
            return
        for name in ("7", "60"):
            for bar in self.listener.bars(name):
                assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high

    def teardown(self) -> None:
        """In the end everything has come: the bars are those of the list."""
        if not hasattr(self, "feed"):
            return
        if not self.flowing:
            self.confirm()
        self._announce()
        while (load := self.feed.next_load(self.time)) or not self.feed.whole:
            self.history_comes() if self.feed._load else None
            assert load is None or load[1] > load[0]
        self.quote(0.5, 1, doubled=False)
        end = self.time
        for period in (7, 60):
            since = opening(period, self.begun_at)
            expected = clock_bars(self.quotes, period, PHASE, since, end)
            assert self.listener.bars(str(period)) == expected
            assert not self.listener.incomplete
        assert self.first_live is not None
        live = [row for row in self.quotes if row[0] >= self.first_live]
        phase = -int(self.first_live) % 9
        assert self.listener.bars("9-first") == clock_bars(live, 9, phase, int(self.first_live), end)
        if self.always_noticed:
            assert self.listener.bars("5-ticks") == count_bars(live, 5)


TestInterleavings = Interleavings.TestCase


def test_an_interruption_while_the_first_load_is_under_way_is_loaded_too() -> None:
    """No tick is known yet, and what comes behind the end of that load would be missed for ever."""
    venue = Interleavings()
    venue.begin(start=0, before=0)
    venue.confirm()
    venue.history_is_asked_for()
    venue.interrupt()
    venue.quote(gap=10.5, price=1, doubled=False)
    venue.confirm()
    venue.history_comes()
    venue.teardown()


TestInterleavings.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def begun(period: int = 10, *, whole: bool = True) -> BarFeed:
    """A feed of one series that opens at ``START``; with nothing missing, if it is ``whole``."""
    feed = BarFeed()
    feed.begin("s", ClockBars(period, PHASE, START), START)
    if whole:
        feed.next_load(START)
        feed.fill([], [])
    return feed


def told(feed: BarFeed, now: float) -> list[tuple[bool, int, int, bool]]:
    """Of each: whether it closed, its opening and its ticks, and whether it is complete."""
    return [
        (each.closed, each.candle.time - START, each.candle.volume or 0, each.complete)
        for _, each in feed.tell(now)
    ]


def test_nothing_is_told_before_the_first_part_of_the_first_bar_has_come() -> None:
    feed = begun(whole=False)
    feed.add([START + 4.0, START + 12.0], [1.0, 2.0])
    assert told(feed, START + 12.0) == []
    assert feed.next_load(START + 12.0) == (START, START + 12.0 + AHEAD)
    assert feed.next_load(START + 13.0) is None
    feed.fill([START + 1.0, START + 4.0], [3.0, 1.0])
    assert told(feed, START + 12.0) == [(True, 0, 2, True), (False, 10, 1, True)]


def test_a_bar_closes_by_the_clock_if_no_tick_shows_its_end() -> None:
    feed = begun()
    feed.add([START + 4.0], [1.0])
    assert told(feed, START + 4.0) == [(False, 0, 1, True)]
    assert feed.due() == START + 10.0 + GRACE
    assert told(feed, START + 10.0 + GRACE - 0.01) == []
    assert told(feed, START + 10.0 + GRACE) == [(True, 0, 1, True)]
    assert feed.due() is None


def test_no_bar_closes_by_the_clock_while_the_stream_is_interrupted() -> None:
    feed = begun()
    feed.add([START + 4.0], [1.0])
    feed.tell(START + 4.0)
    feed.interrupt()
    assert feed.due() is None
    assert told(feed, START + 100.0) == []
    assert feed.next_load(START + 100.0) == (START + 4.0, START + 100.0 + AHEAD)
    feed.fill([START + 4.0, START + 9.0], [1.0, 5.0])
    assert told(feed, START + 100.0) == [(True, 0, 2, True)]


def test_an_interruption_before_the_first_tick_misses_all_since_the_opening() -> None:
    feed = begun()
    feed.interrupt()
    assert feed.next_load(START + 5.0) == (START, START + 5.0 + AHEAD)


def test_an_interruption_during_a_load_is_followed_by_another_load() -> None:
    feed = begun()
    feed.add([START + 4.0], [1.0])
    feed.interrupt()
    feed.next_load(START + 5.0)
    feed.add([START + 6.0], [1.0])
    feed.interrupt()
    feed.fill([START + 4.0], [1.0])
    assert not feed.whole
    assert feed.next_load(START + 8.0) == (START + 6.0, START + 8.0 + AHEAD)


def test_what_could_not_be_loaded_leaves_its_bars_incomplete_until_it_comes() -> None:
    feed = begun()
    feed.add([START + 4.0], [1.0])
    feed.interrupt()
    feed.next_load(START + 14.0)
    feed.give_up()
    feed.add([START + 14.5, START + 31.0, START + 41.0], [1.0, 1.0, 1.0])
    assert [each for each in told(feed, START + 41.0) if each[0]] == [
        (True, 0, 1, False),
        (True, 10, 1, False),
        (True, 30, 1, True),
    ]
    feed.miss(START + 4.0, START + 14.5)
    assert feed.next_load(START + 42.0) == (START + 4.0, START + 42.0 + AHEAD)
    feed.fill([START + 4.0, START + 14.5], [1.0, 1.0])
    assert told(feed, START + 42.0)[:2] == [(True, 0, 1, True), (True, 10, 1, True)]


def test_a_gap_that_has_been_loaded_is_not_loaded_again() -> None:
    feed = begun()
    feed.add([START + 4.0], [1.0])
    feed.interrupt()
    feed.next_load(START + 9.0)
    feed.miss(START + 4.0, START + 8.0)
    feed.fill([], [])
    feed.miss(START + 4.0, START + 8.0)
    assert feed.whole


def test_of_a_long_gap_only_the_end_is_loaded() -> None:
    feed = begun()
    feed.add([START + 4.0], [1.0])
    feed.tell(START + 20.0)
    feed.interrupt()
    now = START + 10 * KEPT
    assert feed.next_load(now) == (now - KEPT, now + AHEAD)
    feed.fill([now - 5.0], [1.0])
    assert feed.whole


def test_a_second_series_of_the_asset_loads_only_what_is_not_known() -> None:
    feed = begun()
    feed.add([START + 4.0, START + 12.0], [1.0, 2.0])
    feed.tell(START + 12.0)
    feed.begin("fine", ClockBars(2, PHASE, START + 12.0), START + 12.0)
    assert feed.whole
    assert [name for name, _ in feed.tell(START + 12.5)] == ["fine"]
    feed.begin("coarse", ClockBars(100, PHASE, START - 60.0), START - 60.0)
    assert feed.next_load(START + 13.0) == (START - 60.0, START + 13.0 + AHEAD)


def test_old_ticks_are_forgotten_and_bars_of_theirs_not_made_again() -> None:
    feed = begun()
    for number in range(0, 4 * int(KEPT), 5):
        feed.add([START + float(number)], [1.0])
        feed.tell(START + float(number))
    assert len(feed._book) < 2 * KEPT
    feed.add([START + 3.5], [9.0])
    assert all(opened >= 3 * KEPT for closed, opened, _, _ in told(feed, START + 4 * KEPT) if closed)


@pytest.mark.parametrize("bars", [ClockBars(10, PHASE, START), CountBars(3)], ids=["clock", "count"])
def test_equal_stamps_keep_the_order_in_which_they_came(bars: Any) -> None:
    """Some venues stamp whole seconds."""
    feed = BarFeed()
    made: Bars = bars
    feed.begin("s", made, None)
    feed.add([START + 1.0] * 3, [1.0, 2.0, 1.0])
    [(_, each)] = feed.tell(START + 1.0)
    assert each.candle == Candle(START if isinstance(bars, ClockBars) else START + 1, 1.0, 2.0, 1.0, 1.0, 3)
