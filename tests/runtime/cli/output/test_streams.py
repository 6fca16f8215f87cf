"""Standard streams that are missing, full, or of an encoding that lacks signs."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runtime.cli.output.stdout import draws_tables

ROOT = Path(__file__).resolve().parents[4]
DEADLINE = 20.0

ENVIRONMENT = os.environ | {"PYTHONUNBUFFERED": ""}  # it would write each piece of text at once

PROGRAM = """
import os, sys
from runtime.cli.frame import framed

def main():
    with open(os.devnull) as first:  # its number tells whether a stream is still missing
        number = first.fileno()
    sys.stderr.write(f"{number} \u25b2\\n")
    {body}
    return 0

sys.exit(framed(main)())
"""

SAY = "sys.stdout.write('\u25b2 1.1 \u25bc 1.0 \u2026 \u00e9 \u20ac \\udcff\\n')"

needs_shell = pytest.mark.skipif(os.name != "posix", reason="the shell closes the streams")
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")


def run(redirect: str, body: str = SAY, **variables: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a command in its frame, with its streams redirected by the shell."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -c "$1" {redirect}', sys.executable, PROGRAM.replace("{body}", body)],
        cwd=ROOT,
        env=ENVIRONMENT | variables,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )


@needs_shell
@pytest.mark.parametrize(
    ("encoding", "out"),
    [
        ("utf-8", "▲ 1.1 ▼ 1.0 … é € ?\n".encode()),
        ("cp1252", "^ 1.1 v 1.0 … é € ?\n".encode("cp1252")),
        ("latin-1", b"^ 1.1 v 1.0 ~ \xe9 ? ?\n"),
        ("ascii", b"^ 1.1 v 1.0 ~ ? ? ?\n"),
    ],
)
def test_a_sign_that_the_encoding_lacks_becomes_one_that_it_has(encoding: str, out: bytes) -> None:
    done = run("", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stdout) == (0, out)


@needs_shell
@pytest.mark.parametrize(
    ("redirect", "body", "code"),
    [
        (">&-", "pass", 0),
        (">&-", SAY, 74),
        ("<&- >&- 2>&-", "pass", 0),
        ("<&- >&- 2>&-", SAY, 74),
        ("2>&-", SAY, 0),
        (">&-", "return 2", 2),
        (">&-", "raise SystemExit(0)", 0),
        (">&-", f"{SAY}; raise SystemExit(0)", 74),
        (">&-", f"{SAY}; raise SystemExit(2)", 2),
        ("", "raise KeyboardInterrupt", 130),
        pytest.param("> /dev/full", SAY, 74, marks=needs_full),
        pytest.param("> /dev/full", f"{SAY}; return 5", 5, marks=needs_full),
        pytest.param("> /dev/full", f"{SAY}; raise SystemExit(0)", 74, marks=needs_full),
    ],
)
def test_the_exit_code_tells_of_an_answer_that_was_lost_and_nothing_else_does(
    redirect: str, body: str, code: int
) -> None:
    done = run(redirect, body)
    assert done.returncode == code
    assert done.stderr in {b"", "3 ▲\n".encode()}


@needs_shell
def test_a_reader_that_has_left_is_no_failure() -> None:
    read, write = os.pipe()
    os.close(read)
    command: list[Any] = [sys.executable, "-c", PROGRAM.replace("{body}", SAY)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=DEADLINE,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "3 ▲\n".encode())


@pytest.mark.parametrize(
    ("term", "terminal", "draws"),
    [("xterm", True, True), (None, True, True), ("dumb", True, False), ("xterm", False, False)],
)
def test_a_table_is_drawn_on_a_terminal_unless_that_is_dumb(
    monkeypatch: pytest.MonkeyPatch, term: str | None, terminal: bool, draws: bool
) -> None:
    monkeypatch.delenv("TERM", raising=False)
    if term is not None:
        monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert draws_tables() is draws
