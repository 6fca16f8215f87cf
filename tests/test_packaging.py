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

ROOT = Path(__file__).parent.parent
SOURCE = ("setup.cfg", "setup.py", "README.md", "LICENSE", "actors", "runtime", "configs")
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
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """Built far from here: a build leaves traces in its tree, and finds those of earlier ones."""
    folder = tmp_path_factory.mktemp("packaging")
    tree = folder / "tree"
    tree.mkdir()
    for name in SOURCE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree)
    sdist = build("sdist", tree, folder)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    with zipfile.ZipFile(build("wheel", unpacked, folder)) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    return email.message_from_bytes(read(wheel, ".dist-info/METADATA"))


def read(wheel: zipfile.ZipFile, ending: str) -> bytes:
    [name] = [name for name in wheel.namelist() if name.endswith(ending)]
    return wheel.read(name)


def test_the_wheel_holds_every_module_and_the_marks_of_typing_and_nothing_else(
    wheel: zipfile.ZipFile,
) -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for top in ("actors", "runtime")
        for path in (ROOT / top).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {"actors/py.typed", "runtime/py.typed"} <= there
    assert {name for name in wheel.namelist() if not name.startswith("tellwire-")} == there


@pytest.mark.parametrize("name", ["pocketoption.yaml", "schema.json"])
def test_the_wheel_brings_the_example_configuration(wheel: zipfile.ZipFile, name: str) -> None:
    assert read(wheel, f".data/data/share/tellwire/configs/{name}") == (ROOT / "configs" / name).read_bytes()


def test_the_licence_comes_along(wheel: zipfile.ZipFile) -> None:
    assert b"tellwire contributors" in read(wheel, "/LICENSE")


def test_the_command_is_called_tellwire(wheel: zipfile.ZipFile) -> None:
    text = read(wheel, ".dist-info/entry_points.txt").decode()
    assert text.split("\n")[:2] == ["[console_scripts]", "tellwire = runtime.main:main"]


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


def test_each_dependency_is_bounded_from_below_and_above(metadata: Message) -> None:
    requirements = metadata.get_all("Requires-Dist", [])
    foreign = [line.partition(";")[0].strip() for line in requirements if not line.startswith("tellwire[")]
    assert len(foreign) > 10
    assert [
        line for line in foreign if not re.search(r">=\d[\d.]*", line) or not re.search(r"<\d", line)
    ] == []


def test_it_asks_for_the_python_that_it_is_checked_for(metadata: Message) -> None:
    assert metadata["Requires-Python"] == ">=3.11"
