"""Which streams of a configuration are asked for, and when those that were refused are asked for again."""

from actors.messages.status import PendingStream
from runtime.system.stream_requests import FIRST_RETRY, LAST_RETRY, StreamRequest, StreamRequests


def terms(requests: list[StreamRequest]) -> list[tuple[str, int | None]]:
    return [(each.asset, each.period) for each in requests]


def test_ends_come_before_beginnings_which_come_in_the_order_of_the_file() -> None:
    streams = StreamRequests()
    assert terms(streams.want({"C": 60, "A": 60, "B": 60})) == [("C", 60), ("A", 60), ("B", 60)]
    assert terms(streams.want({"D": 60, "B": 30, "A": 60})) == [("C", None), ("D", 60), ("B", 30)]
    assert streams.want({"D": 60, "B": 30, "A": 60}) == []


def test_a_stream_is_pending_until_its_request_is_carried_out() -> None:
    streams = StreamRequests()
    first, second = streams.want({"A": 60, "B": 60})
    assert list(streams.pending()) == [PendingStream("A", True, ""), PendingStream("B", True, "")]
    assert not streams.done(first)
    [end] = streams.want({"B": 60})
    assert not streams.done(second)
    assert list(streams.pending()) == [PendingStream("A", False, "")]
    assert not streams.done(end)
    assert list(streams.pending()) == []
    assert streams.next_due() is None


def test_a_refused_request_is_made_again_after_a_growing_time_until_it_is_carried_out() -> None:
    streams = StreamRequests()
    [request] = streams.want({"A": 60})
    now, waits = 100.0, []
    for number in range(8):
        assert streams.refused(request, "the pool is full", now) == (number == 0)
        due = streams.next_due()
        assert due is not None
        waits.append(due - now)
        assert streams.due(due - 0.001) == []
        assert streams.due(due) == [request]
        assert streams.due(due) == []
        now = due
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60] == sorted(waits)
    assert (waits[0], waits[-1]) == (FIRST_RETRY, LAST_RETRY)
    assert list(streams.pending()) == [PendingStream("A", True, "the pool is full")]
    assert streams.done(request)
    assert list(streams.pending()) == []


def test_another_reason_is_news() -> None:
    streams = StreamRequests()
    [request] = streams.want({"A": 60})
    assert [streams.refused(request, reason, 0.0) for reason in ("x", "x", "y", "x")] == [
        True,
        False,
        True,
        True,
    ]


def test_an_answer_to_a_request_that_is_out_of_date_counts_for_nothing() -> None:
    streams = StreamRequests()
    [begin] = streams.want({"A": 60})
    [end] = streams.want({})
    assert not streams.refused(begin, "late", 0.0)
    assert not streams.done(begin)
    assert list(streams.pending()) == [PendingStream("A", False, "")]
    assert streams.next_due() is None
    [again] = streams.want({"A": 60})
    assert not streams.done(end)
    assert not streams.done(again)
    assert list(streams.pending()) == []
