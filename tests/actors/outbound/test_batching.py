from hypothesis import given, strategies as st

from actors.outbound.batching import PROMPT, BatchSettings, NagleBuffer


def crowded(size: int = 10, timeout: float = 0.5, *, left_at: float = 100.0) -> NagleBuffer[str]:
    """As many as leave promptly have just left."""
    gathering: NagleBuffer[str] = NagleBuffer(BatchSettings(size, timeout))
    for key in range(PROMPT):
        gathering.add(key, f"before {key}")
        gathering.take(left_at)
    return gathering


def test_nothing_is_due_while_nothing_waits() -> None:
    assert NagleBuffer(BatchSettings(10, 0.5)).due(100.0) is None
    assert crowded().due(100.0) is None


def test_a_few_leave_at_once_though_none_is_answered() -> None:
    gathering: NagleBuffer[int] = NagleBuffer(BatchSettings(10, 0.5))
    for number in range(PROMPT):
        gathering.add(number, number)
        assert gathering.due(100.0) == 100.0
        assert gathering.take(100.0) == [number]


def test_what_follows_closely_waits_until_the_timeout_after_the_last_departures() -> None:
    gathering = crowded()
    gathering.add(10, "a")
    gathering.add(11, "b")
    assert gathering.due(100.25) == 100.5
    assert gathering.due(100.5) == 100.5
    assert gathering.take(100.5) == ["a", "b"]


def test_one_right_after_another_is_never_held_back_when_each_is_answered() -> None:
    gathering: NagleBuffer[int] = NagleBuffer(BatchSettings(10, 0.5))
    for number in range(100):
        now = 100.0 + number / 1000
        gathering.add(number, number)
        assert gathering.due(now) == now
        gathering.take(now)
        gathering.settle(number)


def test_an_answer_lets_go_what_waits() -> None:
    gathering = crowded()
    gathering.add(10, "a")
    gathering.settle(0)
    assert gathering.due(100.25) == 100.25


def test_an_answer_to_what_nobody_sent_changes_nothing() -> None:
    gathering = crowded()
    gathering.add(10, "a")
    gathering.settle(77)
    assert gathering.due(100.25) == 100.5


def test_what_leaves_once_more_counts_from_then() -> None:
    gathering = crowded()
    gathering.add(0, "again")
    assert gathering.take(100.4) == ["again"]
    gathering.add(10, "a")
    assert gathering.due(100.4) == 100.5
    gathering.settle(1)
    assert gathering.due(100.4) == 100.4


def test_a_full_batch_leaves() -> None:
    gathering = crowded(size=3)
    fullness = []
    for key in (10, 11, 12):
        gathering.add(key, "item")
        fullness.append(gathering.full)
    assert fullness == [False, False, True]


def test_a_timeout_of_nothing_holds_nothing_back() -> None:
    gathering = crowded(timeout=0.0)
    gathering.add(10, "a")
    assert gathering.due(100.0) == 100.0


@given(
    steps=st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.none() | st.integers(0, 60)), max_size=60),
    size=st.integers(1, 5),
    timeout=st.integers(0, 10),
)
def test_any_arrivals_leave_in_order_in_time_and_in_batches_of_the_size(
    steps: list[tuple[int, bool, int | None]], size: int, timeout: int
) -> None:
    gathering: NagleBuffer[int] = NagleBuffer(BatchSettings(size, timeout))
    arrived_at: list[float] = []
    left: list[tuple[float, list[int]]] = []

    def let_go(now: float) -> None:
        if (due := gathering.due(now)) is not None and due <= now:
            left.append((now, gathering.take(now)))

    now = 0.0
    for number, (gap, urgent, answered) in enumerate(steps):
        if (due := gathering.due(now)) is not None and due <= now + gap:  # the timer rings
            let_go(due)
        now += gap
        arrived_at.append(now)
        gathering.add(number, number)
        if urgent or gathering.full:
            left.append((now, gathering.take(now)))
        if answered is not None:
            gathering.settle(answered)
        let_go(now)
    if (due := gathering.due(now)) is not None:
        let_go(due)
    assert [item for _, items in left for item in items] == list(range(len(steps)))
    for at, items in left:
        assert 1 <= len(items) <= size
        assert all(0 <= at - arrived_at[item] <= timeout for item in items)
