"""The guides for users of other clients: their tables are those of the layers.

``python -m tests.test_migration_pages`` writes the tables. ``test_doc_blocks.py`` runs the programs.
"""

import importlib
import re
from collections import Counter, defaultdict
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
HEAD = "| there | here | in tellwire's own words | note |\n|---|---|---|---|"
OTHERS = "Other names"
FEW = 2
"""Methods of a class that has no table of its own."""


def rendered(page: str) -> str:
    """One table for each class, whose methods stand there without its name, and one for the other names."""
    methods: tuple[Served, ...] = importlib.import_module(TABLES[page]).METHODS
    classes = Counter(each.name.rpartition(".")[0] for each in methods)
    tables: defaultdict[str, list[str]] = defaultdict(list)
    for each in methods:
        owner, _, name = each.name.rpartition(".")
        shown, heading = (f".{name}", owner) if classes[owner] > FEW and owner else (each.name, OTHERS)
        becomes = f"`{each.becomes}`" if each.becomes else ""
        tables[heading].append(f"| `{shown}` | {each.how} | {becomes} | {each.note} |")
    headings = sorted(tables, key=lambda heading: heading == OTHERS)
    return "\n".join(
        [BEGIN, *(f"### {heading}\n\n{HEAD}\n" + "\n".join([*tables[heading], ""]) for heading in headings)]
    )


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


if __name__ == "__main__":
    for name in TABLES:
        text = (FOLDER / name).read_text("utf-8").partition(BEGIN)[0] + rendered(name)
        (FOLDER / name).write_text(text, encoding="utf-8")
