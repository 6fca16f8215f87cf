import contextlib
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st

from actors.errors import RemoteProtocolError
from actors.messages.commands import Unsubscribe
from actors.messages.events import StreamDropped
from actors.messages.lifecycle import Begin
from actors.messages.routing import SubscribeColumns
from actors.messages.topics import pattern
from actors.messages.traffic import Deliver
from actors.transport.socket_transport import SocketTransport
from actors.values import Tick
from runtime.control.fanout import MOST_TOPICS, Fanout, cover, join
from runtime.control.peer import Peer
from tests.doubles.recorder import Recording
from tests.doubles.tick_columns import columns


def tick(asset: str, time: float) -> Tick:
    return Tick(asset, time, 1.0, 5.0)


DROPPED = StreamDropped("A")


def test_a_topic_within_another_is_covered_by_it() -> None:
    assert cover(["tick.A", "order.", "tick.", "tick.B"]) == {pattern("order.>"), pattern("tick.*")}
    assert cover(["tick.", "", "order."]) == {pattern(">")}
    assert cover(["tick.", "tick.>", "tick.*"]) == {pattern("tick.*")}
    assert cover(["tick.A", "tick.AB"]) == {pattern("tick.A"), pattern("tick.AB")}
    assert cover([]) == set()


TOKENS = st.sampled_from(["tick", "raw", "A", "A.B", "*", ">", ""])
WRITTEN = st.one_of(TOKENS, st.builds("{}.{}".format, TOKENS, TOKENS))


@given(st.lists(WRITTEN, max_size=4), st.sampled_from(["tick", "tick.A", "raw.A", "raw.A.B", "A", "A.B"]))
def test_a_cover_matches_what_its_topics_do(topics: list[str], topic: str) -> None:
    matched = any(pattern(written).matches(topic) for written in topics)
    assert any(wanted.matches(topic) for wanted in cover(topics)) == matched


def test_a_peer_gets_an_event_once_though_two_of_its_topics_match(attached: "Attached") -> None:
    peer = attached.peer("tick.*", "*.A", "stream.dropped", "stream.*")
    batch = columns(tick("A", 1), tick("B", 2))
    assert dict(attached.fanout.route([batch, DROPPED])) == {peer: [batch, DROPPED]}


class Attached:
    """A fanout, and the peers whose topics it is given."""

    def __init__(self) -> None:
        self.router, self.gateway = Recording(name="router"), Recording(name="gateway")
        assert self.router.seen() == Begin()
        self.fanout: Fanout[Peer] = Fanout(self.router.ref, self.gateway.ref)
        self._sockets = contextlib.ExitStack()

    def peer(self, *topics: str) -> Peer:
        ours, _ = map(self._sockets.enter_context, socket.socketpair())
        peer = Peer(SocketTransport(ours, outbox_limit=1), "peer")
        self.fanout.listen(peer, topics)
        return peer

    def close(self) -> None:
        self._sockets.close()


@pytest.fixture
def attached() -> Iterator[Attached]:
    attached = Attached()
    yield attached
    attached.close()


def test_the_gateway_subscribes_once_while_any_peer_listens(attached: Attached) -> None:
    one, other = attached.peer("tick."), attached.peer("")
    assert attached.router.seen() == SubscribeColumns("", attached.gateway.ref)
    attached.fanout.listen(one, [])
    assert attached.router.nothing_more()
    attached.fanout.forget(other)
    assert attached.router.seen() == Unsubscribe("", to=attached.gateway.ref)
    attached.fanout.forget(other)
    assert attached.router.nothing_more()


def test_each_peer_gets_the_events_of_its_topics_and_its_ticks_as_columns(attached: Attached) -> None:
    every, ticks, one, dropped = (attached.peer(topic) for topic in ("", "tick.", "tick.A", "stream.dropped"))
    batch = columns(tick("A", 1), tick("B", 2), tick("A", 3))
    assert dict(attached.fanout.route([batch, DROPPED])) == {
        every: [batch, DROPPED],
        ticks: [batch],
        one: [columns(tick("A", 1), tick("A", 3))],
        dropped: [DROPPED],
    }
    assert dict(attached.fanout.route([batch])) == {
        every: [batch],
        ticks: [batch],
        one: [columns(tick("A", 1), tick("A", 3))],
    }


def test_a_read_goes_unsplit_to_each_peer_that_listens_to_all_ticks(attached: Attached) -> None:
    every, ticks, _ = attached.peer(""), attached.peer("tick."), attached.peer("stream.")
    batch = columns(tick("A", 1), tick("B", 2))
    assert dict(attached.fanout.route([batch])) == {every: [batch], ticks: [batch]}


def test_too_many_topics_are_refused(attached: Attached) -> None:
    with pytest.raises(RemoteProtocolError, match="it would listen to 1001 topics"):
        attached.peer(*(f"{number:04}" for number in range(MOST_TOPICS + 1)))


def test_joined_messages_keep_every_answer_and_the_newest_ticks() -> None:
    old, new, other = tick("A", 1), tick("A", 2), tick("B", 1)
    waiting = [Deliver([columns(old, other)]), "answer", Deliver([DROPPED]), Deliver([columns(new)], 3)]
    assert join(waiting) == ["answer", Deliver([columns(other), DROPPED, columns(new)], 4)]
