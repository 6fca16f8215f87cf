from hypothesis import given
from hypothesis import strategies as st

from actors.messages.events import RawMessage, StreamRecovered
from actors.policy.conflation import conflate
from actors.values import Tick


def tick(asset: str, number: int) -> Tick:
    return Tick(asset, number, 1.0, 0.0)


def test_only_the_newest_tick_of_each_asset_is_kept_and_the_others_are_counted() -> None:
    events = [tick("A", 1), tick("B", 2), tick("A", 3), tick("A", 4)]
    assert conflate(events) == ([tick("B", 2), tick("A", 4)], 2)


def test_whatever_is_not_a_tick_is_kept_in_its_place() -> None:
    news = [RawMessage("x", ""), RawMessage("x", ""), StreamRecovered("A", "c")]
    events = [news[0], tick("A", 1), news[1], tick("A", 2), news[2]]
    assert conflate(events) == ([news[0], news[1], tick("A", 2), news[2]], 1)


def test_equal_ticks_are_one() -> None:
    assert conflate([tick("A", 1), tick("A", 1)]) == ([tick("A", 1)], 1)


def test_nothing_conflates_to_nothing() -> None:
    assert conflate([]) == ([], 0)


@given(st.lists(st.one_of(st.sampled_from("ABC"), st.integers())))
def test_every_event_is_kept_or_counted_and_conflating_again_changes_nothing(plan: list[str | int]) -> None:
    events = [
        tick(what, number) if isinstance(what, str) else RawMessage(str(what), "")
        for number, what in enumerate(plan)
    ]
    kept, missed = conflate(events)
    assert len(kept) + missed == len(events)
    positions = [events.index(event) for event in kept if isinstance(event, Tick)]
    assert positions == sorted(positions)
    assert [e for e in kept if not isinstance(e, Tick)] == [e for e in events if not isinstance(e, Tick)]
    for asset in "ABC":
        of_asset = [e for e in events if isinstance(e, Tick) and e.asset == asset]
        assert [e for e in kept if isinstance(e, Tick) and e.asset == asset] == of_asset[-1:]
    assert conflate(kept) == (kept, 0)
