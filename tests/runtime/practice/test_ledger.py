"""The ledger keeps records in order, counts all of them, and can be waited for."""

import threading

from runtime.practice import ExchangeLedger, ReceivedEvent


def test_one_tick_is_written_for_each_socket_that_got_it() -> None:
    ledger = ExchangeLedger()
    ledger.write_ticks("A", 1.0, 5.0, [1, 2])
    ledger.write_ticks("B", 2.0, 6.0, [2])
    assert ledger.ticks() == [(1, "A", 1.0, 5.0), (2, "A", 1.0, 5.0), (2, "B", 2.0, 6.0)]
    assert ledger.ticks("B") == [(2, "B", 2.0, 6.0)]
    assert ledger.tick_count == 3


def test_what_is_forgotten_still_counts() -> None:
    ledger = ExchangeLedger()
    for number in range(20_001):
        ledger.write_event(ReceivedEvent(1, "ps", number, 0.0))
    assert ledger.count("ps") == 20_001
    assert [event.payload for event in ledger.received("ps")] == list(range(1, 20_001))


def test_a_sockets_record_follows_its_life() -> None:
    ledger = ExchangeLedger()
    ledger.write_opened(1, "EAST", 10.0)
    ledger.write_authenticated(1)
    ledger.write_messages(1, 3)
    ledger.write_messages(1, 2)
    ledger.write_closed(1, 20.0, "no ps")
    [record] = ledger.sockets()
    assert (record.region, record.authenticated, record.messages) == ("EAST", True, 5)
    assert (record.closed_at, record.closed_because) == (20.0, "no ps")


def test_waiting_ends_with_the_entry_that_was_waited_for() -> None:
    ledger = ExchangeLedger()
    writer = threading.Thread(target=ledger.write_ticks, args=("A", 1.0, 5.0, [1]))
    writer.start()
    assert ledger.wait_until(lambda entries: entries.tick_count == 1, timeout=5)
    writer.join()


def test_waiting_in_vain_ends_at_the_deadline() -> None:
    assert not ExchangeLedger().wait_until(lambda entries: entries.tick_count == 1, timeout=0.01)
