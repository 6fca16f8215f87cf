"""The pages name files that are there, and the tour of the architecture stays short."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md")),
    *sorted(set((ROOT / "docs").rglob("*.md")) - set(DECISIONS)),
]
TOUR = ROOT / "docs" / "architecture.md"
MOST_WORDS = 2_250

SHORT = {"architecture.md": ("actors", "runtime"), "glossary.md": ("actors",), "reliability.md": ("tests",)}
"""The folders that a page leaves out of the paths below them."""

OF_THE_READER = {"tellwire.yaml"}
"""Files that a reader has, by the steps of the page."""

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
IN_A_FOLDER = re.compile(r"\w[\w.-]*(/[\w.-]+)*/|(actors|runtime|tests|scripts|docs|configs)/[\w./-]+")
A_FILE = re.compile(r"\w[\w/.-]*\.(py|md|yaml|json)(:\d+)?")


def paths(text: str) -> Iterator[str]:
    """What stands in backticks and is a path: with a slash, or with the ending of one of our files."""
    for code in CODE.findall(FENCE.sub("", text)):
        word = code.split()[0]
        if IN_A_FOLDER.fullmatch(word) or A_FILE.fullmatch(word):
            yield word


def exists(page: Path, path: str) -> bool:
    """``NAME`` stands for a venue. A name without a slash may be any file's: the text says the folder."""
    named = path.replace("NAME", "pocketoption")
    if named in OF_THE_READER:
        return True
    if any((ROOT / folder / named).exists() for folder in ("", *SHORT.get(page.name, ()))):
        return True
    anywhere = (
        found for top in ("actors", "runtime", "docs", "scripts") for found in (ROOT / top).rglob(named)
    )
    return "/" not in named and page.name != "reliability.md" and any(anywhere)


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS], ids=lambda page: page.name)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    assert [path for path in paths(page.read_text("utf-8")) if not exists(page, path)] == []


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS], ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = LINK.findall(FENCE.sub("", page.read_text("utf-8")))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_a_path_is_told_from_other_code() -> None:
    text = (
        "`actors/gone.py`, `gone.py:12` and `folder/`, but no `10/s`, `ask(x)` or `log.file`; `scripts/x --y`"
    )
    assert list(paths(text)) == ["actors/gone.py", "gone.py:12", "folder/", "scripts/x"]
    assert not any(exists(PAGES[0], path) for path in paths(text))


def test_every_decision_is_listed_in_the_tour() -> None:
    listed = LINK.findall(TOUR.read_text("utf-8"))
    assert [page.name for page in DECISIONS if f"decisions/{page.name}" not in listed] == []


def test_the_tour_is_read_in_one_sitting() -> None:
    """Without the list of the decisions, which is looked up and not read."""
    tour, _, decisions = TOUR.read_text("utf-8").partition("\n## Decisions\n")
    assert decisions
    assert len(tour.split()) <= MOST_WORDS


FOLDERS = sorted(
    entrance.parent
    for top in ("actors", "runtime")
    for entrance in (ROOT / top).rglob("__init__.py")
    if ".py``" in (ast.get_docstring(ast.parse(entrance.read_text("utf-8"))) or "")
)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(ROOT).as_posix())
def test_a_folder_that_describes_its_modules_leaves_none_out(folder: Path) -> None:
    """But for ``messages.py``, which has the messages within a feature everywhere."""
    text = (folder / "__init__.py").read_text("utf-8")
    named = set(re.findall(r"``(\w+\.py)``", text)) | {"__init__.py", "messages.py"}
    assert {module.name for module in folder.glob("*.py")} <= named


def test_the_features_describe_their_modules() -> None:
    names = {folder.relative_to(ROOT).as_posix() for folder in FOLDERS}
    features = {"candles", "connection", "health", "orders", "outbound", "routing", "supervision"}
    assert {f"actors/{feature}" for feature in features} <= names
