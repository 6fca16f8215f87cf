"""What a host that stands by publishes when it takes over, and of which assets nothing is missing then."""

import pytest
from hypothesis import given, strategies as st
from msgspec import structs

from actors.messages.events import StreamDropped, StreamGap
from actors.messages.traffic import Ticks
from actors.tenancy import warm_ticks
from actors.tenancy.published_ticks import PublishedTicks
from actors.tenancy.warm_ticks import WarmTicks
from actors.values import Tick
from tests.doubles.tick_columns import columns

KEEPS = 10.0


def tick(time: float, asset: str = "A", price: float = 1.0) -> Tick:
    return Tick(asset, time, price, 5.0)


def published(*ticks: Tick) -> PublishedTicks:
    found = PublishedTicks({})
    for each in ticks:
        found.add(columns(each))
    return found


def standby(*ticks: Tick) -> WarmTicks:
    warm = WarmTicks(KEEPS)
    for each in ticks:
        warm.take([columns(each)], 0.0)
    return warm


def rest(warm: WarmTicks, of: PublishedTicks) -> list[Tick]:
    return [each for item in warm.unpublished(of) for each in item]


def test_what_comes_after_the_last_published_tick_is_left() -> None:
    warm = standby(tick(1.0), tick(2.0), tick(1.5, "B"), tick(3.0))
    of = published(tick(1.0), tick(2.0), tick(1.5, "B"))
    assert rest(warm, of) == [tick(3.0)]
    assert warm.whole(of) == ["A", "B"]
    assert rest(warm, published()) == [tick(1.0), tick(2.0), tick(1.5, "B"), tick(3.0)]


def test_equal_quotes_are_counted() -> None:
    warm = standby(tick(1.0), tick(1.0), tick(1.0, price=2.0), tick(1.0))
    assert rest(warm, published(tick(1.0), tick(1.0))) == [tick(1.0, price=2.0), tick(1.0)]


def test_an_asset_is_whole_only_if_it_was_seen_up_to_the_last_published_tick() -> None:
    warm = standby(tick(5.0), tick(2.0, "B"))
    assert warm.assets == {"A", "B"}
    assert warm.whole(published(tick(4.0), tick(2.0, "B"), tick(1.0, "C"))) == ["B"]


def test_an_asset_is_not_whole_if_what_was_not_published_is_not_kept_any_more() -> None:
    warm = standby(tick(1.0), tick(2.0), tick(1.0, "B"))
    warm.take([columns(tick(9.0))], KEEPS + 0.1)
    assert warm.whole(published(tick(1.0), tick(1.0, "B"))) == ["B"]
    assert warm.whole(published(tick(2.0))) == ["A"]
    assert rest(warm, published(tick(1.0))) == [tick(9.0)]


def test_while_nobody_can_take_over_all_is_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_ticks, "MOST_KEPT", 3)
    warm = standby(tick(1.0), tick(2.0))
    warm.hold(60.0)
    warm.take([columns(tick(3.0))], 60.0 + KEEPS - 0.1)
    assert rest(warm, published(tick(1.0))) == [tick(2.0), tick(3.0)]
    warm.take([columns(tick(4.0))], 60.0 + KEEPS - 0.1)
    assert warm.whole(published(tick(1.0))) == ["A"]
    warm.take([columns(tick(5.0))], 60.0 + KEEPS - 0.1)
    assert warm.whole(published(tick(1.0))) == []
    assert rest(warm, published(tick(1.0))) == [tick(3.0), tick(4.0), tick(5.0)]
    warm.take([columns(tick(6.0))], 200.0)
    assert rest(warm, published(tick(1.0))) == [tick(6.0)]


def test_what_was_lost_on_the_way_proves_nothing() -> None:
    warm = standby(tick(1.0))
    warm.lose()
    warm.take([columns(tick(3.0))], 1.0)
    assert warm.whole(published(tick(2.0))) == []


def test_its_own_gaps_are_told_from_the_last_published_tick_on() -> None:
    gap = StreamGap("A", 2.0, 5.0, "cut", "c1", 60)
    warm = standby(tick(2.0))
    warm.take([gap, StreamDropped("B"), columns(tick(5.0))], 0.0)
    told = structs.replace(gap, period=0)
    assert warm.unpublished(published(tick(2.0))) == [told, columns(tick(5.0))]
    told = structs.replace(told, from_time=4.0)
    assert warm.unpublished(published(tick(4.0))) == [told, columns(tick(5.0))]
    assert warm.unpublished(published(tick(5.0))) == []


QUOTES = st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 2), st.integers(1, 2)), min_size=1)


@given(QUOTES, st.data())
def test_every_quote_is_published_once_wherever_the_owner_has_ended(
    steps: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    """The two hosts may read the same quotes in parts of their own."""
    clock = dict.fromkeys("AB", 0.0)
    quotes = []
    for asset, step, price in steps:
        clock[asset] += step
        quotes.append(tick(clock[asset], asset, float(price)))
    ended = data.draw(st.integers(0, len(quotes)))
    cut = data.draw(st.integers(0, len(quotes)))
    warm = WarmTicks(KEEPS)
    for part in (quotes[:cut], quotes[cut:]):
        warm.take(Ticks.by_read(part), 0.0)
    of = published(*quotes[:ended])
    assert quotes[:ended] + rest(warm, of) == quotes
    assert set(warm.whole(of)) == {each.asset for each in quotes[:ended]}
