"""Every block of code of the documents runs, or ``<!-- not run: REASON -->`` before it says why not.

Python blocks run as programs on one practice exchange, with ``<!-- run: attached -->`` beside a runtime, and
with ``<!-- run: pytest -->`` as tests. Blocks for a shell run in one, and those of YAML are read as a
configuration. ``text`` is what no machine reads.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme
from loguru import logger

from runtime import Runtime, load
from runtime.practice import PracticeExchange
from tests.doubles.practice_folder import SETTINGS, fill

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>.*?) -->\n)?^(?P<fence>```+)(?P<language>[^\n]*)\n(?P<code>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
RUN = {"python", "sh", "yaml"}
SHOWN = {"text"}
"""The languages of the blocks; others need a reason not to be run."""

PATIENCE = 120.0
"""Seconds for a block that starts processes, which takes 5 s where nothing else runs."""

pytestmark = pytest.mark.timeout(PATIENCE)

NOT_RUN, ATTACHED, PYTEST = "not run: ", "run: attached", "run: pytest"
MODULES = {"backoff.md": "my_backoff.py"}
"""The file that a page says its Python block is in."""


class Block(NamedTuple):
    page: Path
    line: int
    mark: str
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("fence")) + 1
        yield Block(page, line, found["mark"] or "", found["language"], found["code"])


BLOCKS = [block for page in PAGES for block in blocks(page)]


def of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language and not block.mark.startswith(NOT_RUN)]


@pytest.fixture(scope="module")
def practice() -> Iterator[PracticeExchange]:
    with PracticeExchange(SETTINGS) as running:
        yield running


@pytest.fixture
def folder(practice: PracticeExchange, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of what is run."""
    fill(tmp_path, practice, place)
    (tmp_path / "proxy-password").write_text("secret", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POCKET_OPTION_SSID", practice.session)
    # Where the clients that other libraries' scripts make find the exchange, so that they dial nothing else.
    monkeypatch.setenv("TELLWIRE_COMPAT_CONFIG", "tellwire.yaml")
    return tmp_path


@pytest.fixture
def environment(folder: Path) -> dict[str, str]:
    """That of a shell which finds this tellwire and this Python."""
    (commands := folder / "commands").mkdir()
    for name, module in (("tellwire", " -P -m tellwire"), ("python", "")):
        (command := commands / name).write_text(
            f'#!/bin/sh\nexec "{sys.executable}"{module} "$@"\n', encoding="utf-8"
        )
        command.chmod(0o755)
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(commands), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "scripts"), str(ROOT)]),
    }


def test_every_block_is_of_a_language_that_is_run_or_says_why_it_is_not() -> None:
    for block in BLOCKS:
        assert not block.mark.startswith("not run") or len(block.mark) > len(NOT_RUN) + 5, block
        assert block.language in RUN | SHOWN or block.mark.startswith(NOT_RUN), f"{block}: {block.language!r}"
    assert len(of("python")) > 15


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_a_program_of_the_documents_runs(
    block: Block, folder: Path, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    program = folder / "program.py"
    program.write_text(block.code, encoding="utf-8")
    if block.mark == PYTEST:
        command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(program)]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PATIENCE - 10, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return
    names = {"__name__": "__main__", "__file__": str(program)}
    code = compile(faster(block.code), program, "exec")
    if block.mark == ATTACHED:
        with Runtime.from_yaml(folder / "tellwire.yaml"):
            exec(code, names)
    else:
        exec(code, names)
    if "logger" in names:
        logger.remove()  # the handlers of the program, whose files are in this folder
    if block.page.parent.name == "migration":  # each trades
        assert re.search("win|loss|draw", capsys.readouterr().out, re.IGNORECASE)


def faster(code: str) -> str:
    """Deals of one second, and pauses of a fifth: a reader waits for more than a test has to.

    But for the scripts of pocketoptionapi-async, which takes no deal below five seconds.
    """
    if "runtime.compat.pocketoptionapi_async" in code:
        return code
    if "runtime.compat" in code:
        return re.sub(r"((?:buy|sell)\(.+, 1\.0, |time=)5\b", r"\g<1>1", code)
    code = re.sub(r"(Direction\.CALL|direction), (duration=)?(5|60)\b", r"\1, \g<2>1", code)
    code = re.sub(r"duration=(5|60)\b", "duration=1", code)
    code = re.sub(r"(client\.(?:buy|sell)\(.+), (seconds=\d+|minutes=1)", r"\1, seconds=1", code)
    # One step and not three of the same way: at 50 ticks a second nine prices of ten are that before.
    code = code.replace("maxlen=4", "maxlen=2").replace("len(steps) < 3", "len(steps) < 1")
    return re.sub(r"time\.sleep\([12]\)", "time.sleep(0.2)", code)


@pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("sh") is None, reason="the blocks are for a POSIX shell"
)
@pytest.mark.parametrize("block", of("sh"), ids=str)
def test_the_commands_of_the_documents_end_well(
    block: Block, folder: Path, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        ["sh", "-eu", "-c", block.code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE - 10,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", of("yaml"), ids=str)
def test_a_piece_of_a_configuration_is_valid(
    block: Block, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "company-authorities.pem"))
    if name := MODULES.get(block.page.name):
        code = next(other.code for other in of("python") if other.page == block.page)
        (folder / name).write_text(code, encoding="utf-8")
    monkeypatch.delenv("POCKET_OPTION_SSID")  # a piece without regions cannot have an account
    written = folder / "piece.yaml"
    written.write_text(block.code, encoding="utf-8")
    assert load(written)
