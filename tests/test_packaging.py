"""What is published: a wheel, built from the source distribution as an installer would build it."""

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from runtime.config import load

ROOT = Path(__file__).parent.parent
PUBLISHED = ("actors", "runtime", "configs", "docs", "examples", "scripts", "tests")
SOURCE = (
    *("setup.cfg", "setup.py", "MANIFEST.in", "ruff.toml"),
    *("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
    *PUBLISHED,
)
BACKEND = "from setuptools.build_meta import __legacy__ as backend; print(backend.build_{}({!r}))"
"""What builds a project that has no pyproject.toml (PEP 517)."""


def build(kind: str, tree: Path, folder: Path) -> Path:
    program = BACKEND.format(kind, str(folder))
    backend = subprocess.run(
        [sys.executable, "-c", program], cwd=tree, capture_output=True, text=True, timeout=50, check=False
    )
    assert backend.returncode == 0, backend.stderr
    return folder / backend.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpacked. Built far from here: a build leaves traces in its tree, and finds those of earlier ones."""
    folder = tmp_path_factory.mktemp("packaging")
    tree = folder / "tree"
    tree.mkdir()
    for name in SOURCE:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".*")
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, tree)
    built = build("sdist", tree, folder)
    with tarfile.open(built) as archive:
        archive.extractall(folder, filter="data")
    return folder / built.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(sdist: Path) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(build("wheel", sdist, sdist.parent)) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    return email.message_from_bytes(read(wheel, ".dist-info/METADATA"))


def read(wheel: zipfile.ZipFile, ending: str) -> bytes:
    [name] = [name for name in wheel.namelist() if name.endswith(ending)]
    return wheel.read(name)


def files(folder: Path) -> set[str]:
    """The files below ``folder`` that are worth publishing, relative to it."""
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    hidden = (path for path in found if any(part.startswith((".", "__pycache__")) for part in path.parts))
    return {path.as_posix() for path in found.difference(hidden) if path.suffix != ".pyc"}


def test_the_wheel_holds_every_module_and_the_marks_of_typing_and_nothing_else(
    wheel: zipfile.ZipFile,
) -> None:
    there = {f"{top}/{name}" for top in ("actors", "runtime") for name in files(ROOT / top)}
    there |= {f"tellwire/{name}" for name in files(ROOT / "scripts" / "tellwire")}
    there |= {f"tellwire/configs/{name}" for name in files(ROOT / "configs")}
    assert {"actors/py.typed", "runtime/py.typed", "tellwire/py.typed"} <= there
    assert {name for name in wheel.namelist() if not name.startswith("tellwire-")} == there


def test_the_source_distribution_holds_documents_tests_and_scripts(sdist: Path) -> None:
    """So that its own tests can be run from it."""
    for name in PUBLISHED:
        assert files(sdist / name) == files(ROOT / name)
    for name in SOURCE:
        assert (sdist / name).exists()
    assert {"scripts/run", "scripts/test", "scripts/bench"} <= {
        f"scripts/{name}" for name in files(sdist / "scripts")
    }


@pytest.mark.parametrize("name", ["pocketoption.yaml", "practice.yaml", "schema.json"])
def test_the_wheel_brings_the_example_configuration(wheel: zipfile.ZipFile, name: str) -> None:
    assert read(wheel, f".data/data/share/tellwire/configs/{name}") == (ROOT / "configs" / name).read_bytes()


def test_the_wheel_brings_the_documents(wheel: zipfile.ZipFile) -> None:
    place = ".data/data/share/doc/tellwire/"
    there = {name.partition(place)[2] for name in wheel.namelist() if place in name}
    assert there == {
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        *(f"docs/{name}" for name in files(ROOT / "docs")),
        *(f"examples/{name}" for name in files(ROOT / "examples")),
    }


def test_the_metadata_names_where_to_look(metadata: Message) -> None:
    links = {line.split(", ")[0] for line in metadata.get_all("Project-URL", [])}
    assert {"Documentation", "Changelog", "Source"} <= links


def test_the_licence_comes_along(wheel: zipfile.ZipFile) -> None:
    assert b"tellwire contributors" in read(wheel, "/LICENSE")


def test_the_command_is_called_tellwire(wheel: zipfile.ZipFile) -> None:
    text = read(wheel, ".dist-info/entry_points.txt").decode()
    assert text.split("\n")[:2] == ["[console_scripts]", "tellwire = tellwire.__main__:main"]


def test_the_wheel_alone_runs_the_command(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    schema = subprocess.run(
        [sys.executable, "-m", "runtime.main", "--print-schema"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(wheel.filename)},
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert json.loads(schema.stdout) == json.loads((ROOT / "configs" / "schema.json").read_bytes())


def test_the_wheel_alone_writes_a_configuration(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Also from within the archive, where its examples are no files."""
    subprocess.run(
        [sys.executable, "-m", "tellwire", "init", "new.yaml"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(wheel.filename)},
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert load(tmp_path / "new.yaml").streams


def test_each_dependency_is_bounded_from_below_and_above(metadata: Message) -> None:
    requirements = metadata.get_all("Requires-Dist", [])
    foreign = [line.partition(";")[0].strip() for line in requirements if not line.startswith("tellwire[")]
    assert len(foreign) > 10
    assert [
        line for line in foreign if not re.search(r">=\d[\d.]*", line) or not re.search(r"<\d", line)
    ] == []


def test_it_asks_for_the_python_that_it_is_checked_for(metadata: Message) -> None:
    assert metadata["Requires-Python"] == ">=3.11"
