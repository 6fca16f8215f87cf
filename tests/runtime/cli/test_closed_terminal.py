"""A terminal that is closed under a run, as when the line to a remote machine drops."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.messages import Subscribe
from runtime import attach
from runtime.ctl import main as ctl
from runtime.practice import PracticeExchange
from tests.journeys.journey import DEADLINE, Notebook

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")

# The first process of a session that opens a terminal is controlled by it and gets SIGHUP when it closes.
CONTROLLED = "import os, sys; os.open(os.ttyname(0), os.O_RDWR); os.execv(sys.executable, sys.argv[1:])"

OnTerminal = Callable[..., "tuple[subprocess.Popen[bytes], int]"]


@pytest.fixture
def on_terminal() -> Iterator[OnTerminal]:
    """Starts the command line on a terminal of its own; answers with the process and our side of it."""
    started = []

    def start(file: Path, *arguments: str, session: str = "") -> "tuple[subprocess.Popen[bytes], int]":
        import pty  # noqa: PLC0415  # not there on Windows

        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "runtime.main", str(file), *arguments]
        process = subprocess.Popen(
            [sys.executable, "-c", CONTROLLED, *command],
            cwd=ROOT,
            env=os.environ | {"POCKET_OPTION_SSID": session, "TERM": "xterm", "COLUMNS": "120"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        started.append(process)
        return process, ours

    yield start
    for process in started:
        process.kill()
        process.wait()


def read_until(terminal: int, text: bytes) -> None:
    shown = b""
    while text not in shown:
        shown += os.read(terminal, 65536)


@pytest.mark.parametrize("output", ["table", "log", "json"])
def test_a_closed_terminal_asks_for_a_reload_and_ends_nothing(
    output: str, tmp_path: Path, place: Path, on_terminal: OnTerminal
) -> None:
    file, log = tmp_path / "terminal.yaml", tmp_path / "run.log"
    file.write_text(
        "pool: {workers: 1, connections: 1}\nstreams: [{asset: EURUSD_otc}]\n"
        f"practice: {{tick_rate: 20/s}}\ncontrol: {{socket: {place}}}\nlog: {{file: {log}}}\n"
    )
    process, terminal = on_terminal(file, "--output", output)
    read_until(terminal, b"onnection")
    with attach(place) as attachment:
        notebook = Notebook()
        attachment.router.ask(Subscribe("tick.", to=notebook), timeout=DEADLINE)
        assert notebook.wait(lambda book: len(book.ticks()) > 2)
        os.close(terminal)
        here = len(notebook.ticks())
        assert notebook.wait(lambda book: len(book.ticks()) > here + 20)
    assert ctl([str(place), "drain"]) == 0
    assert process.wait(DEADLINE) == 0
    told = log.read_text()
    assert "nothing has changed" in told
    assert "stopping, because an operator asked for it" in told
    assert not re.search("ERROR|CRITICAL", told), told


@pytest.mark.parametrize(("output", "sign"), [("table", b"live"), ("json", b'"Tick"')])
def test_a_session_refused_behind_a_closed_terminal_still_ends_with_3(
    output: str, sign: bytes, tmp_path: Path, on_terminal: OnTerminal, exchange: PracticeExchange
) -> None:
    file = tmp_path / "terminal.yaml"
    file.write_text(
        "account: {session: '${POCKET_OPTION_SSID:-}'}\n"
        f"regions: {{demo: [{{name: here, url: '{exchange.regions[0].url}'}}]}}\n"
        "pool: {workers: 0, connections: 1}\nstreams: [{asset: EURUSD_otc}]\ncontrol: {enabled: false}\n"
        f"orders: {{journal: '{tmp_path / 'orders.sqlite'}'}}\n"
        "reconnect: {reconnect_delay: 50ms, refusal_delay: 50ms}\n"
    )
    process, terminal = on_terminal(file, "--output", output, session=exchange.session)
    read_until(terminal, sign)
    os.close(terminal)
    exchange.fault("refuse_sessions")
    exchange.fault("drop")
    assert process.wait(DEADLINE) == 3
