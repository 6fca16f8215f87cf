"""The functions that the engine executes, each on a real server."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from actors.rates import Rate
from runtime.cluster import host_directory
from runtime.cluster.engine import HOSTS, Engine
from runtime.cluster.forms import EVENTS
from runtime.cluster.host_directory import DutyAssignment, HostDirectory
from runtime.cluster.outcomes import Acquired, Fenced, OrderEntry, Refusal, Stored
from tests.waiting import eventually

LONG = 60.0


def intent(id: str, data: bytes = b"journaled") -> OrderEntry:
    return OrderEntry("intent", id, data)


@pytest.fixture
def epoch(engine: Engine, duty: str) -> int:
    """That of host ``h1``, which owns the duty."""
    return engine.acquire(duty, "h1", LONG).epoch


def successor(engine: Engine, duty: str, epoch: int) -> int:
    """The epoch of host ``h2``, which has taken over from ``h1``."""
    engine.release("h1", {duty: epoch})
    return engine.acquire(duty, "h2", LONG).epoch


def test_a_duty_is_leased_to_one_holder(engine: Engine, duty: str) -> None:
    assert engine.acquire(duty, "h1", LONG) == Acquired(1, LONG, 1)
    taken = engine.acquire(duty, "h2", LONG)
    assert (taken.epoch, taken.newest) == (0, 1)
    assert 0 < taken.seconds <= LONG


def test_a_lease_ends_by_itself_and_its_successor_has_a_greater_epoch(engine: Engine, duty: str) -> None:
    first = engine.acquire(duty, "h1", 0.05).epoch
    deadline = time.monotonic() + 10
    while (second := engine.acquire(duty, "h2", LONG)).epoch == 0:
        assert time.monotonic() < deadline
        time.sleep(second.seconds + 0.001)
    assert second.epoch > first
    assert engine.renew("h1", {duty: first}, LONG) == {duty: False}


def test_a_holder_that_lost_the_answer_gets_the_epoch_it_has(engine: Engine, duty: str) -> None:
    assert engine.acquire(duty, "h1", LONG).epoch == engine.acquire(duty, "h1", LONG).epoch == 1


def test_an_epoch_is_never_given_twice_even_if_the_engine_has_lost_the_newest(
    engine: Engine, duty: str
) -> None:
    assert engine.acquire(duty, "h1", LONG, at_least=41).epoch == 42
    assert engine.acquire(duty, "h1", LONG, at_least=50).epoch == 0


def test_leases_are_renewed_together_and_only_by_their_holder(engine: Engine, duty: str) -> None:
    other = f"{duty}-other"
    epochs = {duty: engine.acquire(duty, "h1", LONG).epoch, other: engine.acquire(other, "h2", LONG).epoch}
    assert engine.renew("h1", epochs, LONG) == {duty: True, other: False}
    assert engine.renew("h1", {duty: 7}, LONG) == {duty: False}
    assert engine.renew("h1", {}, LONG) == {}


def test_a_lease_is_released_by_its_holder_alone(engine: Engine, duty: str, epoch: int) -> None:
    engine.release("h2", {duty: epoch})
    assert engine.acquire(duty, "h2", LONG).epoch == 0
    engine.release("h1", {duty: epoch})
    assert engine.acquire(duty, "h2", LONG).epoch == epoch + 1


def test_what_is_to_move_goes_to_that_host_alone_and_the_move_is_done_by_that(
    engine: Engine, duty: str
) -> None:
    first = engine.acquire(duty, "h1/1", LONG)
    directory = HostDirectory(engine)
    directory.move(duty, "h2", LONG)
    assert engine.renew("h1/1", {duty: first.epoch}, LONG) == {duty: True}
    assert engine.acquire(duty, "h2/1", LONG).epoch == 0  # it is not given back yet
    engine.release("h1/1", {duty: first.epoch})
    refused = engine.acquire(duty, "h1/1", 5.0)
    assert (refused.epoch, refused.seconds) == (0, 5.0)  # it asks again before the move would end
    second = engine.acquire(duty, "h2/1", LONG)
    assert second.epoch == first.epoch + 1
    assert directory.assignment([], [duty]) == DutyAssignment(owners={duty: "h2"})
    engine.release("h2/1", {duty: second.epoch})
    assert engine.acquire(duty, "h1/1", LONG).epoch == second.epoch + 1


@pytest.mark.parametrize("verb", ["intend", "append", "answer", "record_sends"])
def test_a_stale_epoch_writes_nothing(engine: Engine, duty: str, epoch: int, verb: str) -> None:
    command = engine.send(duty, b"buy")
    newest = successor(engine, duty, epoch)
    calls: dict[str, Any] = {
        "intend": lambda: engine.intend(duty, epoch, 1, [intent("a")]),
        "append": lambda: engine.append(duty, epoch, 1, EVENTS, b"x", 100),
        "answer": lambda: engine.answer(duty, epoch, command, b"not sent", asker="me"),
        "record_sends": lambda: engine.record_sends(duty, epoch, [Rate(1, LONG)], [0.0]),
    }
    with pytest.raises(Fenced, match=f"its newest epoch is {newest}"):
        calls[verb]()
    assert engine.known(duty, ["a"]) == set()
    assert engine.append(duty, newest, 1, EVENTS, b"y", 100) == Stored(0)
    assert engine.answer(duty, newest, command, b"done", asker="me")
    assert engine.sends(duty) == []


def test_an_epoch_that_was_never_given_is_stale(engine: Engine, duty: str) -> None:
    with pytest.raises(Fenced, match="not known"):
        engine.intend(duty, 1, 1, [intent("a")])


def test_a_repeated_append_stores_nothing_twice_and_says_what_was_there(
    engine: Engine, duty: str, epoch: int
) -> None:
    assert engine.append(duty, epoch, 1, EVENTS, b"a", 100) == Stored(0)
    assert engine.append(duty, epoch, 1, EVENTS, b"a", 100) == Stored(1)
    assert engine.append(duty, epoch, 3, EVENTS, b"c", 100) == Stored(1)
    assert engine.append(duty, epoch, 2, EVENTS, b"late", 100) == Stored(3)
    newest = successor(engine, duty, epoch)
    assert engine.append(duty, newest, 1, EVENTS, b"d", 100) == Stored(0)


def test_orders_are_journaled_once_and_their_last_state_counts(engine: Engine, duty: str, epoch: int) -> None:
    assert engine.intend(duty, epoch, 1, [intent("a", b"a1"), intent("b", b"b1")]) == Stored(0)
    assert engine.intend(duty, epoch, 1, [intent("a", b"a1")]) == Stored(1)  # its answer was lost
    assert engine.intend(duty, epoch, 2, [intent("a", b"a2")]) == Refusal("known", "a")
    assert engine.intend(duty, epoch, 3, [OrderEntry("finished", "a", b"a3")]) == Stored(1)
    assert engine.orders(duty, LONG) == [b"a1", b"b1", b"a3"]
    assert engine.orders(duty, 0.0) == [b"b1"]
    assert engine.order(duty, "a") == b"a3"
    assert engine.order(duty, "c") is None
    assert engine.known(duty, ["a", "b", "c"]) == {"a", "b"}
    newest = successor(engine, duty, epoch)
    assert engine.intend(duty, newest, 1, [intent("a", b"again")]) == Refusal("known", "a")


def test_an_intent_that_is_refused_writes_nothing_of_its_call(engine: Engine, duty: str, epoch: int) -> None:
    engine.intend(duty, epoch, 1, [intent("a")])
    both = [OrderEntry("open", "c", b"c1"), intent("a")]
    assert engine.intend(duty, epoch, 2, both) == Refusal("known", "a")
    assert engine.known(duty, ["c"]) == set()


def test_the_id_of_an_order_that_was_not_sent_may_be_used_again(
    engine: Engine, duty: str, epoch: int
) -> None:
    engine.intend(duty, epoch, 1, [intent("a", b"a1")])
    engine.intend(duty, epoch, 2, [OrderEntry("unsent", "a", b"a2")])
    assert engine.orders(duty, 0.0) == []
    assert engine.intend(duty, epoch, 3, [intent("a", b"a3")]) == Stored(2)
    assert engine.orders(duty, 0.0) == [b"a3"]


def test_an_id_is_freed_and_used_again_in_one_step(engine: Engine, duty: str, epoch: int) -> None:
    engine.intend(duty, epoch, 1, [intent("a", b"a1")])
    assert engine.intend(duty, epoch, 2, [OrderEntry("unsent", "a", b"a2"), intent("a", b"a3")]) == Stored(1)
    assert engine.orders(duty, 0.0) == [b"a3"]


def test_old_states_are_dropped_but_none_after_an_order_that_is_not_finished(
    engine: Engine, duty: str, epoch: int
) -> None:
    engine.intend(duty, epoch, 1, [intent("a", b"a1")])
    engine.intend(duty, epoch, 2, [OrderEntry("finished", "a", b"a2")])
    time.sleep(0.01)
    engine.intend(duty, epoch, 3, [intent("b", b"b1")])
    engine.intend(duty, epoch, 4, [intent("c", b"c1"), OrderEntry("finished", "c", b"c2")])
    engine.trim(duty, LONG)
    assert engine.orders(duty, LONG) == [b"a1", b"a2", b"b1", b"c1", b"c2"]
    engine.trim(duty, -LONG)
    assert engine.orders(duty, LONG) == [b"b1", b"c1", b"c2"]
    assert engine.known(duty, ["a", "b", "c"]) == {"b", "c"}


def test_a_halt_refuses_intents_at_once_and_takes_what_became_of_others(
    engine: Engine, duty: str, epoch: int
) -> None:
    engine.intend(duty, epoch, 1, [intent("a")])
    engine.halt(duty, "by a person")
    assert engine.halted(duty) == "by a person"
    assert engine.intend(duty, epoch, 2, [intent("b")]) == Refusal("halted", "by a person")
    assert engine.intend(duty, epoch, 3, [OrderEntry("finished", "a", b"closed")]) == Stored(1)
    assert engine.resume(duty)
    assert not engine.resume(duty)
    assert engine.halted(duty) is None
    assert engine.intend(duty, epoch, 4, [intent("b")]) == Stored(3)


def test_a_command_has_one_answer(engine: Engine, duty: str, epoch: int) -> None:
    command = engine.send(duty, b"buy")
    assert engine.answer(duty, epoch, command, b"deal", asker="me")
    assert not engine.answer(duty, epoch, command, b"deal", asker="me")


def test_what_was_withdrawn_cannot_be_journaled_any_more(engine: Engine, duty: str, epoch: int) -> None:
    command = engine.send(duty, b"buy")
    assert engine.withdraw(duty, command, "a")
    assert engine.withdraw(duty, command, "a")
    assert engine.intend(duty, epoch, 1, [intent("a")], command=command) == Refusal("withdrawn", command)


def test_what_was_journaled_cannot_be_withdrawn_any_more(engine: Engine, duty: str, epoch: int) -> None:
    command = engine.send(duty, b"buy")
    engine.intend(duty, epoch, 1, [intent("a")], command=command)
    assert not engine.withdraw(duty, command, "a")


def test_of_an_intent_and_a_withdrawal_at_the_same_time_one_wins(
    engine: Engine, duty: str, epoch: int
) -> None:
    for number in range(1, 101):
        command, id = engine.send(duty, b"buy"), f"order {number}"
        both = threading.Barrier(2)
        with ThreadPoolExecutor(1) as other:
            withdrawn = other.submit(withdraw_with, both, engine, duty, command, id)
            both.wait()
            stored = engine.intend(duty, epoch, number, [intent(id)], command=command)
            assert isinstance(stored, Stored) is not withdrawn.result()


def withdraw_with(both: threading.Barrier, engine: Engine, duty: str, command: str, id: str) -> bool:
    both.wait()
    return engine.withdraw(duty, command, id)


def test_the_sends_that_a_window_counts_are_known_to_the_next_owner(
    engine: Engine, duty: str, epoch: int
) -> None:
    rates = [Rate(2, 1.0), Rate(3, LONG)]
    assert engine.sends(duty) == []
    engine.record_sends(duty, epoch, rates, [50.0, 40.0])
    engine.record_sends(duty, epoch, rates, [0.0, 0.0])
    newest = successor(engine, duty, epoch)
    ages = engine.sends(duty)
    assert ages == sorted(ages, reverse=True)
    assert [round(age, -1) for age in ages] == [40.0, 0.0, 0.0]
    engine.record_sends(duty, newest, [Rate(1, 0.01)], [0.0])
    time.sleep(0.02)
    assert engine.sends(duty) == []


def test_hosts_know_of_one_another_while_they_are_there(engine: Engine, duty: str) -> None:
    first, second = f"{duty}-1", f"{duty}-2"
    engine.attend(first, "one", LONG)
    seen = engine.attend(second, "two", 0.5)
    assert (seen[first], seen[second]) == ("one", "two")
    time.sleep(0.55)
    assert second not in engine.attend(first, "one", LONG)
    assert engine.attend(first, "three", LONG, first=True)[first] == "one"
    engine.leave(first)
    assert engine.attend(first, "three", LONG, first=True)[first] == "three"
    engine.leave(first)
    assert first not in engine.attend(second, "two", LONG)


def test_a_host_that_is_gone_is_listed_for_a_while_and_then_forgotten(
    engine: Engine, duty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = HostDirectory(engine)

    def listed() -> dict[str, bool]:
        return {each.name: each.present for each in directory.hosts()}

    left, killed, new = (f"{duty}-{name}" for name in ("left", "killed", "new"))
    engine.attend(new, "one", LONG)  # it has not signed yet
    engine.attend(left, "one", LONG)
    directory.sign(left, "1.0")
    engine.leave(left)
    assert listed()[left] is False
    monkeypatch.setattr(host_directory, "REMEMBERED", 0.02)
    engine.attend(killed, "one", 0.01)
    directory.sign(killed, "1.0")
    eventually(lambda: killed not in listed())
    (members,) = engine.execute([("SMEMBERS", HOSTS)])
    names = {name.decode() for name in members}
    assert (new in names, left in names, killed in names) == (True, True, False)
    directory.sign(new, "1.0")
    assert listed()[new]
