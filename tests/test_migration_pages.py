"""The guides for users of other clients: their tables are those of the layers, and their programs run.

``python -m tests.test_migration_pages`` writes the tables.
"""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from runtime import AsyncClient, AsyncRuntime, Client, Runtime
from runtime.compat._served import Served

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "migration"
TABLES = {
    "binaryoptionstoolsv2.md": "runtime.compat.binaryoptionstools.methods",
    "pocketoptionapi-async.md": "runtime.compat.pocketoptionapi_async.methods",
}
"""The module with the table of methods, by the page."""
BEGIN = "## All methods\n"
PROGRAM = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PROGRAMS = [
    pytest.param(program, id=f"{page}-{number}")
    for page in TABLES
    for number, program in enumerate(PROGRAM.findall((FOLDER / page).read_text("utf-8")), start=1)
]
SESSION = '42["auth",{"session":"abcdefghij0123456789","isDemo":1,"uid":1,"platform":2}]'


def rendered(page: str) -> str:
    methods: tuple[Served, ...] = importlib.import_module(TABLES[page]).METHODS
    rows = (
        f"| `{each.name}` | {each.how} | {f'`{each.becomes}`' if each.becomes else ''} | {each.note} |"
        for each in methods
    )
    return "\n".join([BEGIN, "| there | here | in tellwire's own words | |", "|---|---|---|---|", *rows, ""])


@pytest.mark.parametrize("page", TABLES)
def test_the_page_has_the_table_of_the_layer(page: str) -> None:
    written = BEGIN + (FOLDER / page).read_text("utf-8").partition(BEGIN)[2]
    assert written == rendered(page), "python -m tests.test_migration_pages writes the table anew"


@pytest.mark.parametrize("page", TABLES)
def test_what_differs_is_explained(page: str) -> None:
    methods: tuple[Served, ...] = importlib.import_module(TABLES[page]).METHODS
    assert [each.name for each in methods if each.how != "same" and not each.note] == []
    assert len({each.name for each in methods}) == len(methods)


@pytest.mark.parametrize("page", TABLES)
def test_the_calls_that_are_named_exist(page: str) -> None:
    faces = {"rt": (AsyncRuntime, AsyncClient), "runtime": (Runtime, Client)}
    for each in importlib.import_module(TABLES[page]).METHODS:
        for name, called in re.findall(r"\b(rt|runtime)\.(\w+(?:\.\w+)?)\(", each.becomes):
            face, client = faces[name]
            owner = client if called.startswith("client.") else face
            assert hasattr(owner, called.removeprefix("client.")), each.becomes


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_page_runs(program: str, tmp_path: Path) -> None:
    environment = {**os.environ, "TELLWIRE_COMPAT_PRACTICE": "1", "POCKET_OPTION_SSID": SESSION}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=50,
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search("win|loss|draw", done.stdout, re.IGNORECASE)


if __name__ == "__main__":
    for name in TABLES:
        text = (FOLDER / name).read_text("utf-8").partition(BEGIN)[0] + rendered(name)
        (FOLDER / name).write_text(text, encoding="utf-8")
