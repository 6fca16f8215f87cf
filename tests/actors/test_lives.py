from hypothesis import given, strategies as st

from actors.lives import Lives
from actors.values import Life

LIVES = st.builds(Life, st.sampled_from(("c1", "c2")), st.integers(1, 4))
LifeEvent = tuple[str, Life]

EVENTS = st.lists(st.tuples(st.sampled_from(("up", "down")), LIVES), max_size=20)
"""Starts and ends of lives, in any order and any number of times."""


def after(events: list[LifeEvent]) -> Lives:
    lives = Lives()
    for what, life in events:
        if what == "up":
            lives.up(life)
        else:
            lives.down(life)
    return lives


@given(EVENTS, LIVES)
def test_the_current_life_is_the_latest_that_began_after_no_end_of_it_or_a_later_one(
    events: list[LifeEvent], life: Life
) -> None:
    current, ended = 0, 0
    for what, (connection, epoch) in events:
        if connection != life.connection:
            continue
        if what == "down":
            ended = max(ended, epoch)
            current = current if current > ended else 0
        elif epoch > ended:
            current = max(current, epoch)

    lives = after(events)

    assert lives.current(life.connection) == (Life(life.connection, current) if current else None)
    assert lives.is_current(life) == (life.epoch == current)
    assert lives.is_over(life) == (life.epoch <= ended)
    assert lives.last_over(life.connection) == ended


@given(EVENTS, LIVES)
def test_the_late_end_of_an_earlier_life_ends_nothing(events: list[LifeEvent], life: Life) -> None:
    lives = after(events)
    before, current = list(lives), lives.current(life.connection)

    ended = lives.down(life)

    assert ended == (current is not None and current.epoch <= life.epoch)
    assert list(lives) == [each for each in before if not (ended and each == current)]
    assert lives.is_over(life)


@given(EVENTS, LIVES)
def test_the_late_start_of_an_earlier_life_changes_nothing(events: list[LifeEvent], life: Life) -> None:
    lives = after(events)
    before, over, current = list(lives), lives.is_over(life), lives.current(life.connection)

    begun = lives.up(life)

    assert begun == (not over and (current is None or current.epoch < life.epoch))
    assert lives.is_current(life) == (begun or life == current)
    assert begun or list(lives) == before


@given(EVENTS)
def test_each_connection_has_at_most_one_life_that_is_up_and_not_over(
    events: list[LifeEvent],
) -> None:
    lives = after(events)

    assert len(lives) == len({life.connection for life in lives})
    assert bool(lives) == any(lives.current(connection) for connection in ("c1", "c2"))
    assert all(lives.is_current(life) and not lives.is_over(life) for life in lives)
