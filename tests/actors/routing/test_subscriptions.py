"""The subscriptions by themselves: which actor is told what, and in which form."""

from typing import Any

import pykka

from actors.messages.commands import Subscribe, Unsubscribe
from actors.messages.events import ConnectionDown, ConnectionUp, DealsOpen
from actors.messages.lifecycle import Begin
from actors.messages.traffic import Deliver
from actors.routing.subscriptions import Subscriptions
from actors.values import Tick
from tests.doubles.recorder import WAIT, Recording
from tests.doubles.tick_columns import columns

UP = ConnectionUp("c", 1, "r")
DOWN = ConnectionDown("c", 1, "r", "lost")
TICKS = [Tick("A", float(number), 1.0, 0.0) for number in range(2)]


def recording() -> Recording:
    actor = Recording()
    assert actor.seen() == Begin()
    return actor


def subscriptions_of(ref: pykka.ActorRef[Any] | None = None) -> Subscriptions:
    """``ref`` is the subscriber actor that is started for a callable."""

    def start(_: Subscribe) -> pykka.ActorRef[Any]:
        assert ref is not None, "no callable subscribes"
        return ref

    return Subscriptions(start, dead=pykka.ActorDeadError)


def test_an_actor_is_told_each_event_and_each_tick_by_itself() -> None:
    actor, subscriptions = recording(), subscriptions_of()
    subscriptions.add(Subscribe("", to=actor.ref))
    subscriptions.deliver([UP, columns(*TICKS)])
    assert [actor.seen() for _ in range(3)] == [UP, *TICKS]


def test_an_actor_that_subscribes_to_batches_is_told_a_list_of_events_and_ticks() -> None:
    actor, subscriptions = recording(), subscriptions_of()
    subscriptions.add(Subscribe("", to=actor.ref, batch=True))
    subscriptions.deliver([UP, columns(*TICKS)])
    assert actor.seen() == [UP, *TICKS]


def test_an_actor_that_takes_columns_is_told_the_ticks_of_a_read_as_they_came() -> None:
    actor, subscriptions = recording(), subscriptions_of()
    subscriptions.add_columns("", actor.ref)
    batch = columns(*TICKS)
    subscriptions.deliver([UP, batch])
    delivery = actor.seen()
    assert delivery == Deliver([UP, batch])
    assert delivery.events[1] is batch


def test_an_actor_that_listens_to_types_is_told_each_event_that_is_not_its_own() -> None:
    actor, subscriptions = recording(), subscriptions_of()
    subscriptions.add_types((ConnectionDown, DealsOpen), actor.ref, "supervisor")
    listed = DealsOpen("c", 1, [])
    subscriptions.deliver([DOWN], "supervisor")
    subscriptions.deliver([UP, listed], "pool")
    subscriptions.deliver([DOWN])
    assert [actor.seen(), actor.seen()] == [listed, DOWN]
    assert actor.nothing_more()


def test_a_callable_gets_a_subscriber_that_ends_with_its_subscription() -> None:
    started = recording()
    subscriptions = subscriptions_of(started.ref)
    subscriptions.add(Subscribe("", to=print, batch=True))
    subscriptions.deliver([UP])
    assert started.seen() == Deliver([UP])
    assert subscriptions.remove(Unsubscribe("", to=print))
    assert started.released() == []
    assert not subscriptions.remove(Unsubscribe("", to=print))


def test_an_actor_of_the_user_goes_on_after_its_subscription() -> None:
    actor, subscriptions = recording(), subscriptions_of()
    subscriptions.add(Subscribe("", to=actor.ref))
    assert subscriptions.remove(Unsubscribe("", to=actor.ref))
    subscriptions.end()
    actor.ref.tell("still there")
    assert actor.seen() == "still there"


def test_each_topic_of_one_listener_is_a_subscription_of_its_own() -> None:
    actor, subscriptions = recording(), subscriptions_of()
    for topic in ("connection.up", "connection.down"):
        subscriptions.add(Subscribe(topic, to=actor.ref))
    assert subscriptions.topics == {"connection.up", "connection.down"}
    assert subscriptions.remove(Unsubscribe("connection.up", to=actor.ref))
    subscriptions.deliver([UP, DOWN])
    assert actor.seen() == DOWN
    assert subscriptions.topics == {"connection.down"}


def test_the_subscription_of_an_actor_that_has_ended_ends_and_the_others_go_on() -> None:
    ended, actor, subscriptions = recording(), recording(), subscriptions_of()
    for each in (ended, actor):
        subscriptions.add(Subscribe("", to=each.ref))
    ended.ref.stop(timeout=WAIT)
    assert [each.to for each in subscriptions.deliver([UP])] == [ended.ref]
    assert actor.seen() == UP
    assert len(subscriptions) == 1
