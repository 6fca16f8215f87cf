"""The session string of a running program is looked for wherever it might have leaked to."""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from runtime.main import main
from runtime.practice import PracticeExchange
from runtime.practice.session_mark import SESSION_MARK

DEADLINE = 20.0

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def config(tmp_path: Path, exchange: PracticeExchange) -> Path:
    """Every line of log that there is, in a file too, and a journal."""
    settings = {
        "config_version": 1,
        "account": {"session": "${POCKET_OPTION_SSID}"},
        "regions": {"demo": [{"name": "here", "url": exchange.regions[0].url}]},
        "streams": [{"asset": "EURUSD_otc"}],
        "reconnect": {"refusal_delay": "50ms"},
        "orders": {"journal": str(tmp_path / "orders.sqlite")},
        "log": {"level": "TRACE", "json_lines": True, "file": str(tmp_path / "tellwire.log")},
    }
    file = tmp_path / "canary.yaml"
    file.write_text(json.dumps(settings))  # which is YAML too
    return file


def until(process: "subprocess.Popen[str]", name: str) -> tuple[dict[str, Any], str]:
    """The first event of that name, and all that was written up to it."""
    assert process.stdout is not None
    read = ""
    for line in process.stdout:
        read += line
        event = json.loads(line)
        if event["event"] == name:
            return event, read
    pytest.fail(f"no {name} came")


def seen_of(worker: int) -> Iterator[str]:
    """What other users of the machine may see of a process, and what its own user may."""
    process = psutil.Process(worker)
    yield " ".join(process.cmdline())
    with contextlib.suppress(psutil.AccessDenied):  # root alone sees it
        yield " ".join(process.environ().values())


@pytest.mark.parametrize("refused", [False, True], ids=["served", "refused at last"])
def test_the_session_is_in_nothing_that_a_run_leaves_behind(
    start: Start, config: Path, exchange: PracticeExchange, refused: bool
) -> None:
    process = start(config, "--output", "json", session=exchange.session)
    worker, seen = until(process, "WorkerUp")
    traces = [seen, *seen_of(worker["pid"])]
    traces.append(until(process, "Tick")[1])
    if refused:
        exchange.fault("refuse_sessions")
        exchange.drop_connections()
    elif sys.platform == "win32":
        process.kill()
    else:
        process.send_signal(signal.SIGINT)
    traces += process.communicate(timeout=DEADLINE)
    assert process.returncode == (3 if refused else 0) or sys.platform == "win32"
    files = {file.name: file.read_bytes() for file in config.parent.iterdir()}
    traces += [content.decode(errors="replace") for content in files.values()]
    assert {"canary.yaml", "orders.sqlite", "tellwire.log"} <= set(files)
    assert exchange.session.count(SESSION_MARK) == 1
    assert [trace for trace in traces if SESSION_MARK in trace] == []

    lines = [json.loads(line) for line in files["tellwire.log"].splitlines()]
    assert {line["worker"] for line in lines} >= {"", "worker-1"}


@pytest.mark.parametrize("argument", ["--check", "--print-config"])
def test_the_session_is_in_no_answer_about_the_configuration(
    config: Path,
    exchange: PracticeExchange,
    argument: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", exchange.session)
    assert main([str(config), argument]) == 0
    assert SESSION_MARK not in "".join(capfd.readouterr())


def test_a_session_that_is_not_quite_right_is_not_repeated(
    config: Path,
    exchange: PracticeExchange,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", exchange.session.replace("isDemo", "isReal"))
    assert main([str(config)]) == 2
    out, err = capfd.readouterr()
    assert "account.session" in err
    assert SESSION_MARK not in out + err
