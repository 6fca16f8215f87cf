"""Every command on a console without streams, with full or poor ones, and when it is interrupted early."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.cli.exit_codes import ExitCode

ROOT = Path(__file__).resolve().parents[3]
DEADLINE = 30.0

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the shell closes the streams")

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "c.yaml"
    file.write_text("pool: {connections: 1, workers: 0}\nstreams: [{asset: EURUSD_otc}]\n")
    return file


def shell(command: str, file: Path, **variables: str) -> "subprocess.CompletedProcess[bytes]":
    """Run ``command``, in which ``$PY`` is this interpreter and ``$F`` the file."""
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=ROOT,
        env=os.environ | {"PY": sys.executable, "F": str(file), "PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("-m runtime.main $F --duration 3s --output log >&-", 0),
        ("-m runtime.main $F --duration 3s --output log <&- >&- 2>&-", 0),
        ("-m runtime.main $F --check >&-", 74),
        ("-m runtime.ctl $F status >&- 2>&-", 4),
        ("-m runtime.practice --help >&-", 74),
        pytest.param("-m runtime.main $F --check > /dev/full", 74, marks=needs_full),
        pytest.param("-m runtime.main $F --output json > /dev/full", 74, marks=needs_full),
        # A table that cannot be drawn is the log: nothing is written to standard output.
        ("-m runtime.main $F --duration 3s --output table >&-", 0),
        pytest.param("-m runtime.main $F --duration 3s --output table > /dev/full", 0, marks=needs_full),
        pytest.param("-m runtime.ctl $F reload 2> /dev/full", 4, marks=needs_full),
        pytest.param("-m runtime.candles $F EURUSD_otc --count 3 > /dev/full", 74, marks=needs_full),
    ],
)
def test_an_output_that_takes_nothing_shows_in_the_exit_code_and_in_no_traceback(
    file: Path, command: str, code: int
) -> None:
    done = shell(f"exec $PY {command}", file)
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"ERROR") <= 1


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_table_into_a_pipe_is_the_log_in_any_encoding(file: Path, encoding: str) -> None:
    with file.open("a") as more:
        more.write(f'orders: {{journal: "{file.parent}/\\u25b2.sqlite"}}\n')
    done = shell("exec $PY -m runtime.main $F --duration 3s --output table", file, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr.decode()
    assert b"no terminal that a table can be drawn on" in done.stderr
    assert (file.parent / "▲.sqlite").exists()
    assert rb"\u25b2.sqlite" in done.stderr
    assert b"EURUSD_otc: " in done.stderr
    assert b"UnicodeEncodeError" not in done.stderr
    assert done.stderr.endswith(b"\n")


@pytest.mark.parametrize(
    "command",
    ["runtime.main {file}", "runtime.ctl {file} status", "runtime.candles {file} A", "runtime.practice"],
)
@pytest.mark.parametrize("module", ["runtime.cli.exit_codes", "pykka"], ids=["before", "during"])
def test_an_interrupt_while_a_command_loads_is_quiet(file: Path, command: str, module: str) -> None:
    arguments = command.format(file=file).split()
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.endswith(f" {module}\n"):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
        assert process.wait(DEADLINE) == 130
    assert [line for line in rest.splitlines() if not line.startswith("import time:")] == []


def test_a_hangup_while_the_run_loads_ends_nothing(file: Path) -> None:
    """As of a logrotate that meets a service which has just been started."""
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "runtime.main", str(file), "--duration", "0.5s"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.endswith(" pykka\n"):
                process.send_signal(signal.SIGHUP)
                break
        process.stderr.read()
        assert process.wait(DEADLINE) in {ExitCode.DONE, ExitCode.OUTAGE}  # it was short
