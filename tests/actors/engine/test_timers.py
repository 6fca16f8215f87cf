import threading
import tracemalloc

import pytest
from hypothesis import given, strategies as st

from actors.engine.dispatcher import Dispatcher
from actors.engine.inbox import Inbox
from tests.actors.engine.envelopes import take, take_all, tell
from tests.conftest import ManualClock

pytestmark = pytest.mark.timeout(20)  # a lost wake-up would hang


def test_a_cancelled_timer_is_not_delivered(inbox: Inbox, clock: ManualClock) -> None:
    once, kept = inbox.after(1, "cancelled"), inbox.after(1, "kept")
    again = inbox.every(1, "cancelled too")
    once.cancel()
    again.cancel()
    clock.advance(5)
    assert take_all(inbox) == ["kept"]
    kept.cancel()  # delivered already: no error


def test_a_repeated_message_comes_until_it_is_cancelled(inbox: Inbox, clock: ManualClock) -> None:
    timer = inbox.every(1, "turn")
    for _ in range(3):
        clock.advance(1)
        assert take_all(inbox) == ["turn"]
    timer.cancel()
    clock.advance(1)
    assert take_all(inbox) == []


def test_a_repeated_message_keeps_its_schedule_when_served_late(inbox: Inbox, clock: ManualClock) -> None:
    inbox.every(1, "turn")
    clock.advance(1.75)
    assert take_all(inbox) == ["turn"]
    clock.advance(0.125)
    assert take_all(inbox) == []
    clock.advance(0.125)
    assert take_all(inbox) == ["turn"]


@given(
    interval=st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.7, 1.1, 5.0]),
    turns=st.integers(1, 50),
    beyond=st.sampled_from([0.0, 0.01, 0.5]),
)
def test_turns_missed_in_a_stall_are_not_made_up_for(interval: float, turns: int, beyond: float) -> None:
    clock = ManualClock()
    inbox = Inbox(Dispatcher(clock))
    inbox.every(interval, "turn")
    clock.advance(interval * (turns + beyond))
    assert len(take_all(inbox)) <= 1  # none where rounding puts the first turn just after this instant
    clock.advance(interval * 1.001)
    assert take_all(inbox) == ["turn"]


@pytest.mark.parametrize("delay", [60 * 86_400.0, 1e12])
def test_a_timer_of_the_far_future_keeps_nothing_from_coming(live_inbox: Inbox, delay: float) -> None:
    live_inbox.after(delay, "in the far future")
    sender = threading.Timer(0.02, tell, [live_inbox, "now"])
    sender.start()
    assert take(live_inbox, 1) == ["now"]
    sender.join()


def test_cancelled_timers_do_not_pile_up_behind_one_that_is_not(inbox: Inbox) -> None:
    inbox.after(1, "still booked")
    for _ in range(10_000):
        inbox.after(86_400, "deadline").cancel()
    assert len(inbox._dispatcher._timers) < 1000


def test_cancelled_timers_do_not_pile_up(inbox: Inbox) -> None:
    def book(count: int) -> None:
        for number in range(count):
            inbox.after(86_400, ("deadline", number)).cancel()
            tell(inbox, "told")
            inbox.get()

    book(1000)
    tracemalloc.start()
    try:
        book(20_000)
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 500_000
