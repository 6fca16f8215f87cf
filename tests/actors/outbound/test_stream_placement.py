from collections import Counter

from hypothesis import given, strategies as st

from actors.messages.events import StreamConfirmed
from actors.outbound.stream_placement import PlacementState, StreamPlacement


def desired(*assets: str, per_connection: int = 4) -> StreamPlacement:
    placement = StreamPlacement(per_connection)
    for asset in assets:
        placement.desire(asset, 60)
    return placement


def placed(placement: StreamPlacement) -> dict[str, str]:
    return {stream.asset: stream.connection for stream in placement}


def state(placement: StreamPlacement, asset: str) -> PlacementState:
    stream = placement.get(asset)
    assert stream is not None
    return stream.state


def test_a_stream_waits_is_placed_and_is_confirmed() -> None:
    placement = desired("A")
    assert state(placement, "A") is PlacementState.WAITING
    assert [stream.asset for stream in placement.place(["c1"])] == ["A"]
    assert state(placement, "A") is PlacementState.PENDING
    placement.on_confirmed(StreamConfirmed("A", 60, "c1", 1), 0.0)
    assert state(placement, "A") is PlacementState.CONFIRMED


def test_desiring_the_same_again_changes_nothing() -> None:
    placement = desired("A")
    placement.place(["c1"])
    placement.on_confirmed(StreamConfirmed("A", 60, "c1", 1), 0.0)
    assert placement.desire("A", 60) is placement.get("A")
    assert state(placement, "A") is PlacementState.CONFIRMED
    assert len(placement) == 1


def test_another_period_needs_a_new_confirmation_on_the_same_connection() -> None:
    placement = desired("A")
    placement.place(["c1"])
    placement.on_confirmed(StreamConfirmed("A", 60, "c1", 1), 0.0)
    placement.desire("A", 300)
    assert state(placement, "A") is PlacementState.PENDING
    assert placed(placement) == {"A": "c1"}


def test_the_confirmation_of_another_period_confirms_nothing() -> None:
    placement = desired("A")
    placement.place(["c1"])
    placement.desire("A", 300)
    placement.on_confirmed(StreamConfirmed("A", 60, "c1", 1), 0.0)
    assert state(placement, "A") is PlacementState.PENDING
    placement.on_confirmed(StreamConfirmed("A", 300, "c1", 1), 0.0)
    assert state(placement, "A") is PlacementState.CONFIRMED


def test_streams_go_to_the_least_loaded_connection_up_to_the_limit() -> None:
    placement = desired(*"ABCDEFGHIJ", per_connection=4)
    placement.place(["c1", "c2"])
    assert Counter(placed(placement).values()) == {"c1": 4, "c2": 4, "": 2}
    assert [stream.asset for stream in placement if not stream.connection] == ["I", "J"]


def test_a_connection_that_comes_up_later_takes_only_waiting_streams() -> None:
    placement = desired("A", "B", "C", per_connection=2)
    placement.place(["c1"])
    before = placed(placement)
    assert [stream.asset for stream in placement.place(["c1", "c2"])] == ["C"]
    assert placed(placement) == before | {"C": "c2"}
    assert placement.place(["c1", "c2"]) == []


def test_without_a_connection_every_stream_waits() -> None:
    placement = desired("A", "B")
    assert placement.place([]) == []
    assert placed(placement) == {"A": "", "B": ""}


def test_the_streams_of_a_lost_connection_find_another() -> None:
    placement = desired("A", "B", "C", "D")
    placement.place(["c1", "c2"])
    for asset, connection in placed(placement).items():
        placement.on_confirmed(StreamConfirmed(asset, 60, connection, 1), 0.0)
    lost = [asset for asset, connection in placed(placement).items() if connection == "c1"]
    placement.on_connection_lost("c1")
    assert all(state(placement, asset) is PlacementState.WAITING for asset in lost)
    assert [stream.asset for stream in placement.place(["c2"])] == lost
    assert set(placed(placement).values()) == {"c2"}
    states = Counter(stream.state for stream in placement)
    assert states == {PlacementState.PENDING: 2, PlacementState.CONFIRMED: 2}


def test_a_late_confirmation_of_a_connection_that_no_longer_carries_the_stream_is_ignored() -> None:
    placement = desired("A")
    placement.place(["c1"])
    placement.on_connection_lost("c1")
    late = StreamConfirmed("A", 60, "c1", 1)
    placement.on_confirmed(late, 0.0)
    assert state(placement, "A") is PlacementState.WAITING
    placement.place(["c2"])
    placement.on_confirmed(late, 0.0)
    assert state(placement, "A") is PlacementState.PENDING


def test_the_confirmation_of_a_stream_that_is_no_longer_desired_is_ignored() -> None:
    placement = desired("A")
    placement.place(["c1"])
    dropped = placement.drop("A")
    assert dropped is not None
    assert dropped.connection == "c1"
    placement.on_confirmed(StreamConfirmed("A", 60, "c1", 1), 0.0)
    assert placement.get("A") is None
    assert placement.drop("A") is None


def test_a_dropped_stream_frees_capacity() -> None:
    placement = desired("A", "B", per_connection=1)
    placement.place(["c1"])
    placement.drop("A")
    assert [stream.asset for stream in placement.place(["c1"])] == ["B"]


def confirmed(asset: str, connection: str, period: int = 60) -> StreamConfirmed:
    return StreamConfirmed(asset, period, connection, 1)


def carried(assets: str, *markets: str, account: str = "", per_connection: int = 4) -> StreamPlacement:
    """Streams that were placed on these connections and confirmed there."""
    placement = desired(*assets, per_connection=per_connection)
    placement.place(markets, account)
    for asset, connection in placed(placement).items():
        placement.on_confirmed(confirmed(asset, connection), 0.0)
    return placement


def moving(assets: str, asset: str, target: str, since: float = 100.0) -> StreamPlacement:
    """Streams that c1 carries, one of which moves to ``target``."""
    placement = carried(assets, "c1")
    stream = placement.get(asset)
    assert stream is not None
    stream.target, stream.since = target, since
    return placement


def test_the_account_takes_only_streams_for_which_the_markets_have_no_capacity() -> None:
    placement = carried("ABC", "c2", account="c1", per_connection=2)
    assert placed(placement) == {"A": "c2", "B": "c2", "C": "c1"}


def test_a_moving_stream_counts_on_both_connections() -> None:
    placement = moving("AB", "A", "c2")
    assert state(placement, "A") is PlacementState.MOVING
    assert placement.load() == {"c1": 2, "c2": 1}
    stream = placement.get("A")
    assert stream is not None
    assert [name for name in ("", "c1", "c2", "c3") if stream.carried_by(name)] == ["c1", "c2"]


def test_a_full_target_takes_nothing_else() -> None:
    placement = moving("ABC", "A", "c2")
    placement.desire("D", 60)
    assert [each.asset for each in placement.place(["c2"])] == ["D"]
    tight = StreamPlacement(1)
    tight.desire("A", 60).connection = "c1"
    tight.desire("A", 60).target = "c2"
    tight.desire("B", 60)
    assert tight.place(["c1", "c2"]) == []


def test_the_confirmation_of_the_new_connection_ends_a_move_and_names_the_old_one() -> None:
    placement = moving("AB", "A", "c2")
    assert placement.on_confirmed(confirmed("A", "c2"), 0.0)[1] == "c1"
    assert state(placement, "A") is PlacementState.CONFIRMED
    assert placed(placement) == {"A": "c2", "B": "c1"}
    assert placement.load() == {"c1": 1, "c2": 1}
    assert placement.on_confirmed(confirmed("A", "c2"), 0.0)[1] == ""


def test_the_confirmation_of_the_old_connection_does_not_end_a_move() -> None:
    placement = moving("A", "A", "c2")
    assert placement.on_confirmed(confirmed("A", "c1"), 0.0)[1] == ""
    assert state(placement, "A") is PlacementState.MOVING
    assert placed(placement) == {"A": "c1"}


def test_the_confirmation_of_a_third_connection_or_another_period_does_not_end_a_move() -> None:
    placement = moving("A", "A", "c2")
    assert placement.on_confirmed(confirmed("A", "c3"), 0.0)[1] == ""
    assert placement.on_confirmed(confirmed("A", "c2", period=30), 0.0)[1] == ""
    assert state(placement, "A") is PlacementState.MOVING


def test_a_lost_target_leaves_the_stream_where_it_is() -> None:
    placement = moving("A", "A", "c2")
    placement.on_connection_lost("c2")
    assert state(placement, "A") is PlacementState.CONFIRMED
    assert placed(placement) == {"A": "c1"}


def test_a_lost_origin_leaves_the_stream_to_its_target_unconfirmed() -> None:
    placement = moving("AB", "A", "c2")
    placement.on_connection_lost("c1")
    assert placed(placement) == {"A": "c2", "B": ""}
    assert state(placement, "A") is PlacementState.PENDING
    assert placement.on_confirmed(confirmed("A", "c2"), 0.0)[1] == ""
    assert state(placement, "A") is PlacementState.CONFIRMED


def test_when_origin_and_target_are_lost_the_stream_waits() -> None:
    for order in (("c1", "c2"), ("c2", "c1")):
        placement = moving("A", "A", "c2")
        for name in order:
            placement.on_connection_lost(name)
        assert state(placement, "A") is PlacementState.WAITING


def test_an_even_load_is_left_alone() -> None:
    placement = carried("ABC", "c1", "c2")
    assert placement.next_move(["c1", "c2"], "", 0.0) is None
    assert placement.next_move([], "", 0.0) is None


def test_a_confirmed_stream_moves_from_the_most_to_the_least_loaded() -> None:
    placement = carried("ABCD", "c1", "c2")
    move = placement.next_move(["c1", "c2", "c3"], "", 0.0)
    assert move is not None
    assert (move[0].connection, move[1]) == ("c1", "c3")


def test_an_unconfirmed_stream_stays() -> None:
    placement = desired("A", "B")
    placement.place(["c1"])
    assert placement.next_move(["c1", "c2"], "", 0.0) is None
    placement.on_confirmed(confirmed("B", "c1"), 0.0)
    move = placement.next_move(["c1", "c2"], "", 0.0)
    assert move is not None
    assert move[0].asset == "B"


def test_one_stream_moves_at_a_time() -> None:
    assert moving("ABCD", "A", "c2").next_move(["c1", "c2"], "", 0.0) is None


def test_even_the_only_stream_of_the_account_moves_to_a_market_with_capacity() -> None:
    placement = carried("A", account="c1")
    move = placement.next_move(["c2", "c3"], "c1", 0.0)
    assert move is not None
    assert (move[0].asset, move[1]) == ("A", "c2")


def test_the_account_keeps_streams_for_which_the_markets_have_no_capacity() -> None:
    placement = carried("ABC", "c2", account="c1", per_connection=2)
    assert placement.next_move(["c2"], "c1", 0.0) is None


def test_elsewhere_is_another_market_with_capacity_and_the_account_last() -> None:
    placement = carried("AB", "c2", "c3", account="c1", per_connection=1)
    stream = placement.get("A")
    assert stream is not None
    assert placement.elsewhere(stream, ["c2", "c3", "c4"], "c1") == "c4"
    assert placement.elsewhere(stream, ["c2", "c3"], "c1") == "c1"
    assert placement.elsewhere(stream, ["c2", "c3"], "") == ""
    assert placement.elsewhere(stream, ["c2"], "c2") == ""


def test_a_move_is_stuck_when_it_began_too_long_ago() -> None:
    placement = moving("AB", "A", "c2", since=100.0)
    assert placement.stuck(100.0) == []
    assert [each.asset for each in placement.stuck(100.1)] == ["A"]
    placement.on_confirmed(confirmed("A", "c2"), 0.0)
    assert placement.stuck(200.0) == []


def test_a_connection_that_is_to_release_a_stream_has_no_capacity_for_another() -> None:
    placement = carried("A", "c1", per_connection=1)
    placement.drop("A")
    placement.on_leaving("A", "c1")
    placement.desire("B", 60)
    assert placement.place(["c1"]) == []
    placement.on_left("A", "c1")
    assert [each.asset for each in placement.place(["c1"])] == ["B"]


def test_a_stream_does_not_return_to_a_connection_that_is_to_release_it() -> None:
    placement = carried("A", "c1")
    placement.drop("A")
    placement.on_leaving("A", "c1")
    assert placement.is_leaving("A")
    assert not placement.is_leaving("A", "c2")
    placement.desire("A", 60)
    assert placement.place(["c1"]) == []
    assert [each.asset for each in placement.place(["c1", "c2"])] == ["A"]
    assert placed(placement) == {"A": "c2"}


def test_a_lost_connection_has_nothing_to_release() -> None:
    placement = carried("A", "c1")
    placement.on_leaving("A", "c1")
    placement.on_connection_lost("c1")
    assert not placement.is_leaving("A")
    assert placement.load() == {"": 1}


def test_a_stream_that_was_just_confirmed_does_not_move() -> None:
    placement = desired("A", "B")
    placement.place(["c1"])
    placement.on_confirmed(confirmed("A", "c1"), 10.0)
    assert placement.next_move(["c1", "c2"], "", 9.0) is None
    assert placement.next_move(["c1", "c2"], "", 10.0) is not None


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
def test_through_any_losses_no_connection_is_overloaded_and_no_stream_waits_beside_free_capacity(
    steps: list[tuple[str, str]], cap: int
) -> None:
    placement = StreamPlacement(cap)
    ready: set[str] = set()
    wanted: set[str] = set()
    for action, name in steps:
        match action:
            case "desire":
                placement.desire(name, 60)
                wanted.add(name)
            case "drop":
                placement.drop(name)
                wanted.discard(name)
            case "up":
                ready.add(name)
            case "down":
                ready.discard(name)
                placement.on_connection_lost(name)
        placement.place(ready)
        load = Counter(placed(placement).values())
        waiting = load.pop("", 0)
        assert placed(placement).keys() == wanted
        assert load.keys() <= ready
        assert all(count <= cap for count in load.values())
        assert waiting == max(0, len(wanted) - cap * len(ready))


@given(STEPS, st.integers(1, 4))
def test_moves_end_with_an_even_load_and_the_account_free_if_possible(
    steps: list[tuple[str, str]], cap: int
) -> None:
    placement = StreamPlacement(cap)
    ready: set[str] = set()
    for action, name in steps:
        match action:
            case "desire":
                placement.desire(name, 60)
            case "drop":
                placement.drop(name)
            case "up":
                ready.add(name)
            case "down":
                ready.discard(name)
                placement.on_connection_lost(name)
        account = min(ready, default="")
        markets = sorted(ready - {account})
        for stream in placement.place(markets, account):
            placement.on_confirmed(confirmed(stream.asset, stream.connection), 0.0)
        moves = 0
        while (move := placement.next_move(markets, account, 0.0)) is not None:
            stream, stream.target = move[0], move[1]
            assert all(count <= cap for name, count in placement.load().items() if name)
            assert placement.on_confirmed(confirmed(stream.asset, stream.target), 0.0)[1]
            moves += 1
            assert moves <= len(placement)
        load = placement.load()
        loads = [load[name] for name in markets]
        assert max(loads, default=0) - min(loads, default=0) <= 1
        assert not load[account] or min(loads, default=cap) == cap


def test_a_stream_returns_to_where_it_was_stale_only_without_other_capacity() -> None:
    placement = carried("A", "c1")
    stream = placement.get("A")
    assert stream is not None
    stream.avoided, stream.connection, stream.confirmed = "c1", "", None
    assert [each.connection for each in placement.place(["c1", "c2"])] == ["c2"]
    stream.connection = ""
    assert [each.connection for each in placement.place(["c1"])] == ["c1"]
    assert stream.avoided == ""


def test_streams_show_where_they_are() -> None:
    placement = moving("AB", "A", "c2")
    placement.desire("C", 60).waiters.add(1)
    assert [repr(stream) for stream in placement] == [
        "<A: moving on c1 to c2, 0 awaited>",
        "<B: confirmed on c1, 0 awaited>",
        "<C: waiting, 1 awaited>",
    ]
    assert repr(placement) == "<StreamPlacement: 1 waiting, 1 confirmed, 1 moving, 0 leaving>"
    assert repr(StreamPlacement(4)) == "<StreamPlacement: no streams, 0 leaving>"
