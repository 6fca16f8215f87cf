"""What a program that embeds a runtime sees of it, in a process of its own: loguru begins anew there."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import sys
from loguru import logger
{before}
from runtime import Config, PoolConfig, Runtime

with Runtime(Config(pool=PoolConfig(workers=0, connections=1))):
    ours = {{"__name__": "runtime.somewhere", "logger": logger}}
    exec("logger.info('our information')", ours)
    exec("for _ in range(150): logger.warning('our warning')", ours)
    logger.debug("their information")
{after}
"""


def shown(before: str = "", after: str = "", **variables: str) -> list[str]:
    """The lines of standard error."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("LOGURU")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before, after=after)],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stderr.splitlines()


def test_a_program_that_has_not_set_up_loguru_sees_our_warnings_alone_and_each_kind_so_many_times() -> None:
    lines = shown(after="logger.remove(0)  # by which programs begin")
    assert [line for line in lines if "our warning" not in line and "their information" not in line] == []
    assert sum("our warning" in line for line in lines) == 100
    assert sum("their information" in line for line in lines) == 1


def test_a_program_that_has_set_up_loguru_gets_everything() -> None:
    before = "logger.remove(); logger.add(sys.stderr, format='{level} {message}')"
    lines = shown(before=before)
    assert "INFO our information" in lines
    assert lines.count("WARNING our warning") == 150


def test_a_program_that_has_asked_for_a_level_gets_that() -> None:
    assert any("our information" in line for line in shown(LOGURU_LEVEL="INFO"))
