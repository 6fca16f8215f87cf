"""Which fault strikes where, how often, and until when."""

from runtime.practice.faults.board import ActiveFaults
from runtime.practice.faults.fault import Fault
from runtime.practice.faults.gate import Hang, Outage, Refuse, RestartRegion
from runtime.practice.faults.order import Doubled, OrderFault, RefusedOrder
from runtime.practice.faults.venue import Mute


def board_of(*faults: Fault) -> ActiveFaults:
    board = ActiveFaults()
    for fault in faults:
        board.add(fault)
    return board


def test_an_empty_board_strikes_nothing() -> None:
    board = ActiveFaults()
    assert board.find(Fault) is None
    assert board.take(Fault, region="EAST") is None
    assert board.end(lambda _: True) == []


def test_faults_are_taken_in_the_order_in_which_they_were_added() -> None:
    first, second = RefusedOrder(error="A", count=2), Doubled()
    board = board_of(first, second)
    assert [board.take(OrderFault) for _ in range(4)] == [first, first, second, None]


def test_equal_faults_with_a_count_add_up() -> None:
    board = board_of(Doubled(), Doubled())
    assert [board.take(OrderFault) for _ in range(3)] == [Doubled(), Doubled(), None]


def test_equal_faults_without_a_count_are_one() -> None:
    board = board_of(Mute(), Hang(), Mute())
    assert list(board) == [Hang(), Mute()]


def test_a_fault_without_a_count_holds_until_it_is_ended() -> None:
    board = board_of(Doubled(count=None))
    assert all(board.take(OrderFault) for _ in range(3))
    assert board.end(lambda fault: isinstance(fault, OrderFault)) == [Doubled(count=None)]
    assert board.take(OrderFault) is None


def test_looking_does_not_count() -> None:
    board = board_of(Doubled())
    assert board.find(OrderFault) == board.find(OrderFault) == Doubled()


def test_a_fault_strikes_at_its_place_and_one_without_a_place_everywhere() -> None:
    board = board_of(Hang(region="EAST", count=1), Mute())
    assert board.take(Hang, region="WEST") is None
    assert board.find(Mute, asset="EURUSD") == Mute()
    assert board.take(Hang, region="EAST") is not None
    assert board.take(Hang, region="EAST") is None


def test_a_kind_is_found_by_what_it_is_a_case_of() -> None:
    assert board_of(RestartRegion()).find(Outage, region="EAST") == RestartRegion()
    assert board_of(Refuse(region="EAST")).find(Outage, region="WEST") is None


def test_the_very_fault_is_counted_down_and_not_its_like() -> None:
    board = board_of(Hang(region="EAST", count=1), Hang(count=1), Hang(count=1))
    assert board.take(Hang, region="WEST") == Hang(count=1)
    assert list(board) == [Hang(region="EAST", count=1), Hang(count=1)]
