from actors.connection.numbering import Sequencer
from actors.messages.events import ConnectionDown, ConnectionUp, StreamReleased
from actors.messages.traffic import EventBatch
from actors.routing.sequence import SequenceTracker
from actors.values import Life


def batches(life: Sequencer, count: int) -> list[EventBatch]:
    return [life.batch([]) for _ in range(count)]


def gaps(tracker: SequenceTracker, *arrived: EventBatch) -> list[int]:
    return [tracker.gap_before(batch) for batch in arrived]


def test_a_life_numbers_its_batches_from_one() -> None:
    assert [(batch.source, batch.epoch, batch.sequence) for batch in batches(Sequencer("c", 7), 2)] == [
        ("c", 7, 1),
        ("c", 7, 2),
    ]


def test_batches_of_other_sources_in_between_are_no_gap() -> None:
    a, b = batches(Sequencer("a", 1), 2), batches(Sequencer("b", 4), 2)
    assert gaps(SequenceTracker(), a[0], b[0], EventBatch("pool", []), b[1], a[1]) == [0] * 5


def test_each_gap_counts_its_missing_batches_once() -> None:
    said = batches(Sequencer("c", 1), 6)
    assert gaps(SequenceTracker(), said[0], said[3], said[4], said[5]) == [0, 2, 0, 0]


def test_the_first_batches_of_a_life_can_be_missing_too() -> None:
    assert gaps(SequenceTracker(), batches(Sequencer("c", 3), 3)[2]) == [2]


def test_a_new_life_begins_at_one_whatever_the_last_one_lost() -> None:
    assert (
        gaps(SequenceTracker(), batches(Sequencer("c", 1), 9)[0], *batches(Sequencer("c", 2), 2)) == [0] * 3
    )


def test_late_batches_of_an_earlier_life_are_no_gap() -> None:
    old, new = batches(Sequencer("c", 1), 3), batches(Sequencer("c", 2), 2)
    assert gaps(SequenceTracker(), old[0], new[0], old[2], new[1]) == [0] * 4


def test_a_batch_that_comes_twice_or_late_is_no_gap() -> None:
    said = batches(Sequencer("c", 1), 4)
    assert gaps(SequenceTracker(), said[0], said[2], said[1], said[2], said[3]) == [0, 1, 0, 0, 0]


def test_the_late_end_of_an_earlier_life_does_not_take_the_present_one_down() -> None:
    tracker = SequenceTracker()
    tracker.apply(ConnectionUp("c1", 1, "r"))
    tracker.apply(ConnectionDown("c1", 1, "r", "suspect"))  # announced by the supervisor
    tracker.apply(ConnectionUp("c1", 2, "r"))
    tracker.apply(ConnectionDown("c1", 1, "r", "stopped"))  # its own, `close_timeout` later
    assert list(tracker.lives) == [Life("c1", 2)]


def test_the_release_of_a_stream_by_a_life_that_is_over_is_not_delivered() -> None:
    tracker = SequenceTracker()
    tracker.apply(ConnectionUp("c1", 1, "r"))
    tracker.apply(ConnectionDown("c1", 1, "r", "suspect"))
    said = StreamReleased("A", "c1")
    assert tracker.items_to_deliver(EventBatch("c1", [said], 1)) == []
    assert tracker.items_to_deliver(EventBatch("c1", [said], 2)) == [said]
