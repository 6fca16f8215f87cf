from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from actors.messages.events import StreamConfirmed
from actors.policy.subscriptions import StreamState, Subscriptions


def desired(*assets: str, per_connection: int = 4) -> Subscriptions:
    subscriptions = Subscriptions(per_connection)
    for asset in assets:
        subscriptions.desire(asset, 60)
    return subscriptions


def placed(subscriptions: Subscriptions) -> dict[str, str]:
    return {stream.asset: stream.connection for stream in subscriptions}


def state(subscriptions: Subscriptions, asset: str) -> StreamState:
    stream = subscriptions.get(asset)
    assert stream is not None
    return stream.state


def test_a_stream_waits_is_placed_and_is_confirmed() -> None:
    subscriptions = desired("A")
    assert state(subscriptions, "A") is StreamState.WAITING
    assert [stream.asset for stream in subscriptions.place(["c1"])] == ["A"]
    assert state(subscriptions, "A") is StreamState.PENDING
    subscriptions.confirm(StreamConfirmed("A", 60, "c1", 1))
    assert state(subscriptions, "A") is StreamState.CONFIRMED


def test_desiring_the_same_again_changes_nothing() -> None:
    subscriptions = desired("A")
    subscriptions.place(["c1"])
    subscriptions.confirm(StreamConfirmed("A", 60, "c1", 1))
    assert subscriptions.desire("A", 60) is subscriptions.get("A")
    assert state(subscriptions, "A") is StreamState.CONFIRMED
    assert len(subscriptions) == 1


def test_another_period_wants_a_new_confirmation_on_the_same_connection() -> None:
    subscriptions = desired("A")
    subscriptions.place(["c1"])
    subscriptions.confirm(StreamConfirmed("A", 60, "c1", 1))
    subscriptions.desire("A", 300)
    assert state(subscriptions, "A") is StreamState.PENDING
    assert placed(subscriptions) == {"A": "c1"}


def test_the_confirmation_of_another_period_confirms_nothing() -> None:
    subscriptions = desired("A")
    subscriptions.place(["c1"])
    subscriptions.desire("A", 300)
    subscriptions.confirm(StreamConfirmed("A", 60, "c1", 1))
    assert state(subscriptions, "A") is StreamState.PENDING
    subscriptions.confirm(StreamConfirmed("A", 300, "c1", 1))
    assert state(subscriptions, "A") is StreamState.CONFIRMED


def test_streams_are_dealt_to_the_least_loaded_up_to_the_cap() -> None:
    subscriptions = desired(*"ABCDEFGHIJ", per_connection=4)
    subscriptions.place(["c1", "c2"])
    assert Counter(placed(subscriptions).values()) == {"c1": 4, "c2": 4, "": 2}
    assert [stream.asset for stream in subscriptions if not stream.connection] == ["I", "J"]


def test_a_connection_that_comes_later_takes_only_what_waits() -> None:
    subscriptions = desired("A", "B", "C", per_connection=2)
    subscriptions.place(["c1"])
    before = placed(subscriptions)
    assert [stream.asset for stream in subscriptions.place(["c1", "c2"])] == ["C"]
    assert placed(subscriptions) == before | {"C": "c2"}
    assert subscriptions.place(["c1", "c2"]) == []


def test_without_a_ready_connection_everything_waits() -> None:
    subscriptions = desired("A", "B")
    assert subscriptions.place([]) == []
    assert placed(subscriptions) == {"A": "", "B": ""}


def test_the_streams_of_a_lost_connection_find_another() -> None:
    subscriptions = desired("A", "B", "C", "D")
    subscriptions.place(["c1", "c2"])
    for asset, connection in placed(subscriptions).items():
        subscriptions.confirm(StreamConfirmed(asset, 60, connection, 1))
    lost = [asset for asset, connection in placed(subscriptions).items() if connection == "c1"]
    subscriptions.release("c1")
    assert all(state(subscriptions, asset) is StreamState.WAITING for asset in lost)
    assert [stream.asset for stream in subscriptions.place(["c2"])] == lost
    assert set(placed(subscriptions).values()) == {"c2"}
    states = Counter(stream.state for stream in subscriptions)
    assert states == {StreamState.PENDING: 2, StreamState.CONFIRMED: 2}


def test_the_late_word_of_a_connection_that_no_longer_carries_the_stream_is_ignored() -> None:
    subscriptions = desired("A")
    subscriptions.place(["c1"])
    subscriptions.release("c1")
    late = StreamConfirmed("A", 60, "c1", 1)
    subscriptions.confirm(late)
    assert state(subscriptions, "A") is StreamState.WAITING
    subscriptions.place(["c2"])
    subscriptions.confirm(late)
    assert state(subscriptions, "A") is StreamState.PENDING


def test_the_confirmation_of_what_is_not_desired_any_more_is_ignored() -> None:
    subscriptions = desired("A")
    subscriptions.place(["c1"])
    dropped = subscriptions.drop("A")
    assert dropped is not None
    assert dropped.connection == "c1"
    subscriptions.confirm(StreamConfirmed("A", 60, "c1", 1))
    assert subscriptions.get("A") is None
    assert subscriptions.drop("A") is None


def test_what_is_dropped_makes_room() -> None:
    subscriptions = desired("A", "B", per_connection=1)
    subscriptions.place(["c1"])
    subscriptions.drop("A")
    assert [stream.asset for stream in subscriptions.place(["c1"])] == ["B"]


CONNECTIONS = st.sampled_from(["c1", "c2", "c3"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("desire"), st.sampled_from("ABCDEFGHIJ")),
        st.tuples(st.just("drop"), st.sampled_from("ABCDEFGHIJ")),
        st.tuples(st.just("up"), CONNECTIONS),
        st.tuples(st.just("down"), CONNECTIONS),
    ),
    max_size=60,
)


@given(STEPS, st.integers(1, 3))
def test_through_any_lives_and_deaths_no_connection_is_overloaded_and_no_stream_waits_in_vain(
    steps: list[tuple[str, str]], cap: int
) -> None:
    subscriptions = Subscriptions(cap)
    ready: set[str] = set()
    wanted: set[str] = set()
    for action, name in steps:
        match action:
            case "desire":
                subscriptions.desire(name, 60)
                wanted.add(name)
            case "drop":
                subscriptions.drop(name)
                wanted.discard(name)
            case "up":
                ready.add(name)
            case "down":
                ready.discard(name)
                subscriptions.release(name)
        subscriptions.place(ready)
        load = Counter(placed(subscriptions).values())
        waiting = load.pop("", 0)
        assert placed(subscriptions).keys() == wanted
        assert load.keys() <= ready
        assert all(count <= cap for count in load.values())
        assert waiting == max(0, len(wanted) - cap * len(ready))
