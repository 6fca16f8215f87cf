"""A runtime in a program whose ``sys.executable`` starts no worker."""

import sys
from pathlib import Path

import pytest

from actors.errors import NotSent
from actors.messages.commands import GetBalance
from runtime import Runtime
from runtime.config import load_text

DEADLINE = 20.0


@pytest.mark.parametrize("executable", [None, "/nowhere/python"])
def test_every_ask_is_answered_at_once_with_the_reason_that_no_worker_can_be_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, executable: str | None
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    with Runtime(load_text("pool: {connections: 2, workers: 2}\n", "c.yaml", tmp_path)) as runtime:
        for _ in range(2):
            with pytest.raises(NotSent, match=f"the runtime cannot go on: sys.executable is {executable}"):
                runtime.router.ask(GetBalance(deadline=DEADLINE))
        assert runtime.wait(DEADLINE)
        assert f"sys.executable is {executable}" in str(runtime.failure)
