"""Texts of the user's own: which connection takes each, and which are sent again after a login."""

from collections.abc import Sequence

from actors.messages.commands import SendRaw
from actors.messages.outbound import EndRepeats
from actors.messages.owners import OPERATOR, PROGRAM, Owner
from actors.messages.traffic import Failure, Request, Response
from actors.outbound.assignment import PoolEffect
from actors.values import Life
from tests.doubles.pool_simulation import PoolSimulation, simulated_pool


def raw_texts(effects: Sequence[object]) -> list[tuple[str, str]]:
    return [
        (each.connection, each.command.text)
        for each in effects
        if isinstance(each, Request) and isinstance(each.command, SendRaw)
    ]


def send_raw(
    pool: PoolSimulation, text: str, connection: str = "", owner: Owner | None = None
) -> tuple[str, list[PoolEffect]]:
    command = SendRaw(text, connection, each_login=True)
    return pool.assignment.choose(Request(1, command, 9.0, connection, owner=owner), 0.0)


def test_a_raw_text_takes_the_connection_that_it_names_or_that_of_the_account() -> None:
    assignment = simulated_pool(up=("c1", "c2", "c3")).assignment
    assert assignment.choose(Request(1, SendRaw("x"), 9.0), 0.0) == ("c1", [])
    assert assignment.choose(Request(2, SendRaw("x", "c3"), 9.0, "c3"), 0.0) == ("c3", [])


def test_a_raw_text_waits_for_the_connection_that_it_names() -> None:
    pool = simulated_pool(up=("c1",))
    request = Request(1, SendRaw("x", "c2"), 9.0, "c2")
    assert pool.assignment.choose(request, 0.0)[0] == ""
    assert request in pool.assignment.on_up(Life("c2", 1), 0.0)


def test_a_text_for_each_login_is_sent_again_on_its_connection_alone() -> None:
    pool = simulated_pool(up=("c1", "c2"))
    assert send_raw(pool, "x", "c2") == ("c2", [])
    assert send_raw(pool, "y", "c2") == ("c2", [])
    assert send_raw(pool, "x", "c2", OPERATOR) == ("c2", [])
    assignment = pool.assignment
    for name in ("c1", "c2"):
        assignment.on_down(Life(name, 1), 1.0)
    assert raw_texts(assignment.on_up(Life("c1", 2), 2.0)) == []
    assert raw_texts(assignment.on_up(Life("c2", 2), 2.0)) == [("c2", "x"), ("c2", "y")]
    assert assignment.on_repeats_ended(EndRepeats(7, PROGRAM, "x")) == [Response(7, True)]
    assert assignment.on_repeats_ended(EndRepeats(8, PROGRAM, "x")) == [Response(8, False)]
    assert assignment.on_repeats_ended(EndRepeats(9, PROGRAM, "y", "c1")) == [Response(9, False)]
    assignment.on_down(Life("c2", 2), 3.0)
    assert raw_texts(assignment.on_up(Life("c2", 3), 4.0)) == [("c2", "y"), ("c2", "x")]


def test_a_text_for_each_login_that_was_lost_is_sent_once_after_the_next() -> None:
    pool = simulated_pool(up=("c1", "c2"))
    request = Request(1, SendRaw("x", "c2", each_login=True), 9.0, "c2")
    assert pool.assignment.choose(request, 0.0) == ("c2", [])
    pool.assignment.members.on_sent("c2", request, 0.0)
    assert raw_texts(pool.assignment.on_down(Life("c2", 1), 1.0)) == []
    assert raw_texts(pool.assignment.on_up(Life("c2", 2), 2.0)) == [("c2", "x")]


def test_what_an_attached_process_has_repeated_ends_with_it() -> None:
    pool = simulated_pool(up=("c1",))
    (refused,) = send_raw(pool, "x", owner=pool.peer)[1]
    assert isinstance(refused, Failure)
    pool.assignment.owners.begin(pool.peer)
    assert send_raw(pool, "x", owner=pool.peer) == ("c1", [])
    pool.assignment.on_owner_ended(pool.peer)
    pool.assignment.on_down(Life("c1", 1), 1.0)
    assert raw_texts(pool.assignment.on_up(Life("c1", 2), 2.0)) == []
