"""Every command on a console without streams, with full or poor ones, and when it is interrupted early."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

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
        ("-m runtime.main $F --duration 100ms --output log >&-", 0),
        ("-m runtime.main $F --duration 100ms --output log <&- >&- 2>&-", 0),
        ("-m runtime.main $F --check >&-", 74),
        ("-m runtime.ctl $F status >&- 2>&-", 4),
        ("-m runtime.practice --help >&-", 74),
        pytest.param("-m runtime.main $F --check > /dev/full", 74, marks=needs_full),
        pytest.param("-m runtime.main $F --output json > /dev/full", 74, marks=needs_full),
        pytest.param("-m runtime.main $F --output table > /dev/full", 74, marks=needs_full),
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


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=lambda variables: next(iter(variables.values())),
)
def test_a_table_is_drawn_in_any_encoding_and_ends_with_a_newline(
    file: Path, variables: dict[str, str]
) -> None:
    done = shell("exec $PY -m runtime.main $F --duration 2s --output table", file, **variables)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"EURUSD_otc" in done.stdout
    assert done.stdout.endswith(b"\n")


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
