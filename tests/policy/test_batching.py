from hypothesis import given
from hypothesis import strategies as st

from actors.policy.batching import BatchSettings, Gathering


def test_the_first_after_a_pause_leaves_at_once() -> None:
    gathering: Gathering[int] = Gathering(BatchSettings(10, 0.5))
    assert gathering.add(1, 100.0) == [1]
    assert gathering.add(2, 100.5) == [2]
    assert gathering.add(3, 200.0) == [3]


def test_what_follows_closely_waits_until_the_timeout_after_the_last_departure() -> None:
    gathering: Gathering[int] = Gathering(BatchSettings(10, 0.5))
    assert gathering.due is None
    gathering.add(1, 100.0)
    assert gathering.due is None
    assert gathering.add(2, 100.25) == []
    assert gathering.add(3, 100.375) == []
    assert gathering.due == 100.5
    assert gathering.take(100.5) == [2, 3]
    assert gathering.due is None


def test_a_full_batch_leaves_at_once() -> None:
    gathering: Gathering[int] = Gathering(BatchSettings(3, 0.5))
    gathering.add(0, 100.0)
    assert [gathering.add(item, 100.0) for item in (1, 2, 3, 4)] == [[], [], [1, 2, 3], []]


def test_something_urgent_takes_along_what_waits_before_it() -> None:
    gathering: Gathering[int] = Gathering(BatchSettings(10, 0.5))
    gathering.add(0, 100.0)
    gathering.add(1, 100.0)
    gathering.add(2, 100.0)
    assert gathering.add(3, 100.0, urgent=True) == [1, 2, 3]
    assert gathering.due is None


def test_a_late_timer_does_not_hold_back_what_comes_after_the_due_time() -> None:
    gathering: Gathering[int] = Gathering(BatchSettings(10, 0.5))
    gathering.add(0, 100.0)
    gathering.add(1, 100.25)
    assert gathering.add(2, 100.75) == [1, 2]


def test_a_batch_size_of_one_joins_nothing() -> None:
    gathering: Gathering[int] = Gathering(BatchSettings(1, 0.5))
    assert [gathering.add(item, 100.0) for item in range(5)] == [[0], [1], [2], [3], [4]]


def test_a_timeout_of_nothing_joins_nothing() -> None:
    gathering: Gathering[int] = Gathering(BatchSettings(10, 0.0))
    assert [gathering.add(item, 100.0) for item in range(5)] == [[0], [1], [2], [3], [4]]


@given(
    arrivals=st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=60),
    size=st.integers(1, 5),
    timeout=st.integers(0, 10),
)
def test_any_arrivals_leave_in_order_in_time_and_in_batches_of_the_size(
    arrivals: list[tuple[int, bool]], size: int, timeout: int
) -> None:
    gathering: Gathering[int] = Gathering(BatchSettings(size, timeout))
    arrived_at: list[int] = []
    left: list[tuple[float, list[int]]] = []
    now = 0
    for number, (gap, urgent) in enumerate(arrivals):
        now += gap
        if (due := gathering.due) is not None and due <= now:  # the timer rang
            left.append((due, gathering.take(due)))
        arrived_at.append(now)
        if items := gathering.add(number, now, urgent=urgent):
            left.append((now, items))
        assert not (urgent and gathering.due)
    if (due := gathering.due) is not None:
        left.append((due, gathering.take(due)))
    assert [item for _, items in left for item in items] == list(range(len(arrivals)))
    for at, items in left:
        assert 1 <= len(items) <= size
        assert all(0 <= at - arrived_at[item] <= timeout for item in items)
