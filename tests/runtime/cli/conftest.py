"""The command line as real processes, none of which outlives its test."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.messages import GetBalance
from runtime import Runtime
from runtime.config import load
from tests.doubles.engine_fixtures import group
from tests.journeys.journey import DEADLINE

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "configs" / "pocketoption.yaml"

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the command line, or another ``module`` that has one, with arguments, in a process group of
    its own; ``session`` stands in POCKET_OPTION_SSID."""
    started = []

    def run(
        *arguments: str | Path, session: str = "", module: str = "runtime.main"
    ) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=ROOT,
            env=os.environ | {"POCKET_OPTION_SSID": session},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the configuration that the project ships: its control socket is named after its path, so a
    runtime of another test, or of the user, does not hold it."""
    file = tmp_path_factory.mktemp("configs") / SHIPPED.name
    file.write_bytes(SHIPPED.read_bytes())
    return file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "ctl.yaml"
    file.write_text("pool: {workers: 0}\nstreams: [{asset: EURUSD_otc}]\npractice: {tick_rate: 20/s}\n")
    return file


@pytest.fixture
def runtime(file: Path, start_runtime: Callable[..., Runtime]) -> Runtime:
    running = start_runtime(load(file))
    running.router.ask(GetBalance(), timeout=DEADLINE)  # comes after the login
    return running


def venue(file: Path, session: str, urls: list[str], more: str = "") -> None:
    regions = ", ".join(f"{{name: region-{number}, url: '{url}'}}" for number, url in enumerate(urls, 1))
    quoted = session.replace("'", "''")
    file.write_text(f"account: {{session: '{quoted}'}}\nregions: {{demo: [{regions}]}}\n{more}")


__all__ = ["file", "group", "runtime", "shipped", "start"]
