"""The target of scripts/fuzz, without atheris."""

import pytest
from hypothesis import given, strategies as st
from labs.fuzz import target

from actors.messages import AssetsListed, BalanceChanged, CandlesLoaded, ConnectionReport, ConnectionUp
from actors.messages.traffic import Ticks
from actors.venues.pocketoption.session import PocketOptionSession


def test_its_seeds_go_as_far_as_a_venue_does() -> None:
    told = {type(item) for seed in target.seeds() for item in target.one_input(seed)}
    assert {ConnectionUp, AssetsListed, BalanceChanged, CandlesLoaded, ConnectionReport, Ticks} <= told


@given(st.binary())
def test_any_input_raises_only_our_own_errors(data: bytes) -> None:
    target.one_input(data)


def test_another_exception_comes_out_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*arguments: object) -> None:
        raise RecursionError

    monkeypatch.setattr(PocketOptionSession, "receive", broken)
    with pytest.raises(RecursionError):
        target.one_input(b"")
