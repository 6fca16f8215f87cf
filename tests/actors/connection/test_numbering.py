from actors.connection.numbering import Sequencer
from actors.messages.events import ConnectionUp
from actors.messages.traffic import EventBatch, Item


def test_the_batches_of_a_life_are_numbered_from_one() -> None:
    sequencer = Sequencer("c1", 3)
    items: list[Item] = [ConnectionUp("c1", 3, "EU")]
    assert sequencer.batch(items) == EventBatch("c1", items, 3, 1)
    assert sequencer.batch(items) == EventBatch("c1", items, 3, 2)
