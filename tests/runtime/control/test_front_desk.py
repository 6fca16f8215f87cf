"""Commands by a real engine: the askers are real attachments, the routers of the owners are the test's."""

import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal

import msgspec
import pytest
from msgspec import structs

from actors.errors import (
    ConfigInvalid,
    NoRuntime,
    NotSent,
    OrderUnknown,
    RequestError,
    RequestRefused,
    TransportError,
)
from actors.messages import Direction, GetBalance, PlaceOrder, SendRaw
from actors.messages.control import Drain
from actors.messages.routing import GivenUp
from actors.values import AccountKind, Balance, Life
from runtime import Attachment, attach
from runtime.cluster.address import parse_address
from runtime.cluster.engine import Engine
from runtime.cluster.forms import COMMANDS, REPLIES
from runtime.cluster.outcomes import Refusal
from runtime.cluster.reader import StreamReader
from runtime.control.front_desk import FrontDesk
from runtime.control.protocol import FromAsker, GetAccounts, HelloRefused
from tests.doubles.engine_server import EngineServer
from tests.doubles.played_owner import LEASE, PlayedOwner
from tests.doubles.recorder import WAIT

BALANCE = Balance(AccountKind.DEMO, Decimal("10.10"))
ORDER = PlaceOrder("EURUSD_otc", Decimal(1), Direction.CALL, 60)
NAMED = structs.replace(ORDER, id="mine")


def test_an_answer_and_an_error_come_back_as_they_are(asker: tuple[PlayedOwner, Attachment]) -> None:
    owner, attachment = asker
    assert attachment.runtime.venue == "h1"
    balance = attachment.router.ask(GetBalance(), block=False)
    raw = attachment.router.ask(SendRaw("x"), block=False)
    (first, slot), (second, other) = owner.asked(), owner.asked()
    assert (first.command, second.command) == (GetBalance(), SendRaw("x"))
    other.fail(RequestRefused("no"))
    slot.set(BALANCE)
    assert balance.get(timeout=WAIT) == BALANCE
    with pytest.raises(RequestRefused, match="no"):
        raw.get(timeout=WAIT)


def test_it_reads_once_a_descriptor_is_free_to_watch_with(
    own: Callable[[str], PlayedOwner], engine_url: str, duty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, readers = FrontDesk.watch, []

    def first_fails(desk: FrontDesk, reader: StreamReader, message: object) -> None:
        readers.append(reader)
        if len(readers) == 1:
            raise TransportError("Too many open files while beginning to watch a socket")
        watch(desk, reader, message)

    monkeypatch.setattr(FrontDesk, "watch", first_fails)
    owner = own("h1")
    with attach(engine_url, account=duty.partition(":")[2], timeout=WAIT) as attachment:
        balance = attachment.router.ask(GetBalance(), block=False)
        owner.asked()[1].set(BALANCE)
        assert balance.get(timeout=WAIT) == BALANCE
    assert len(readers) > 1


def test_what_an_owner_left_unanswered_is_the_next_ones(
    asker: tuple[PlayedOwner, Attachment], own: Callable[[str], PlayedOwner]
) -> None:
    first, attachment = asker
    balance = attachment.router.ask(GetBalance(), block=False)
    _, stale = first.asked()
    first.release()
    second = own("h2")
    stale.set(Balance(AccountKind.DEMO, Decimal(1)))
    second.asked()[1].set(BALANCE)
    assert balance.get(timeout=WAIT) == BALANCE


def test_an_owner_that_gives_its_lease_back_answers_what_it_has_and_takes_no_more(
    asker: tuple[PlayedOwner, Attachment], own: Callable[[str], PlayedOwner]
) -> None:
    first, attachment = asker
    balance = attachment.router.ask(GetBalance(), block=False)
    _, slot = first.asked()
    first.desk.tell(Drain())
    slot.set(BALANCE)
    assert balance.get(timeout=WAIT) == BALANCE
    later = attachment.router.ask(GetBalance(), block=False)
    first.end()
    own("h2").asked()[1].set(BALANCE)
    assert later.get(timeout=WAIT) == BALANCE
    assert first.router.nothing_more()


def test_an_order_that_a_former_owner_journaled_is_asked_for_by_its_id(
    asker: tuple[PlayedOwner, Attachment], own: Callable[[str], PlayedOwner]
) -> None:
    first, attachment = asker
    journaled = attachment.router.ask(ORDER, block=False)
    not_begun = attachment.router.ask(ORDER, block=False)
    asked, _ = first.asked()
    first.journal(asked.order)
    first.end()
    second = own("h2")
    (again, slot), (new, other) = second.asked(), second.asked()
    assert again.command == PlaceOrder(*(ORDER.asset, ORDER.amount, ORDER.direction, 60), id=asked.order)
    assert new.command == ORDER
    slot.fail(OrderUnknown("in doubt"))
    other.fail(NotSent("limit"))
    with pytest.raises(OrderUnknown, match="in doubt") as unknown:
        journaled.get(timeout=WAIT)
    assert unknown.value.order == asked.order
    with pytest.raises(NotSent, match="limit"):
        not_begun.get(timeout=WAIT)


def test_what_may_not_be_done_twice_is_not_the_next_owners(
    asker: tuple[PlayedOwner, Attachment], own: Callable[[str], PlayedOwner]
) -> None:
    first, attachment = asker
    raw = attachment.router.ask(SendRaw("x"), block=False)
    first.asked()
    first.end()
    second = own("h2")
    with pytest.raises(RequestError, match="the former one may have done it"):
        raw.get(timeout=WAIT)
    again = attachment.router.ask(SendRaw("x"), block=False)
    second.asked()[1].set(Life("A", 1))
    assert again.get(timeout=WAIT) == Life("A", 1)


def test_an_order_without_an_owner_is_withdrawn_and_no_owner_finds_it(
    asker: tuple[PlayedOwner, Attachment], own: Callable[[str], PlayedOwner]
) -> None:
    first, attachment = asker
    first.end()
    with pytest.raises(NotSent, match="no host has begun it"):
        attachment.router.ask(ORDER, timeout=0.2)
    balance = attachment.router.ask(GetBalance(), block=False)
    asked, slot = own("h2").asked()
    slot.set(BALANCE)
    assert asked.command == GetBalance()
    assert balance.get(timeout=WAIT) == BALANCE


def test_asks_for_one_order_reach_the_router_in_turn_each_with_its_own_entry(
    asker: tuple[PlayedOwner, Attachment],
) -> None:
    owner, attachment = asker
    first = attachment.router.ask(NAMED, block=False)
    asked, slot = owner.asked()
    entry = owner.entries["mine"]
    second = attachment.router.ask(NAMED, block=False)
    attachment.router.ask(GetBalance(), block=False)
    assert owner.asked()[0].command == GetBalance()  # it came later, and does not wait
    assert owner.entries["mine"] == entry
    slot.fail(NotSent("the venue has not said which orders there are"))
    with pytest.raises(NotSent):
        first.get(timeout=WAIT)
    again, slot = owner.asked()
    assert again.command == asked.command
    assert owner.entries["mine"] != entry
    slot.fail(OrderUnknown("no answer", order="mine"))
    with pytest.raises(OrderUnknown):
        second.get(timeout=WAIT)
    assert owner.entries == {}


def test_an_order_that_was_withdrawn_cannot_be_journaled_any_more(
    asker: tuple[PlayedOwner, Attachment],
) -> None:
    owner, attachment = asker
    with pytest.raises(NotSent):
        attachment.router.ask(ORDER, timeout=0.2)
    asked, _ = owner.asked()
    entry = owner.entries[asked.order]
    assert owner.journal(asked.order) == Refusal("withdrawn", entry)


def test_an_ask_that_was_withdrawn_is_dropped_by_the_owner_and_holds_up_nobody(
    asker: tuple[PlayedOwner, Attachment],
) -> None:
    owner, attachment = asker
    first = attachment.router.ask(NAMED, block=False)
    asked, slot = owner.asked()
    first.give_up()  # type: ignore[attr-defined]
    with pytest.raises(OrderUnknown, match="waits no longer"):  # another caller may have sent it
        first.get(timeout=WAIT)
    assert owner.told() == GivenUp(asked.ask)
    assert owner.journal("mine") == Refusal("withdrawn", owner.entries["mine"])
    slot.fail(NotSent("it was withdrawn"))
    second = attachment.router.ask(NAMED, block=False)
    _, slot = owner.asked()
    owner.journal("mine")
    slot.fail(OrderUnknown("no answer", order="mine"))
    with pytest.raises(OrderUnknown):
        second.get(timeout=WAIT)


def test_of_an_order_that_is_journaled_the_owner_is_told_that_nobody_waits(
    asker: tuple[PlayedOwner, Attachment],
) -> None:
    owner, attachment = asker
    future = attachment.router.ask(ORDER, block=False)
    asked, slot = owner.asked()
    owner.journal(asked.order)
    future.give_up()  # type: ignore[attr-defined]
    assert owner.router.seen() == GivenUp(asked.ask)
    slot.fail(NotSent("it was withdrawn"))
    with pytest.raises(NotSent, match="it was withdrawn"):
        future.get(timeout=WAIT)


def test_the_deadline_counts_from_the_moment_at_which_the_engine_got_the_command(
    asker: tuple[PlayedOwner, Attachment], own: Callable[[str], PlayedOwner]
) -> None:
    first, attachment = asker
    first.end()
    began = time.monotonic()
    balance = attachment.router.ask(GetBalance(), block=False, timeout=100.0)
    asked, slot = own("h2").asked()
    assert began - 0.01 <= asked.at <= time.monotonic()
    assert asked.expires_at - asked.at == pytest.approx(100.0, abs=1.0)
    slot.set(BALANCE)
    assert balance.get(timeout=WAIT) == BALANCE


def test_what_is_the_process_of_a_hosts_is_refused(asker: tuple[PlayedOwner, Attachment]) -> None:
    _, attachment = asker
    with pytest.raises(RequestRefused, match="attach there"):
        attachment.router.ask(GetAccounts(), timeout=WAIT)


def test_a_message_of_another_version_ends_its_attachment_alone(
    asker: tuple[PlayedOwner, Attachment], engine: Engine
) -> None:
    owner, attachment = asker
    engine.send(owner.tenure.duty, b"\xc1")
    words = msgspec.msgpack.encode(FromAsker("old", msgspec.Raw(msgspec.msgpack.encode({"type": "Later"}))))
    engine.send(owner.tenure.duty, words)
    balance = attachment.router.ask(GetBalance(), block=False)
    owner.asked()[1].set(BALANCE)
    assert balance.get(timeout=WAIT) == BALANCE
    with closing(StreamReader(engine, owner.tenure.duty, {REPLIES.format("old"): "0-0"})) as reader:
        [reply], _ = reader.take()
    refused = msgspec.msgpack.decode(reply.fields[b"d"], type=HelloRefused)
    assert refused.reason.startswith("what it sent cannot be read")


def test_an_attachment_needs_an_account_that_a_host_has(engine_url: str, duty: str, engine: Engine) -> None:
    with pytest.raises(RequestRefused, match="name one"):
        attach(engine_url)
    with pytest.raises(NoRuntime, match="no host has ever had"):
        attach(engine_url, account="nobody's")
    with pytest.raises(ConfigInvalid, match="begins with valkey"):
        attach("http://127.0.0.1:1/0", account="main")
    with pytest.raises(NoRuntime, match="is away"):
        attach("valkey://127.0.0.1:1/0", account="main")
    engine.acquire(duty, "h1", LEASE)
    with pytest.raises(NoRuntime, match="no host answers"):
        attach(engine_url, account=duty.partition(":")[2], timeout=0.2)


def test_without_an_owner_the_signs_of_life_of_a_process_do_not_pile_up(
    asker: tuple[PlayedOwner, Attachment], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.control.engine_line.TELLS_EVERY", 0.0)
    owner, _ = asker
    owner.desk.stop()
    with closing(StreamReader(engine, owner.tenure.duty, {COMMANDS: "0-0"})) as reader:
        seen: set[str] = set()
        while len(seen) < 4:
            seen |= {entry.id for entry in reader.take()[0]}
    with closing(StreamReader(engine, owner.tenure.duty, {COMMANDS: "0-0"})) as reader:
        assert len(reader.take()[0]) == 1


def test_while_the_engine_hangs_one_ask_waits_for_it_and_the_others_fail_at_once(
    engine_server: EngineServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.control.engine_line.PAUSE", 100.0)
    engine = Engine(parse_address(engine_server.url), timeout=10.0)
    owner = PlayedOwner(engine, "account:x", "h1")
    with attach(engine_server.url, account="x", timeout=WAIT) as attachment:
        engine_server.stop()
        with pytest.raises(OrderUnknown, match="did not answer within 1 s"):
            attachment.router.ask(ORDER, timeout=10.0)
        for _ in range(100):
            with pytest.raises(NotSent, match="did not answer within 1 s"):
                attachment.router.ask(ORDER, timeout=0.5)
        engine_server.thaw()
    owner.desk.stop()
    engine.close()
