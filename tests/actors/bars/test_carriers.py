"""When the ticks of a stream may be missing."""

from actors.bars.carriers import Carriers
from actors.messages.events import ConnectionDown, StreamConfirmed, StreamMoves, StreamReleased


def confirmed(asset: str, connection: str, epoch: int = 1, period: int = 60) -> StreamConfirmed:
    return StreamConfirmed(asset, period, connection, epoch)


def down(connection: str, epoch: int = 1) -> ConnectionDown:
    return ConnectionDown(connection, epoch, "r", "cut")


def test_a_stream_that_begins_or_begins_anew_may_have_missed_ticks() -> None:
    carriers = Carriers()
    assert not carriers.carry("A")
    assert carriers.apply(confirmed("A", "c1")) == ["A"]
    assert carriers.carry("A")
    assert carriers.apply(confirmed("A", "c1")) == ["A"]
    assert carriers.apply(confirmed("A", "c1", period=300)) == ["A"]
    assert carriers.period("A") == 300


def test_the_end_of_its_connection_interrupts_each_stream_that_nothing_else_carries() -> None:
    carriers = Carriers()
    for event in (confirmed("A", "c1"), confirmed("B", "c1"), confirmed("C", "c2"), confirmed("B", "c2")):
        carriers.apply(event)
    assert carriers.apply(down("c1")) == ["A"]
    assert not carriers.carry("A")
    assert carriers.period("A") is None
    assert carriers.carry("B")
    assert carriers.apply(down("c1")) == []
    assert sorted(carriers.apply(down("c2"))) == ["B", "C"]


def test_a_move_that_is_made_before_it_is_broken_interrupts_nothing() -> None:
    carriers = Carriers()
    carriers.apply(confirmed("A", "c1"))
    assert carriers.apply(StreamMoves("A", "c1", 1, "c2", 1, cut=False)) == []
    assert carriers.apply(confirmed("A", "c2")) == []
    assert carriers.apply(StreamReleased("A", "c1")) == []
    assert carriers.carry("A")


def test_a_move_that_cuts_interrupts_at_once_and_until_it_is_confirmed() -> None:
    carriers = Carriers()
    carriers.apply(confirmed("A", "c1"))
    assert carriers.apply(StreamMoves("A", "c1", 1, "c2", 1, cut=True)) == ["A"]
    assert not carriers.carry("A")
    assert carriers.apply(confirmed("A", "c2")) == ["A"]


def test_the_end_of_an_earlier_life_says_nothing_of_the_next() -> None:
    carriers = Carriers()
    carriers.apply(confirmed("A", "c1", epoch=2))
    assert carriers.apply(down("c1", epoch=1)) == []
    assert carriers.carry("A")
