from itertools import groupby

from hypothesis import given, strategies as st

from actors.messages.ticks import Ticks, unfolded
from actors.values import Tick
from tests.doubles.tick_columns import columns

READ = st.lists(
    st.builds(Tick, st.sampled_from("ABC"), st.floats(0, 9), st.floats(0, 9), st.just(5.0)), min_size=1
)


@given(READ)
def test_columns_hold_the_ticks_of_a_read_in_order(read: list[Tick]) -> None:
    found = columns(*read)
    assert list(found) == [found[at] for at in range(len(found))] == read
    assert len(found.assets) == len(set(found.assets)), "an asset is named once"


def test_the_ticks_of_one_asset_need_no_index() -> None:
    assert columns(Tick("A", 1.0, 2.0, 5.0), Tick("A", 1.5, 2.5, 5.0)).which == []


@given(READ, st.data())
def test_a_part_holds_the_ticks_at_its_places(read: list[Tick], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(read) - 1), min_size=1))
    assert list(columns(*read).part(places)) == [read[place] for place in places]


@given(
    st.lists(
        st.builds(Tick, st.sampled_from("AB"), st.floats(0, 9), st.just(1.0), st.sampled_from([5.0, 6.0]))
    )
)
def test_ticks_of_several_reads_become_one_for_each_run_of_a_read(ticks: list[Tick]) -> None:
    found = Ticks.by_read(ticks)
    assert list(unfolded(found)) == ticks
    assert [each.received_at for each in found] == [
        at for at, _ in groupby(tick.received_at for tick in ticks)
    ]


def test_unfolded_keeps_the_order_and_what_is_no_tick() -> None:
    one, other = Tick("A", 1.0, 2.0, 5.0), Tick("B", 1.0, 2.0, 5.0)
    assert list(unfolded(["before", columns(one, other), "after"])) == ["before", one, other, "after"]
