"""A request that is done is in no table of the way out, in whatever order the messages arrive."""

from collections import Counter

from hypothesis import example, given, settings, strategies as st

from actors.messages.traffic import ReplyTo
from tests.doubles.way_out import COMMANDS, NAMES, PATIENCE, WayOut

ANY_NAME = st.sampled_from(NAMES)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from(sorted(COMMANDS))),
        st.tuples(st.sampled_from(["answer", "ignore", "read", "rise", "die"]), ANY_NAME),
        st.tuples(st.just("step"), st.sampled_from(["limiter", "batcher", "pool"])),
        st.tuples(st.sampled_from(["route", "overdue", "answer_early", "later", "settle"]), st.just("")),
    ),
    max_size=60,
)

OVERTAKEN = [
    ("ask", "cancellation"),
    ("step", "limiter"),
    ("answer_early", ""),
    ("step", "pool"),
    ("step", "batcher"),
    ("step", "pool"),
    ("ignore", "c1"),
]
"""``RequestDone`` reaches the pool before the request, which is still at the batcher."""


def play(events: list[tuple[str, str]]) -> WayOut:
    way_out = WayOut()
    way_out.rise("c1")
    way_out.settle()
    for what, which in events:
        match what:
            case "later":
                way_out.now += PATIENCE / 4
            case "route" | "overdue" | "answer_early" | "settle":
                getattr(way_out, what)()
            case _:
                getattr(way_out, what)(which)
    return way_out


@settings(max_examples=300)
@given(EVENTS)
@example(OVERTAKEN)
def test_after_every_answer_and_every_deadline_each_table_is_empty(events: list[tuple[str, str]]) -> None:
    way_out = play(events)
    way_out.rest()
    limiter, pool = way_out.statuses()
    assert not way_out.awaited
    assert (limiter.in_flight, limiter.waiting) == (0, 0)
    assert [connection.in_flight for connection in pool.connections] == [0, 0]


@settings(max_examples=300)
@given(EVENTS)
def test_a_waiter_ends_once_whether_it_was_answered_or_not(events: list[tuple[str, str]]) -> None:
    way_out = play(events)
    way_out.rest()
    ends = Counter(done.id for done in way_out.ended if done.reply_to is ReplyTo.ROUTER)
    asked = sum(1 for what, kind in events if what == "ask" and kind != "page")
    assert set(ends.values()) <= {1}
    assert ends.total() == asked
