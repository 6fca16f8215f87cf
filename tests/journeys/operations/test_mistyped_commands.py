"""A command with a field of the wrong type is refused; neither the runtime nor a worker dies of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from actors.errors import RequestRefused
from actors.messages import (
    CommandFailed,
    GetAssets,
    GetPayout,
    LoadCandles,
    SendRaw,
    Subscribe,
    SubscribeTicks,
    WorkerDown,
)
from runtime import Runtime, attach
from tests.journeys.journey import ASSETS, DEADLINE, Notebook, Start, ask, practice

MISTYPED: list[Any] = [
    SubscribeTicks(ASSETS[0], period="60"),  # type: ignore[arg-type]
    SubscribeTicks(ASSETS[0], period=60.5),  # type: ignore[arg-type]
    SubscribeTicks(ASSETS[0], period=2**64),
    LoadCandles(ASSETS[0], 60, count="5"),  # type: ignore[arg-type]
    LoadCandles(ASSETS[0], 60, count=5, end="now"),  # type: ignore[arg-type]
    GetPayout([ASSETS[0]]),  # type: ignore[arg-type]
    GetAssets(deadline="5"),  # type: ignore[arg-type]
    SendRaw("\ud800"),
]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_mistyped_command_ends_neither_the_runtime_nor_a_worker(start_runtime: Start, workers: int) -> None:
    runtime = start_runtime(practice(workers))
    notebook = Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    ask(runtime, GetAssets())
    for command in MISTYPED:
        with pytest.raises(RequestRefused):
            ask(runtime, command)
    runtime.router.tell(GetAssets(deadline="5"))  # type: ignore[arg-type]
    assert "deadline must be" in notebook.first(CommandFailed).reason
    assert ask(runtime, GetAssets())
    assert runtime.failure is None
    assert notebook.all(WorkerDown) == []


def test_a_mistyped_command_does_not_end_an_attachment(tmp_path: Path, place: Path) -> None:
    file = tmp_path / "c.yaml"
    settings = {"pool": {"workers": 0, "connections": 1}, "control": {"socket": str(place)}}
    file.write_text(yaml.safe_dump(settings))
    with Runtime.from_yaml(file), attach(file) as attachment:
        for command in MISTYPED:
            with pytest.raises(RequestRefused):
                attachment.router.ask(command, timeout=DEADLINE)
        assert not attachment.ended.is_set()
