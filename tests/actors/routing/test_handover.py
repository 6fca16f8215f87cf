from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, strategies as st

from actors.lives import Lives
from actors.messages.events import (
    ConnectionDown,
    ConnectionUp,
    StreamConfirmed,
    StreamDropped,
    StreamMoves,
    StreamReleased,
)
from actors.messages.routing import HandoverBegun
from actors.messages.traffic import Response, Ticks
from actors.routing.handover import Handovers
from actors.values import Life, Tick
from tests.doubles.tick_columns import columns

Quote = tuple[float, float]


def ticks(*quotes: Quote | float, asset: str = "A") -> Ticks:
    pairs = [quote if isinstance(quote, tuple) else (quote, 1.0) for quote in quotes]
    return columns(*(Tick(asset, time, price, 0.0) for time, price in pairs))


def down(connection: str) -> ConnectionDown:
    return ConnectionDown(connection, 1, "r", "lost", was_ready=True)


def confirmed(connection: str) -> StreamConfirmed:
    return StreamConfirmed("A", 60, connection, 1)


def released(connection: str, asset: str = "A") -> StreamReleased:
    return StreamReleased(asset, connection)


def lives_of(**epochs: int) -> Lives:
    lives = Lives()
    for connection, epoch in epochs.items():
        lives.up(Life(connection, epoch))
    return lives


LIVES = lives_of(old=1, new=1)


def begun(old: str = "old", new: str = "new", *, cut: bool = False) -> Handovers:
    handovers = Handovers()
    handovers.begin(HandoverBegun("A", Life(old, 1), Life(new, 1), cut), LIVES)
    return handovers


def delivered(handovers: Handovers, *batches: tuple[str, Any], asset: str = "A") -> list[Quote]:
    """The quotes of ``asset`` that come of the batches, in order."""
    items = [item for source, sent in batches for item in handovers.deduplicate(source, [sent])]
    found = [tick for item in items if isinstance(item, Ticks) for tick in item]
    return [(tick.time, tick.price) for tick in found if tick.asset == asset]


def at(*times: float) -> list[Quote]:
    return [(time, 1.0) for time in times]


def test_without_a_handover_there_is_nothing_to_deduplicate() -> None:
    assert not Handovers().by_asset
    assert begun().by_asset


def test_the_old_connection_is_delivered_and_the_new_one_held_back() -> None:
    handovers = begun()
    assert delivered(handovers, ("old", ticks(1)), ("new", ticks(1, 2)), ("old", ticks(2))) == at(1, 2)


def test_the_held_ticks_come_before_the_release_by_the_old_connection() -> None:
    handovers = begun()
    assert delivered(handovers, ("old", ticks(1)), ("new", ticks(1, 2, 3))) == at(1)
    assert handovers.deduplicate("old", [released("old")]) == [ticks(2, 3), released("old")]


def test_a_new_connection_that_lags_delivers_nothing_until_it_has_caught_up() -> None:
    handovers = begun()
    assert delivered(handovers, ("old", ticks(1, 2, 3)), ("old", released("old"))) == at(1, 2, 3)
    assert delivered(handovers, ("new", ticks(1, 2)), ("new", ticks(3, 4)), ("new", ticks(5))) == at(4, 5)
    assert not handovers.by_asset


def test_the_end_of_the_old_connection_ends_the_handover_too() -> None:
    handovers = begun()
    assert delivered(handovers, ("old", ticks(1)), ("new", ticks(1, 2)), ("old", down("old"))) == at(1, 2)


def test_an_end_that_another_actor_reports_ends_it_too() -> None:
    handovers = begun()
    assert delivered(handovers, ("new", ticks(1)), ("supervisor", down("old"))) == at(1)


def test_when_the_new_connection_ends_the_old_one_goes_on() -> None:
    handovers = begun()
    found = delivered(handovers, ("old", ticks(1)), ("new", ticks(1, 2)), ("new", down("new")))
    assert found == at(1)
    assert not handovers.by_asset
    assert delivered(handovers, ("old", ticks(2, 3))) == at(2, 3)


def test_when_a_move_is_given_up_the_old_connection_goes_on() -> None:
    handovers = begun()
    assert delivered(handovers, ("new", ticks(1)), ("new", released("new")), ("old", ticks(1, 2))) == at(1, 2)
    assert not handovers.by_asset


def test_when_both_end_the_ticks_of_either_are_delivered_once() -> None:
    handovers = begun()
    batches = [("old", ticks(1)), ("new", ticks(1, 2)), ("old", down("old")), ("new", down("new"))]
    assert delivered(handovers, *batches) == at(1, 2)
    assert not handovers.by_asset


def test_after_a_cut_only_the_new_connection_is_delivered() -> None:
    handovers = begun(cut=True)
    assert delivered(handovers, ("new", ticks(5)), ("old", ticks(1, 2)), ("new", ticks(6))) == at(5, 6)
    assert delivered(handovers, ("old", released("old")), ("new", ticks(7, 8))) == at(7, 8)
    assert not handovers.by_asset


def test_other_assets_pass() -> None:
    handovers = begun()
    mixed = columns(*ticks(1, asset="B"), *ticks(1), *ticks(2, asset="B"))
    assert delivered(handovers, ("new", mixed), asset="B") == at(1, 2)
    assert delivered(handovers, ("old", released("old", asset="B"))) == []


# FAULT: the ticks of a third connection were delivered at once, and again from the old one.
def test_the_ticks_of_a_third_connection_are_held_until_the_old_one_ends_too() -> None:
    handovers = begun()
    dying = [("old", ticks(1)), ("new", confirmed("new")), ("new", ticks(1, 2)), ("new", down("new"))]
    assert delivered(handovers, *dying, ("third", ticks(3, 4))) == at(1)
    assert delivered(handovers, ("old", ticks(2, 3)), ("old", released("old"))) == at(2, 3, 4)
    assert delivered(handovers, ("third", ticks(5))) == at(5)
    assert not handovers.by_asset


# FAULT: the held ticks were dropped with the new connection, though the old one ended before it brought them.
def test_the_held_ticks_of_a_confirmed_new_connection_outlive_it() -> None:
    handovers = begun()
    dying = [("new", confirmed("new")), ("old", ticks(1)), ("new", ticks(1, 2, 3)), ("new", down("new"))]
    assert delivered(handovers, *dying, ("old", ticks(2)), ("supervisor", down("old"))) == at(1, 2, 3)


def test_a_cut_outlives_the_new_connection_until_the_old_one_ends() -> None:
    handovers = begun(cut=True)
    assert delivered(handovers, ("new", ticks(5)), ("new", down("new")), ("old", ticks(4, 5))) == at(5)
    assert delivered(handovers, ("old", released("old")), ("old", ticks(7))) == at(7)


@pytest.mark.parametrize("released_first", [True, False])
def test_the_handover_of_a_stream_that_was_unsubscribed_ends(released_first: bool) -> None:
    handovers = begun()
    ending = [("old", ticks(1)), ("new", confirmed("new")), ("new", ticks(1)), ("new", down("new"))]
    endings = [("pool", StreamDropped("A")), ("old", released("old"))]
    assert delivered(handovers, *ending, *(reversed(endings) if released_first else endings)) == at(1)
    assert not handovers.by_asset


@pytest.mark.parametrize("cut", [True, False])
def test_the_begin_of_a_handover_is_an_event(cut: bool) -> None:
    message = HandoverBegun("A", Life("old", 1), Life("new", 1), cut)
    assert Handovers().begin(message, LIVES) == [StreamMoves("A", "old", 1, "new", 1, cut)]
    assert Handovers().begin(message, lives_of(old=1)) == []


def test_every_other_item_keeps_its_place_between_ticks() -> None:
    handovers = begun()
    up = ConnectionUp("new", 1, "r")
    assert handovers.deduplicate("new", [up, ticks(1), Response(1)]) == [up, Response(1)]
    assert handovers.deduplicate("old", [ticks(1), up, ticks(2)]) == [ticks(1), up, ticks(2)]


def test_two_assets_move_apart() -> None:
    handovers = begun()
    handovers.begin(HandoverBegun("B", Life("old", 1), Life("new", 1)), LIVES)
    assert delivered(
        handovers, ("new", ticks(1)), ("new", ticks(1, asset="B")), ("old", released("old"))
    ) == at(1)
    assert delivered(handovers, ("old", released("old", "B")), asset="B") == at(1)


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_a_quote_that_the_venue_made_several_times_is_delivered_as_often(copies: int) -> None:
    handovers = begun()
    batches = [("old", ticks(1, *[2] * copies)), ("new", ticks(*[2] * copies, 3)), ("old", released("old"))]
    assert delivered(handovers, *batches) == at(1, *[2] * copies, 3)


def test_an_end_between_two_equal_quotes_loses_neither() -> None:
    assert delivered(begun(), ("old", ticks(1, 2)), ("new", ticks(1, 2, 2)), ("old", down("old"))) == at(
        1, 2, 2
    )


def test_two_quotes_with_one_stamp_are_two() -> None:
    handovers = begun()
    batches = [("old", ticks((1, 1.0))), ("old", released("old")), ("new", ticks((1, 1.0), (1, 1.5)))]
    assert delivered(handovers, *batches) == [(1, 1.0), (1, 1.5)]


@pytest.mark.parametrize("lives", [{"new": 1}, {"old": 1}, {"old": 2, "new": 1}, {"old": 1, "new": 2}])
def test_no_handover_begins_with_a_life_that_is_over(lives: dict[str, int]) -> None:
    """The pool can begin a move before the news of an end reaches it."""
    handovers = Handovers()
    handovers.begin(HandoverBegun("A", Life("old", 1), Life("new", 1)), lives_of(**lives))
    assert not handovers.by_asset
    assert delivered(handovers, ("new", ticks(1, 2, 3))) == at(1, 2, 3)


SEQUENCE = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=12)
"""Seconds since the last quote, and how often the venue says it."""


def runs(sequence: list[tuple[int, int]]) -> list[Quote]:
    """No price returns within its second: that could not be told from a repeat."""
    time, quotes = 1.0, []
    for price, (pause, copies) in enumerate(sequence):
        time += pause
        quotes += [(time, float(price))] * copies
    return quotes


@given(SEQUENCE, st.data())
def test_through_any_interleaving_every_tick_is_delivered_once_and_in_order(
    sequence: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Both say what the venue says, the new one from some quote on that it is not cut off within, and the
    old one until some quote behind that; each in its own time."""
    said = runs(sequence)
    known = data.draw(st.integers(0, len(said)), "said by the old one before the handover")
    seams = [at for at in range(known, len(said)) if at == 0 or said[at] not in said[:at]]
    joins = data.draw(st.sampled_from([*seams, len(said)]), "the first of the new one")
    until = data.draw(st.integers(joins, len(said)), "the last of the old one")
    last = data.draw(st.sampled_from([released("old"), down("old")]))
    old: list[Any] = [*(ticks(quote) for quote in said[known:until]), last]
    new: list[Any] = [ticks(quote) for quote in said[joins:]]
    order = data.draw(st.permutations(["old"] * len(old) + ["new"] * len(new)))
    handovers = begun()
    ways = {"old": iter(old), "new": iter(new)}
    batches = [(source, next(ways[source])) for source, group in groupby(order) for _ in group]
    assert delivered(handovers, *batches) == said[known:]


def test_the_late_end_of_an_earlier_life_does_not_end_a_handover() -> None:
    handovers = Handovers()
    handovers.begin(HandoverBegun("A", Life("c1", 2), Life("c2", 1)), lives_of(c1=2, c2=1))
    got = handovers.deduplicate("c1", [ticks(1.0)])
    got += handovers.deduplicate("c1", [ConnectionDown("c1", 1, "r", "stopped")])
    got += handovers.deduplicate("c2", [ticks(2.0)])
    got += handovers.deduplicate("c1", [ticks(2.0)])
    assert [tick.time for item in got if isinstance(item, Ticks) for tick in item] == [1.0, 2.0]
