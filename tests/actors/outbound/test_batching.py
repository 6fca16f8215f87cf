from hypothesis import given, strategies as st

from actors.outbound.batching import PROMPT, BatchSettings, NagleBuffer


def crowded(size: int = 10, timeout: float = 0.5, *, left_at: float = 100.0) -> NagleBuffer[str]:
    """As many items as leave at once have just left."""
    buffer: NagleBuffer[str] = NagleBuffer(BatchSettings(size, timeout))
    for key in range(PROMPT):
        buffer.add(key, f"before {key}")
        buffer.take(left_at)
    return buffer


def test_nothing_is_due_while_nothing_waits() -> None:
    assert NagleBuffer(BatchSettings(10, 0.5)).due(100.0) is None
    assert crowded().due(100.0) is None


def test_a_few_leave_at_once_though_none_is_answered() -> None:
    buffer: NagleBuffer[int] = NagleBuffer(BatchSettings(10, 0.5))
    for number in range(PROMPT):
        buffer.add(number, number)
        assert buffer.due(100.0) == 100.0
        assert buffer.take(100.0) == [number]


def test_further_items_wait_until_the_timeout_of_those_that_left_last() -> None:
    buffer = crowded()
    buffer.add(10, "a")
    buffer.add(11, "b")
    assert buffer.due(100.25) == 100.5
    assert buffer.due(100.5) == 100.5
    assert buffer.take(100.5) == ["a", "b"]


def test_items_in_quick_succession_are_not_held_back_when_each_is_answered() -> None:
    buffer: NagleBuffer[int] = NagleBuffer(BatchSettings(10, 0.5))
    for number in range(100):
        now = 100.0 + number / 1000
        buffer.add(number, number)
        assert buffer.due(now) == now
        buffer.take(now)
        buffer.on_done(number)


def test_an_answer_lets_the_waiting_items_leave() -> None:
    buffer = crowded()
    buffer.add(10, "a")
    buffer.on_done(0)
    assert buffer.due(100.25) == 100.25


def test_an_answer_to_an_unknown_item_changes_nothing() -> None:
    buffer = crowded()
    buffer.add(10, "a")
    buffer.on_done(77)
    assert buffer.due(100.25) == 100.5


def test_an_item_that_leaves_again_counts_from_then() -> None:
    buffer = crowded()
    buffer.add(0, "again")
    assert buffer.take(100.4) == ["again"]
    buffer.add(10, "a")
    assert buffer.due(100.4) == 100.5
    buffer.on_done(1)
    assert buffer.due(100.4) == 100.4


def test_a_full_batch_leaves() -> None:
    buffer = crowded(size=3)
    fullness = []
    for key in (10, 11, 12):
        buffer.add(key, "item")
        fullness.append(buffer.full)
    assert fullness == [False, False, True]


def test_a_timeout_of_zero_holds_nothing_back() -> None:
    buffer = crowded(timeout=0.0)
    buffer.add(10, "a")
    assert buffer.due(100.0) == 100.0


@given(
    steps=st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.none() | st.integers(0, 60)), max_size=60),
    size=st.integers(1, 5),
    timeout=st.integers(0, 10),
)
def test_any_items_leave_in_order_in_time_and_in_batches_of_the_size(
    steps: list[tuple[int, bool, int | None]], size: int, timeout: int
) -> None:
    buffer: NagleBuffer[int] = NagleBuffer(BatchSettings(size, timeout))
    arrived_at: list[float] = []
    left: list[tuple[float, list[int]]] = []

    def flush(now: float) -> None:
        if (due := buffer.due(now)) is not None and due <= now:
            left.append((now, buffer.take(now)))

    now = 0.0
    for number, (gap, urgent, answered) in enumerate(steps):
        if (due := buffer.due(now)) is not None and due <= now + gap:  # the timer is due
            flush(due)
        now += gap
        arrived_at.append(now)
        buffer.add(number, number)
        if urgent or buffer.full:
            left.append((now, buffer.take(now)))
        if answered is not None:
            buffer.on_done(answered)
        flush(now)
    if (due := buffer.due(now)) is not None:
        flush(due)
    assert [item for _, items in left for item in items] == list(range(len(steps)))
    for at, items in left:
        assert 1 <= len(items) <= size
        assert all(0 <= at - arrived_at[item] <= timeout for item in items)


def test_a_buffer_shows_what_waits() -> None:
    buffer = crowded()
    buffer.add(None, "a")
    assert repr(buffer) == f"<NagleBuffer: 1 waiting, {PROMPT} unanswered>"


def test_an_item_that_is_never_answered_is_forgotten_after_the_timeout() -> None:
    buffer = crowded(timeout=0.5, left_at=100.0)
    buffer.add(None, "a")
    assert buffer.take(100.25) == ["a"]
    assert buffer.unanswered(100.25) == PROMPT + 1
    assert buffer.unanswered(100.5) == 1
    assert buffer.unanswered(100.75) == 0
