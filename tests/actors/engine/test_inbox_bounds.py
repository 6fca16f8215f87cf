import threading
from typing import Any

import pytest

from actors.engine.dispatcher import Dispatcher
from actors.engine.inbox import Inbox, Overflow
from actors.messages.control import Drain
from tests.actors.engine.envelopes import ask, take_all, tell

pytestmark = pytest.mark.timeout(20)  # a lost wake-up would hang


def newest_two(waiting: list[Any]) -> list[Any]:
    return waiting[-2:]


def test_a_fuller_inbox_keeps_what_its_squeeze_returns_in_order(dispatcher: Dispatcher) -> None:
    inbox = Inbox(dispatcher, Overflow(4, newest_two))
    tell(inbox, 1, 2, 3, 4)
    assert len(inbox) == 4
    tell(inbox, 5)
    assert take_all(inbox) == [4, 5]


def test_squeezing_touches_neither_questions_nor_control(dispatcher: Dispatcher) -> None:
    handed: list[list[Any]] = []

    def squeeze(waiting: list[Any]) -> list[Any]:
        handed.append(waiting)
        return []

    inbox = Inbox(dispatcher, Overflow(3, squeeze))
    questions = [ask(inbox, "first question")]
    tell(inbox, 1, Drain(), 2)
    questions.append(ask(inbox, "second question"))
    assert handed == [[1, 2]]
    assert inbox.get().message == Drain()
    kept = [inbox.get() for _ in range(2)]
    assert [envelope.message for envelope in kept] == ["first question", "second question"]
    assert [envelope.reply_to for envelope in kept] == questions
    assert inbox.empty()


def test_a_flooded_inbox_never_holds_more_than_its_capacity(dispatcher: Dispatcher) -> None:
    inbox = Inbox(dispatcher, Overflow(64, newest_two))
    longest = 0
    for number in range(50_000):
        tell(inbox, number)
        longest = max(longest, len(inbox))
    assert longest <= 64
    assert take_all(inbox)[-1] == 49_999


def test_another_senders_order_is_kept_while_one_sender_squeezes(dispatcher: Dispatcher) -> None:
    taken: list[Any] = []

    def squeeze(waiting: list[Any]) -> list[Any]:
        # What the other sender and the actor may do at this moment; neither may wait for us for ever.
        other = threading.Thread(target=tell, args=(inbox, ("other", 2)), daemon=True)
        actor = threading.Thread(target=lambda: taken.append(inbox.get().message), daemon=True)
        threads.extend([other, actor])
        other.start()
        other.join(0.05)
        actor.start()
        actor.join(0.05)
        return waiting[-2:]

    threads: list[threading.Thread] = []
    inbox = Inbox(dispatcher, Overflow(3, squeeze))
    tell(inbox, 1, 2, ("other", 1), 3)
    for thread in threads:
        thread.join(5)
    taken += take_all(inbox)
    assert [message for message in taken if isinstance(message, tuple)] == [("other", 1), ("other", 2)]


@pytest.mark.usefixtures("hasty_threads")
def test_what_a_squeeze_keeps_is_lost_in_no_race_with_the_actor_and_other_senders() -> None:
    def without_ticks(waiting: list[Any]) -> list[Any]:
        return [message for message in waiting if message != "tick"]

    inbox = Inbox(Dispatcher(), Overflow(64, without_ticks))
    floods = [threading.Thread(target=lambda: tell(inbox, *["tick"] * 20_000)) for _ in range(2)]
    facts = threading.Thread(target=lambda: tell(inbox, *range(2000)))
    for thread in (*floods, facts):
        thread.start()
    seen: set[int] = set()
    while len(seen) < 2000:
        message = inbox.get().message
        if message != "tick":
            assert message not in seen
            seen.add(message)
    for thread in (*floods, facts):
        thread.join(5)
    assert seen == set(range(2000))
