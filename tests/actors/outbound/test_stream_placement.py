from collections import Counter

from hypothesis import given, strategies as st

from actors.messages.events import StreamConfirmed
from actors.outbound.stream_placement import PlacementState, StreamPlacement


def desired(*assets: str, per_connection: int = 4) -> StreamPlacement:
    subscriptions = StreamPlacement(per_connection)
    for asset in assets:
        subscriptions.desire(asset, 60)
    return subscriptions


def placed(subscriptions: StreamPlacement) -> dict[str, str]:
    return {stream.asset: stream.connection for stream in subscriptions}


def state(subscriptions: StreamPlacement, asset: str) -> PlacementState:
    stream = subscriptions.get(asset)
    assert stream is not None
    return stream.state


def test_a_stream_waits_is_placed_and_is_confirmed() -> None:
    subscriptions = desired("A")
    assert state(subscriptions, "A") is PlacementState.WAITING
    assert [stream.asset for stream in subscriptions.place(["c1"])] == ["A"]
    assert state(subscriptions, "A") is PlacementState.PENDING
    subscriptions.confirm(StreamConfirmed("A", 60, "c1", 1), 0.0)
    assert state(subscriptions, "A") is PlacementState.CONFIRMED


def test_desiring_the_same_again_changes_nothing() -> None:
    subscriptions = desired("A")
    subscriptions.place(["c1"])
    subscriptions.confirm(StreamConfirmed("A", 60, "c1", 1), 0.0)
    assert subscriptions.desire("A", 60) is subscriptions.get("A")
    assert state(subscriptions, "A") is PlacementState.CONFIRMED
    assert len(subscriptions) == 1


def test_another_period_wants_a_new_confirmation_on_the_same_connection() -> None:
    subscriptions = desired("A")
    subscriptions.place(["c1"])
    subscriptions.confirm(StreamConfirmed("A", 60, "c1", 1), 0.0)
    subscriptions.desire("A", 300)
    assert state(subscriptions, "A") is PlacementState.PENDING
    assert placed(subscriptions) == {"A": "c1"}


def test_the_confirmation_of_another_period_confirms_nothing() -> None:
    subscriptions = desired("A")
    subscriptions.place(["c1"])
    subscriptions.desire("A", 300)
    subscriptions.confirm(StreamConfirmed("A", 60, "c1", 1), 0.0)
    assert state(subscriptions, "A") is PlacementState.PENDING
    subscriptions.confirm(StreamConfirmed("A", 300, "c1", 1), 0.0)
    assert state(subscriptions, "A") is PlacementState.CONFIRMED


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
        subscriptions.confirm(StreamConfirmed(asset, 60, connection, 1), 0.0)
    lost = [asset for asset, connection in placed(subscriptions).items() if connection == "c1"]
    subscriptions.release("c1")
    assert all(state(subscriptions, asset) is PlacementState.WAITING for asset in lost)
    assert [stream.asset for stream in subscriptions.place(["c2"])] == lost
    assert set(placed(subscriptions).values()) == {"c2"}
    states = Counter(stream.state for stream in subscriptions)
    assert states == {PlacementState.PENDING: 2, PlacementState.CONFIRMED: 2}


def test_the_late_word_of_a_connection_that_no_longer_carries_the_stream_is_ignored() -> None:
    subscriptions = desired("A")
    subscriptions.place(["c1"])
    subscriptions.release("c1")
    late = StreamConfirmed("A", 60, "c1", 1)
    subscriptions.confirm(late, 0.0)
    assert state(subscriptions, "A") is PlacementState.WAITING
    subscriptions.place(["c2"])
    subscriptions.confirm(late, 0.0)
    assert state(subscriptions, "A") is PlacementState.PENDING


def test_the_confirmation_of_what_is_not_desired_any_more_is_ignored() -> None:
    subscriptions = desired("A")
    subscriptions.place(["c1"])
    dropped = subscriptions.drop("A")
    assert dropped is not None
    assert dropped.connection == "c1"
    subscriptions.confirm(StreamConfirmed("A", 60, "c1", 1), 0.0)
    assert subscriptions.get("A") is None
    assert subscriptions.drop("A") is None


def test_what_is_dropped_makes_room() -> None:
    subscriptions = desired("A", "B", per_connection=1)
    subscriptions.place(["c1"])
    subscriptions.drop("A")
    assert [stream.asset for stream in subscriptions.place(["c1"])] == ["B"]


def confirmed(asset: str, connection: str, period: int = 60) -> StreamConfirmed:
    return StreamConfirmed(asset, period, connection, 1)


def carried(assets: str, *markets: str, account: str = "", per_connection: int = 4) -> StreamPlacement:
    """Streams that were placed on these connections and confirmed there."""
    subscriptions = desired(*assets, per_connection=per_connection)
    subscriptions.place(markets, account)
    for asset, connection in placed(subscriptions).items():
        subscriptions.confirm(confirmed(asset, connection), 0.0)
    return subscriptions


def moving(assets: str, asset: str, target: str, since: float = 100.0) -> StreamPlacement:
    """Streams that c1 carries, one of them on its way to ``target``."""
    subscriptions = carried(assets, "c1")
    stream = subscriptions.get(asset)
    assert stream is not None
    stream.target, stream.since = target, since
    return subscriptions


def test_the_account_takes_only_what_the_markets_have_no_room_for() -> None:
    subscriptions = carried("ABC", "c2", account="c1", per_connection=2)
    assert placed(subscriptions) == {"A": "c2", "B": "c2", "C": "c1"}


def test_a_stream_on_the_move_counts_at_both_ends() -> None:
    subscriptions = moving("AB", "A", "c2")
    assert state(subscriptions, "A") is PlacementState.MOVING
    assert subscriptions.load() == {"c1": 2, "c2": 1}
    stream = subscriptions.get("A")
    assert stream is not None
    assert [name for name in ("", "c1", "c2", "c3") if stream.rides(name)] == ["c1", "c2"]


def test_a_full_target_takes_nothing_else() -> None:
    subscriptions = moving("ABC", "A", "c2")
    subscriptions.desire("D", 60)
    assert [each.asset for each in subscriptions.place(["c2"])] == ["D"]
    tight = StreamPlacement(1)
    tight.desire("A", 60).connection = "c1"
    tight.desire("A", 60).target = "c2"
    tight.desire("B", 60)
    assert tight.place(["c1", "c2"]) == []


def test_the_word_of_the_new_connection_ends_a_move_and_names_the_one_that_was_left() -> None:
    subscriptions = moving("AB", "A", "c2")
    assert subscriptions.confirm(confirmed("A", "c2"), 0.0)[1] == "c1"
    assert state(subscriptions, "A") is PlacementState.CONFIRMED
    assert placed(subscriptions) == {"A": "c2", "B": "c1"}
    assert subscriptions.load() == {"c1": 1, "c2": 1}
    assert subscriptions.confirm(confirmed("A", "c2"), 0.0)[1] == ""


def test_the_word_of_the_old_connection_does_not_end_a_move() -> None:
    subscriptions = moving("A", "A", "c2")
    assert subscriptions.confirm(confirmed("A", "c1"), 0.0)[1] == ""
    assert state(subscriptions, "A") is PlacementState.MOVING
    assert placed(subscriptions) == {"A": "c1"}


def test_the_word_of_a_third_connection_or_for_another_period_does_not_end_a_move() -> None:
    subscriptions = moving("A", "A", "c2")
    assert subscriptions.confirm(confirmed("A", "c3"), 0.0)[1] == ""
    assert subscriptions.confirm(confirmed("A", "c2", period=30), 0.0)[1] == ""
    assert state(subscriptions, "A") is PlacementState.MOVING


def test_a_lost_target_leaves_the_stream_where_it_is() -> None:
    subscriptions = moving("A", "A", "c2")
    subscriptions.release("c2")
    assert state(subscriptions, "A") is PlacementState.CONFIRMED
    assert placed(subscriptions) == {"A": "c1"}


def test_a_lost_origin_leaves_the_stream_to_its_target_which_has_yet_to_confirm_it() -> None:
    subscriptions = moving("AB", "A", "c2")
    subscriptions.release("c1")
    assert placed(subscriptions) == {"A": "c2", "B": ""}
    assert state(subscriptions, "A") is PlacementState.PENDING
    assert subscriptions.confirm(confirmed("A", "c2"), 0.0)[1] == ""
    assert state(subscriptions, "A") is PlacementState.CONFIRMED


def test_when_origin_and_target_are_lost_the_stream_waits() -> None:
    for order in (("c1", "c2"), ("c2", "c1")):
        subscriptions = moving("A", "A", "c2")
        for name in order:
            subscriptions.release(name)
        assert state(subscriptions, "A") is PlacementState.WAITING


def test_an_even_load_is_left_alone() -> None:
    subscriptions = carried("ABC", "c1", "c2")
    assert subscriptions.unbalanced(["c1", "c2"], "", 0.0) is None
    assert subscriptions.unbalanced([], "", 0.0) is None


def test_a_confirmed_stream_moves_from_the_fullest_to_the_emptiest() -> None:
    subscriptions = carried("ABCD", "c1", "c2")
    move = subscriptions.unbalanced(["c1", "c2", "c3"], "", 0.0)
    assert move is not None
    assert (move[0].connection, move[1]) == ("c1", "c3")


def test_what_is_not_confirmed_stays() -> None:
    subscriptions = desired("A", "B")
    subscriptions.place(["c1"])
    assert subscriptions.unbalanced(["c1", "c2"], "", 0.0) is None
    subscriptions.confirm(confirmed("B", "c1"), 0.0)
    move = subscriptions.unbalanced(["c1", "c2"], "", 0.0)
    assert move is not None
    assert move[0].asset == "B"


def test_one_moves_at_a_time() -> None:
    assert moving("ABCD", "A", "c2").unbalanced(["c1", "c2"], "", 0.0) is None


def test_the_account_gives_up_even_its_only_stream_to_a_market_with_room() -> None:
    subscriptions = carried("A", account="c1")
    move = subscriptions.unbalanced(["c2", "c3"], "c1", 0.0)
    assert move is not None
    assert (move[0].asset, move[1]) == ("A", "c2")


def test_the_account_keeps_what_the_markets_have_no_room_for() -> None:
    subscriptions = carried("ABC", "c2", account="c1", per_connection=2)
    assert subscriptions.unbalanced(["c2"], "c1", 0.0) is None


def test_elsewhere_is_another_market_with_room_and_the_account_last() -> None:
    subscriptions = carried("AB", "c2", "c3", account="c1", per_connection=1)
    stream = subscriptions.get("A")
    assert stream is not None
    assert subscriptions.elsewhere(stream, ["c2", "c3", "c4"], "c1") == "c4"
    assert subscriptions.elsewhere(stream, ["c2", "c3"], "c1") == "c1"
    assert subscriptions.elsewhere(stream, ["c2", "c3"], "") == ""
    assert subscriptions.elsewhere(stream, ["c2"], "c2") == ""


def test_a_move_is_stuck_when_it_began_before_then() -> None:
    subscriptions = moving("AB", "A", "c2", since=100.0)
    assert subscriptions.stuck(100.0) == []
    assert [each.asset for each in subscriptions.stuck(100.1)] == ["A"]
    subscriptions.confirm(confirmed("A", "c2"), 0.0)
    assert subscriptions.stuck(200.0) == []


def test_a_connection_that_has_yet_to_let_a_stream_go_has_no_room_for_another() -> None:
    subscriptions = carried("A", "c1", per_connection=1)
    subscriptions.drop("A")
    subscriptions.leave("A", "c1")
    subscriptions.desire("B", 60)
    assert subscriptions.place(["c1"]) == []
    subscriptions.left("A", "c1")
    assert [each.asset for each in subscriptions.place(["c1"])] == ["B"]


def test_a_stream_does_not_come_back_to_where_it_is_yet_to_be_let_go() -> None:
    subscriptions = carried("A", "c1")
    subscriptions.drop("A")
    subscriptions.leave("A", "c1")
    assert subscriptions.leaves("A")
    assert not subscriptions.leaves("A", "c2")
    subscriptions.desire("A", 60)
    assert subscriptions.place(["c1"]) == []
    assert [each.asset for each in subscriptions.place(["c1", "c2"])] == ["A"]
    assert placed(subscriptions) == {"A": "c2"}


def test_who_is_gone_has_nothing_to_let_go() -> None:
    subscriptions = carried("A", "c1")
    subscriptions.leave("A", "c1")
    subscriptions.release("c1")
    assert not subscriptions.leaves("A")
    assert subscriptions.load() == {"": 1}


def test_what_was_confirmed_only_now_stays_for_a_while() -> None:
    subscriptions = desired("A", "B")
    subscriptions.place(["c1"])
    subscriptions.confirm(confirmed("A", "c1"), 10.0)
    assert subscriptions.unbalanced(["c1", "c2"], "", 9.0) is None
    assert subscriptions.unbalanced(["c1", "c2"], "", 10.0) is not None


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
    subscriptions = StreamPlacement(cap)
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


@given(STEPS, st.integers(1, 4))
def test_moves_come_to_an_end_with_the_load_spread_and_the_account_free_if_it_can_be(
    steps: list[tuple[str, str]], cap: int
) -> None:
    subscriptions = StreamPlacement(cap)
    ready: set[str] = set()
    for action, name in steps:
        match action:
            case "desire":
                subscriptions.desire(name, 60)
            case "drop":
                subscriptions.drop(name)
            case "up":
                ready.add(name)
            case "down":
                ready.discard(name)
                subscriptions.release(name)
        account = min(ready, default="")
        markets = sorted(ready - {account})
        for stream in subscriptions.place(markets, account):
            subscriptions.confirm(confirmed(stream.asset, stream.connection), 0.0)
        moves = 0
        while (move := subscriptions.unbalanced(markets, account, 0.0)) is not None:
            stream, stream.target = move[0], move[1]
            assert all(count <= cap for name, count in subscriptions.load().items() if name)
            assert subscriptions.confirm(confirmed(stream.asset, stream.target), 0.0)[1]
            moves += 1
            assert moves <= len(subscriptions)
        load = subscriptions.load()
        loads = [load[name] for name in markets]
        assert max(loads, default=0) - min(loads, default=0) <= 1
        assert not load[account] or min(loads, default=cap) == cap


def test_a_stream_comes_back_to_where_it_was_mute_only_if_there_is_no_other_room() -> None:
    subscriptions = carried("A", "c1")
    stream = subscriptions.get("A")
    assert stream is not None
    stream.shunned, stream.connection, stream.confirmed = "c1", "", None
    assert [each.connection for each in subscriptions.place(["c1", "c2"])] == ["c2"]
    stream.connection = ""
    assert [each.connection for each in subscriptions.place(["c1"])] == ["c1"]
    assert stream.shunned == ""
