"""The target of scripts/fuzz, without atheris."""

import subprocess
import sys
from pathlib import Path

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


def test_its_help_needs_no_atheris() -> None:
    hidden = "import sys; sys.modules['atheris'] = None; from labs.fuzz import run; run.main()"
    command = [sys.executable, "-c", hidden, "--help"]
    scripts = Path(__file__).parents[2] / "scripts"
    shown = subprocess.run(command, cwd=scripts, capture_output=True, text=True, timeout=30, check=True)
    assert "--seconds" in shown.stdout
    missing = subprocess.run(
        [*command[:-1], "folder"], cwd=scripts, capture_output=True, text=True, timeout=30, check=False
    )
    assert missing.returncode == 1
    assert missing.stderr.startswith("atheris is needed")
