"""What the silence of a runtime means to an operator's command."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.errors import RequestTimeout, RuntimeHung
from actors.messages import GetBalance, GetStatus
from runtime import Runtime, attach
from runtime.cli.asking import ask
from runtime.config import load
from tests.frozen_process import freeze

ROOT = Path(__file__).resolve().parents[3]


def test_a_runtime_that_waits_for_the_venue_is_not_called_hung(
    tmp_path: Path, start_runtime: Callable[..., Runtime]
) -> None:
    file = tmp_path / "c.yaml"
    session = '42["auth",{"session":"pract1ce000000","isDemo":1,"uid":1,"platform":2}]'
    region = "{name: gone, url: 'ws://127.0.0.1:9/socket.io/?EIO=4&transport=websocket'}"
    file.write_text(
        f"account: {{session: '{session}'}}\nregions: {{demo: [{region}]}}\n"
        "pool: {workers: 0, connections: 1}\norders: {journal: j.sqlite}\n"
    )
    start_runtime(load(file))
    with attach(file) as attachment, pytest.raises(RequestTimeout):
        ask(attachment, GetBalance(), timeout=0.2)


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be stopped there")
def test_a_runtime_that_stands_still_under_a_request_is(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("pool: {workers: 0, connections: 1}\n")
    command = [sys.executable, "-m", "runtime.main", str(file), "--output", "json"]
    environment = os.environ | {"POCKET_OPTION_SSID": ""}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            assert any('"ConnectionUp"' in line for line in program.stdout)
            with attach(file) as attachment:
                ask(attachment, GetStatus())
                freeze(program.pid)
                with pytest.raises(RuntimeHung, match=r"no answer within 0\.2 s, nor to anything else"):
                    ask(attachment, GetStatus(), timeout=0.2)
        finally:
            program.kill()
