from hypothesis import given, strategies as st

from actors.messages.events import StreamDropped
from actors.messages.traffic import Deliver
from actors.values import Tick
from runtime.control.fanout import cover, join
from tests.doubles.tick_columns import columns


def tick(asset: str, time: float) -> Tick:
    return Tick(asset, time, 1.0, 5.0)


DROPPED = StreamDropped("A")


def test_a_topic_within_another_is_covered_by_it() -> None:
    assert cover(["tick.A", "order.", "tick.", "tick.B"]) == ["order.", "tick."]
    assert cover(["tick.", "", "order."]) == [""]
    assert cover([]) == []


@given(st.lists(st.text("ab.", max_size=4)), st.text("ab.", max_size=6))
def test_a_cover_matches_what_its_topics_do_and_nothing_twice(topics: list[str], address: str) -> None:
    matched = [prefix for prefix in cover(topics) if address.startswith(prefix)]
    assert len(matched) == any(address.startswith(topic) for topic in topics)


def test_joined_messages_keep_every_answer_and_the_newest_ticks() -> None:
    old, new, other = tick("A", 1), tick("A", 2), tick("B", 1)
    waiting = [Deliver([columns(old, other)]), "answer", Deliver([DROPPED]), Deliver([columns(new)], 3)]
    assert join(waiting) == ["answer", Deliver([columns(other), DROPPED, columns(new)], 4)]
