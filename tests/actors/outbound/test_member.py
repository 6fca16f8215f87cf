"""The states of one connection of the pool."""

import pytest
from hypothesis import given, strategies as st

from actors.outbound.member import TRANSITIONS, Member, MemberEvent, MemberState, Role

S, E = MemberState, MemberEvent


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ((), S.CLOSED),
        ((E.OPEN,), S.OPENING),
        ((E.OPEN, E.UP), S.UP),
        ((E.OPEN, E.UP, E.DOWN), S.OPENING),
        ((E.OPEN, E.UP, E.CLOSE), S.CLOSING),
        ((E.OPEN, E.UP, E.CLOSE, E.DOWN), S.CLOSED),
        ((E.OPEN, E.UP, E.CLOSE, E.OPEN), S.REOPENING),
        ((E.OPEN, E.UP, E.CLOSE, E.OPEN, E.DOWN), S.OPENING),
        ((E.UP,), S.UP),
        ((E.OPEN, E.QUARANTINE), S.QUARANTINED),
        ((E.OPEN, E.QUARANTINE, E.WORKER_LOST, E.PLACED), S.QUARANTINED),
        ((E.OPEN, E.QUARANTINE, E.UP), S.UP),
        ((E.OPEN, E.UP, E.WORKER_LOST), S.STRANDED),
        ((E.OPEN, E.UP, E.WORKER_LOST, E.DOWN), S.STRANDED),
        ((E.OPEN, E.UP, E.WORKER_LOST, E.DOWN, E.PLACED), S.OPENING),
        ((E.WORKER_LOST,), S.UNAVAILABLE),
        ((E.WORKER_LOST, E.PLACED), S.CLOSED),
        ((E.OPEN, E.UP, E.CLOSE, E.WORKER_LOST), S.UNAVAILABLE),
    ],
)
def test_the_state_follows_from_the_events(events: tuple[MemberEvent, ...], state: MemberState) -> None:
    member = Member("c1", kept=False)
    for event in events:
        member.on(event)
    assert member.state is state


@given(st.lists(st.sampled_from(MemberEvent), max_size=20))
def test_only_a_connection_that_is_up_has_a_role(events: list[MemberEvent]) -> None:
    member = Member("c1", kept=False)
    for event in events:
        if member.up:
            member.role = Role.MARKET
        member.on(event)
        assert member.up or member.role is Role.NONE


def test_every_state_is_reached() -> None:
    assert {*TRANSITIONS.values()} == {*MemberState}
