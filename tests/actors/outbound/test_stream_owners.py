"""The owners of streams, against a model that keeps them as plain sets."""

from typing import NamedTuple

import pytest
from hypothesis import given, strategies as st

from actors.messages.owners import FILE, OPERATOR, PROGRAM, Owner, spoken
from actors.outbound.stream_owners import Kept, StreamOwners

PEERS = (Owner("process 1 (peer 1)"), Owner("process 2 (peer 2)"))


def owners_of(**streams: tuple[Owner, ...]) -> StreamOwners:
    owners = StreamOwners()
    for peer in PEERS:
        owners.begin(peer)
    for asset, each in streams.items():
        for number, owner in enumerate(each):
            owners.keep(asset, owner, 60 + number)
    return owners


def test_a_stream_ends_with_its_last_owner() -> None:
    owners = owners_of(A=(FILE, PROGRAM))
    assert owners.release("A", FILE) == Kept(("program",), 61)
    assert owners.release("A", PROGRAM) is None
    assert not owners.owns("A", PROGRAM)
    assert owners.names("A") == ()


def test_an_owner_keeps_a_stream_once_however_often_it_asks() -> None:
    owners = owners_of(A=(PROGRAM, PROGRAM, PROGRAM))
    assert owners.release("A", PROGRAM) is None


def test_a_subscription_lets_go_for_itself_and_its_process_for_both() -> None:
    owners = owners_of(A=(PROGRAM, PROGRAM.for_subscription), B=(PROGRAM, PROGRAM.for_subscription))
    assert owners.names("A") == ("program",)
    assert owners.release("A", PROGRAM.for_subscription) == Kept(("program",), 60)
    assert not owners.owns("A", PROGRAM.for_subscription)
    assert owners.owns("A", PROGRAM)
    assert owners.release("B", PROGRAM) is None


def test_the_latest_wish_for_a_period_counts_among_those_that_are_left() -> None:
    owners = owners_of(A=(FILE, PROGRAM, OPERATOR))
    owners.keep("A", FILE, 300)
    assert owners.release("A", PROGRAM) == Kept(("file", "operator"), 300)
    assert owners.release("A", FILE) == Kept(("operator",), 62)


def test_a_process_that_has_ended_owns_nothing_any_more_and_never_will() -> None:
    owners = owners_of(A=(PEERS[0],), B=(PEERS[0].for_subscription, FILE), C=(PEERS[1],))
    assert dict(owners.end(PEERS[0])) == {"A": None, "B": Kept(("file",), 61)}
    assert not owners.may_own(PEERS[0])
    assert not owners.may_own(PEERS[0].for_subscription)
    assert owners.may_own(PEERS[1])
    assert dict(owners.end(PEERS[0])) == {}


def test_the_shares_name_each_owner_with_its_streams() -> None:
    owners = owners_of(A=(FILE, PEERS[0]), B=(FILE,), C=(PEERS[0], PEERS[0].for_subscription), D=(FILE,))
    assert owners.shares() == "the file has 3, process 1 (peer 1) has 2"


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("file",), "the file"),
        (("process 1 (peer 1)", "operator"), "process 1 (peer 1) and the operator"),
        (("file", "program", "peer 2"), "the file, the program and peer 2"),
    ],
)
def test_owners_are_spoken_of_as_in_a_sentence(names: tuple[str, ...], text: str) -> None:
    assert spoken(names) == text


class _Step(NamedTuple):
    does: str
    asset: str
    owner: Owner


EVERYBODY = [FILE, OPERATOR, PROGRAM, PROGRAM.for_subscription, PEERS[0], PEERS[0].for_subscription, PEERS[1]]
STEPS = st.lists(
    st.builds(
        _Step, st.sampled_from(["keep", "release", "end"]), st.sampled_from("AB"), st.sampled_from(EVERYBODY)
    ),
    max_size=30,
)


@given(STEPS)
def test_streams_are_there_exactly_as_long_as_they_have_owners(steps: list[_Step]) -> None:
    owners, model, ended = owners_of(), dict[str, set[Owner]](), set[Owner]()
    for does, asset, owner in steps:
        holding = model.setdefault(asset, set())
        goes = {owner} if owner.by_subscription else {owner, owner.for_subscription}
        if does == "keep" and owner.itself not in ended:
            owners.keep(asset, owner, 60)
            holding.add(owner)
        elif does == "release" and owners.owns(asset, owner):
            holding -= goes
            kept = owners.release(asset, owner)
            assert (kept is None) == (not holding)
        elif does == "end" and owner.itself in PEERS:
            ended.add(owner.itself)
            owned = {each for each, them in model.items() if owner.itself in {own.itself for own in them}}
            outcome = dict(owners.end(owner))
            for each, them in model.items():
                model[each] = {own for own in them if own.itself != owner.itself}
            assert outcome.keys() == owned
            assert all((outcome[each] is None) == (not model[each]) for each in owned)
        for each, them in model.items():
            assert set(owners.names(each)) == {own.name for own in them}
            for own in EVERYBODY:
                ends = {own} if own.by_subscription else {own, own.for_subscription}
                assert owners.owns(each, own) == bool(them & ends)
        assert all(owners.may_own(own) == (own.itself not in ended) for own in EVERYBODY)
