"""Events by a real engine, from the host that owns an account to a process that is attached by it."""

import queue
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from typing import Any

import msgspec
import pykka
import pytest

from actors.errors import RequestError
from actors.messages import GetBalance, Subscribe, Tick, Unsubscribe
from actors.messages.commands import SubscribeTicks
from actors.messages.events import StreamConfirmed, StreamDropped, StreamGap
from actors.messages.owners import OwnerEnded
from actors.messages.routing import Asked, SubscribeColumns
from actors.messages.traffic import Deliver, EventBatch
from actors.tenancy.tenure import Tenure
from actors.tenancy.warm_ticks import MOST_KEPT
from actors.values import AccountKind, Balance
from runtime import Attachment, attach
from runtime.cluster.address import parse_address
from runtime.cluster.engine import Engine, key
from runtime.cluster.forms import EVENTS, field_of
from runtime.cluster.outcomes import EngineAway
from runtime.cluster.reader import StreamReader
from runtime.control.follower import CUT, MOVED, Follower
from runtime.control.protocol import FeedMark
from runtime.control.publisher import MOST_RESUMED, Publisher
from tests.doubles.engine_server import EngineServer
from tests.doubles.played_owner import LEASE, PlayedOwner
from tests.doubles.recorder import WAIT
from tests.doubles.tick_columns import columns

BALANCE = Balance(AccountKind.DEMO, Decimal("10.10"))
DROPPED = StreamDropped("A")


def tick(time: float, asset: str = "A") -> Tick:
    return Tick(asset, time, 1.0, 5.0)


def batch(*times: float) -> EventBatch:
    return EventBatch("h1", [columns(*map(tick, times))])


class Heard:
    """A handler, and what it was called with."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def __call__(self, event: Any) -> None:
        self._events.put(event)

    def next(self) -> Any:
        return self._events.get(timeout=WAIT)


def follow(attachment: Attachment, owner: PlayedOwner, topic: str) -> Heard:
    heard = Heard()
    assert attachment.router.ask(Subscribe(topic, to=heard), timeout=WAIT) == topic
    assert owner.told() == SubscribeColumns("", owner.desk)
    return heard


def test_events_and_ticks_come_in_their_order_and_before_a_later_answer(
    asker: tuple[PlayedOwner, Attachment],
) -> None:
    owner, attachment = asker
    heard = follow(attachment, owner, "")
    balance = attachment.router.ask(GetBalance(), block=False)
    _, slot = owner.asked()
    owner.desk.tell(Deliver([columns(tick(1.0), tick(2.0)), DROPPED]))
    owner.desk.tell(Deliver([columns(tick(3.0))]))
    slot.set(BALANCE)
    assert balance.get(timeout=WAIT) == BALANCE
    assert [heard.next() for _ in range(4)] == [tick(1.0), tick(2.0), DROPPED, tick(3.0)]


def test_while_nobody_follows_the_router_is_not_subscribed_to(asker: tuple[PlayedOwner, Attachment]) -> None:
    owner, attachment = asker
    assert owner.router.nothing_more()
    heard = follow(attachment, owner, "tick.")
    attachment.router.ask(Unsubscribe("tick.", to=heard), timeout=WAIT)
    assert owner.told() == Unsubscribe("", to=owner.desk)


def test_a_new_owner_is_told_what_is_followed_and_streamed_and_the_gap_is_announced(
    asker: tuple[PlayedOwner, Attachment], own: Callable[[str], PlayedOwner]
) -> None:
    first, attachment = asker
    heard = follow(attachment, first, "")
    streamed = attachment.router.ask(SubscribeTicks("A"), block=False)
    first.asked()[1].set(StreamConfirmed("A", 60, "c1", 1))
    streamed.get(timeout=WAIT)
    first.desk.tell(Deliver([columns(tick(1.0))]))
    assert heard.next() == tick(1.0)
    first.end()
    second = own("h2")
    told = [second.told(), second.told()]
    assert SubscribeColumns("", second.desk) in told
    [asked] = [each[0] for each in told if isinstance(each, tuple)]
    assert isinstance(asked, Asked)
    assert asked.command == SubscribeTicks("A")
    second.desk.tell(Deliver([columns(tick(4.0))]))
    duty = second.tenure.duty
    assert [heard.next(), heard.next()] == [StreamGap("A", 1.0, 4.0, MOVED, duty, 0), tick(4.0)]


def test_for_a_process_that_has_ended_nothing_is_published_or_streamed(
    asker: tuple[PlayedOwner, Attachment],
) -> None:
    owner, attachment = asker
    follow(attachment, owner, "tick.")
    stream = attachment.router.ask(SubscribeTicks("A"), block=False)
    asked, slot = owner.asked()
    slot.set(StreamConfirmed("A", 60, "c1", 1))
    stream.get(timeout=WAIT)
    attachment.close()
    assert [owner.told(), owner.told()] == [Unsubscribe("", to=owner.desk), OwnerEnded(asked.owner)]


def test_a_process_that_is_silent_for_long_counts_as_ended(
    own: Callable[[str], PlayedOwner], engine_url: str, duty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.control.askers.SILENT_FOR", 0.3)
    monkeypatch.setattr("runtime.control.front_desk.LOOKS_EVERY", 0.1)
    monkeypatch.setattr("runtime.control.engine_line.TELLS_EVERY", 1_000.0)
    owner = own("h1")
    with attach(engine_url, account=duty.partition(":")[2], timeout=WAIT) as attachment:
        follow(attachment, owner, "tick.")
        assert owner.told() == Unsubscribe("", to=owner.desk)


def test_a_hole_in_the_numbers_is_a_gap_of_each_asset_that_ticks_again() -> None:
    follower = Follower()
    first, second = EventBatch("h1", [columns(tick(1.0), tick(1.5, "B"))]), batch(2.0)
    assert follower.take(3, 7, first).items == first.items
    assert follower.take(3, 8, second).items == second.items
    later = EventBatch("h1", [DROPPED, columns(tick(5.0), tick(6.0))])
    assert follower.take(3, 10, later).items == [
        DROPPED,
        StreamGap("A", 2.0, 5.0, CUT, "h1", 0),
        *later.items[1:],
    ]
    last = EventBatch("h1", [columns(tick(7.0), tick(8.0, "B"))])
    assert follower.take(3, 11, last).items == [StreamGap("B", 1.5, 8.0, CUT, "h1", 0), *last.items]


def test_ticks_that_were_published_before_a_move_are_no_gap() -> None:
    follower = Follower()
    follower.take(3, 7, batch(2.0))
    assert follower.take(4, 1, EventBatch("h2", [])).items == []
    again = batch(2.0)
    assert follower.take(4, 2, again).items == again.items


@pytest.mark.timeout(120)
def test_what_waits_for_the_engine_is_there_once(engine_server: EngineServer) -> None:
    engine = Engine(parse_address(engine_server.url), timeout=0.3)
    engine.prepare()
    epoch = engine.acquire("account:x", "h1", LEASE).epoch
    router = pykka.ThreadingActor.start()
    publisher = Publisher(engine, Tenure("account:x", epoch, time.monotonic() + LEASE), router, router)
    publisher.follow("p", [""])
    publisher.take([columns(tick(1.0))])
    publisher.publish()
    engine_server.stop()
    publisher.take([columns(tick(2.0))])
    with pytest.raises(EngineAway):
        publisher.publish()
    publisher.take([columns(tick(3.0))])
    engine_server.thaw()
    for _ in range(100):
        try:
            publisher.publish()
        except EngineAway:
            continue
        break
    with closing(StreamReader(engine, "account:x", {EVENTS: "0-0"})) as reader:
        entries, _ = reader.take()
    found = [msgspec.msgpack.decode(entry.fields[b"d"], type=EventBatch) for entry in entries]
    assert [list(item) for each in found for item in each.items] == [[tick(1.0)], [tick(2.0)], [tick(3.0)]]  # type: ignore[arg-type]
    engine.close()
    router.stop()


def test_all_that_a_standby_keeps_is_published_in_entries_of_a_bounded_size(
    engine: Engine, duty: str
) -> None:
    epoch = engine.acquire(duty, "h1", LEASE).epoch
    tenure = Tenure(duty, epoch, time.monotonic() + LEASE)
    router = pykka.ThreadingActor.start()
    publisher = Publisher(engine, tenure, router, router)
    publisher.resume(
        tenure, FeedMark({}), [columns(tick(float(at), "EURUSD_otc")) for at in range(MOST_KEPT)]
    )
    publisher.publish()
    published: list[float] = []
    position = "-"
    while entries := engine.execute([("XRANGE", key(duty, EVENTS), position, "+", "COUNT", 20)])[0]:
        for name, fields in entries:
            position = f"({name.decode()}"
            message = msgspec.msgpack.decode(field_of(fields, b"d"), type=EventBatch | FeedMark)
            if isinstance(message, EventBatch):
                assert len(message.items) <= MOST_RESUMED
                published += [each.time for item in message.items for each in item]  # type: ignore[union-attr]
    assert published == [float(at) for at in range(MOST_KEPT)]
    router.stop()


def test_a_new_owner_publishes_before_the_followers_of_the_former_one_can_ask_for_it(
    own: Callable[[str], PlayedOwner],
) -> None:
    own("h1").end()
    second = own("h2")
    assert second.told() == SubscribeColumns("", second.desk)


@pytest.mark.timeout(120)
def test_an_attachment_outlives_an_engine_that_is_away(engine_server: EngineServer) -> None:
    engine = Engine(parse_address(engine_server.url), timeout=0.3)
    engine.prepare()
    owner = PlayedOwner(engine, "account:x", "h1")
    with attach(engine_server.url, account="x", timeout=WAIT) as attachment:
        heard = follow(attachment, owner, "")
        engine_server.kill()
        owner.desk.tell(Deliver([columns(tick(1.0))]))
        with pytest.raises(RequestError, match="is away"):
            attachment.router.ask(GetBalance(), timeout=WAIT)
        subscribed = attachment.router.ask(Subscribe("order.", to=Heard()), block=False)
        engine_server.start()
        assert heard.next() == tick(1.0)
        assert subscribed.get(timeout=WAIT) == "order."
        balance = attachment.router.ask(GetBalance(), block=False)
        owner.asked()[1].set(BALANCE)
        assert balance.get(timeout=WAIT) == BALANCE
    owner.desk.stop()
    engine.close()
