"""Answers on an output that is full, and on one without a reader."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.cli.exit_codes import ExitCode

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = (
    "import sys; from runtime.cli.answers import print_text; sys.exit(print_text('caf\\xe9 \\u25b2 ' * 5))"
)
FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="has no device that is full")
def test_a_full_output_is_told_by_the_exit_code(capfd: pytest.CaptureFixture[str]) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == ExitCode.UNWRITTEN.value
    assert done.stderr == "standard output cannot be written (No space left on device)\n"


def test_a_reader_that_has_left_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
