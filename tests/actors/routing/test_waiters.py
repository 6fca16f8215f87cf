from actors.messages.commands import GetBalance, LoadCandles
from actors.routing.waiters import Waiters


def test_waiters_are_numbered_from_one_and_found_by_their_number() -> None:
    waiters = Waiters(30.0, {})
    first, second = (waiters.add(GetBalance(), None, 0.0) for _ in range(2))
    assert (first.id, second.id) == (1, 2)
    assert waiters.get(2) is second
    assert len(waiters) == 2


def test_a_waiter_expires_its_deadline_after_its_arrival() -> None:
    waiters = Waiters(30.0, {})
    assert waiters.add(GetBalance(deadline=2.5), None, 100.0).expires_at == 102.5
    assert waiters.add(GetBalance(), None, 100.0).expires_at == 130.0
    assert waiters.add(GetBalance(deadline=0.0), None, 100.0).expires_at == 100.0


def test_a_waiter_is_popped_once() -> None:
    waiters = Waiters(30.0, {})
    waiter = waiters.add(GetBalance(), None, 0.0)
    assert waiters.pop(waiter.id) is waiter
    assert waiters.pop(waiter.id) is None
    assert waiters.get(waiter.id) is None
    assert len(waiters) == 0


def test_undecided_waiters_are_popped_once_and_in_order() -> None:
    waiters = Waiters(30.0, {})
    postponed = [waiters.add(LoadCandles("A", 60), None, 0.0) for _ in range(3)]
    for waiter in postponed:
        waiters.postpone(waiter)
    assert waiters.pop_undecided() == postponed
    assert waiters.pop_undecided() == []
    assert len(waiters) == 3


def test_an_undecided_waiter_that_has_its_answer_is_not_popped_again() -> None:
    waiters = Waiters(30.0, {})
    gone, patient = (waiters.add(GetBalance(), None, 0.0) for _ in range(2))
    waiters.postpone(gone)
    waiters.postpone(patient)
    waiters.pop(gone.id)
    assert waiters.pop_undecided() == [patient]
